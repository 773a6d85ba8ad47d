"""The interactive terminal: one person at a time, speaking to a running instance.

On a terminal the prompt comes back at once and cards appear above it; with input from a pipe every line is worked off
before the next is read.
"""

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from bot.binding import YES, Shown, as_button, shown_by
from bot.card import Card
from bot.cards import receipt, status
from bot.chat.measure import safe
from bot.commands import As, Command, Press, Quit, Show, parse, words
from bot.identity import terminal_account, terminal_actor, terminal_place
from bot.notifier import Notifier, Update
from bot.outcome import ExitCode, is_settled
from bot.printing import print_card, print_progress
from bot.router import Reply, refused
from bot.wiring import Instance, connect, settings_of
from workers.domain.errors import KubechatError
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import RequestId

AT_ONCE_SECONDS = 0.8  # how long the prompt waits for an answer that may be about to come
LONGEST_WAIT_SECONDS = 900  # for one line of piped input
ReadLine = Callable[[str], Awaitable[str | None]]  # prompt -> line, None at the end


def open_console(person: str, data: Path | None, tries: Sequence[str] = ()) -> int:
    """Until the person leaves; raises what `connect` raises, and UnknownPerson."""
    from workers.telemetry import configure

    configure(level=40)  # only errors, and to standard error
    instance = connect(settings_of(data))
    try:
        return asyncio.run(Console(instance, person).talk(tries))
    finally:
        instance.close()


class Console:
    def __init__(self, instance: Instance, person: str) -> None:
        self._instance = instance
        self._account = terminal_account()
        self._actor = terminal_actor(instance.service, person, self._account)
        self._thread = secrets.token_hex(4)  # one conversation, from here to the end of the session
        self._current: RequestId | None = None
        self._mine: set[RequestId] = set()  # asked, pressed or shown here
        self._drawn: dict[RequestId, int] = {}  # the version last drawn
        self._shown: dict[RequestId, Shown] = {}  # of the card that was last drawn whole
        self._said: dict[RequestId, str] = {}  # the last line about each
        self._news = asyncio.Event()
        self._failed = False

    async def talk(self, tries: Sequence[str] = ()) -> int:
        """The exit code: with piped input 1 when any line was refused."""
        notifier = Notifier(self._instance.store, self._instance.bus, self._hear)
        await notifier.start()
        try:
            if not sys.stdin.isatty():
                await self._loop(_piped, LONGEST_WAIT_SECONDS)
                return ExitCode.NOT_DONE if self._failed else ExitCode.DONE
            _greet(tries)
            from bot.chat.lines import line_editor

            with line_editor() as read_line:
                await self._loop(read_line, AT_ONCE_SECONDS)
            return ExitCode.DONE
        finally:
            await notifier.stop()

    async def _loop(self, read_line: ReadLine, wait_seconds: float) -> None:
        while (line := await read_line(f"{self._actor.person_id}@kubechat> ")) is not None:
            if not line.strip():
                continue
            try:
                command = parse(line)
            except KubechatError as error:
                self._show(refused(error))
                continue
            if isinstance(command, Quit):
                return
            await self._take(command, wait_seconds)

    async def _take(self, command: Command, wait_seconds: float) -> None:
        if isinstance(command, As):
            self._become(command.person)
            return
        place = terminal_place(self._actor.person_id, self._thread)
        drawn = dict(self._drawn)
        bound = as_button(command, self._last_shown(command))
        if isinstance(bound, Press) and bound.what in YES and await self._is_unread(bound):
            return
        reply = await asyncio.to_thread(self._instance.router.take, bound, self._actor, place, self._current)
        if reply.request is None or reply.problem is not None:
            self._show(reply)
            return
        self._current = reply.request.id
        self._mine.add(reply.request.id)
        if self._drawn.get(reply.request.id) == drawn.get(reply.request.id):
            self._drawn.pop(reply.request.id, None)  # what was asked for is drawn, even if it was before; never twice
        if isinstance(command, Show):
            self._shown.pop(reply.request.id, None)
        self._draw(reply.request)
        await self._wait(reply.request.id, wait_seconds)

    def _last_shown(self, command: Command) -> Shown:
        """Of the one request that is meant, by the card last drawn here: not what drift has made of it since."""
        named = (isinstance(command, Press) and command.request) or self._current or ""
        shown = [digests for request_id, digests in self._shown.items() if named and request_id.startswith(named)]
        return shown[0] if len(shown) == 1 else Shown()

    async def _is_unread(self, yes: Press) -> bool:
        """A yes to what this screen has not shown: the card comes first, and the yes must be said again."""
        named = yes.request or self._current
        if (yes.plan_digest and yes.preview_digest) or named is None:
            return False
        try:
            request = await asyncio.to_thread(self._instance.service.show, named)
        except KubechatError as error:
            self._show(refused(error))
            return True
        if request.state is not State.AWAITING_APPROVAL:
            return False
        self._current = request.id
        self._mine.add(request.id)
        self._drawn.pop(request.id, None)
        self._shown.pop(request.id, None)
        self._draw(request)
        self._failed = True
        print_progress(f"nothing is pressed yet: read this first, then say '{words(yes)}' again")
        return True

    def _become(self, person: str) -> None:
        try:
            self._actor = terminal_actor(self._instance.service, person, self._account)
        except KubechatError as error:
            self._show(refused(error))

    async def _wait(self, request_id: RequestId, seconds: float) -> None:
        """Until the request is drawn settled, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                while request_id not in self._drawn:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            request = await asyncio.to_thread(self._instance.store.request, request_id)
            if not is_settled(request):
                print_progress(f"{request.id} is {status(request)}; its card comes when there is more to say")
                if why := await asyncio.to_thread(self._instance.bus.check):
                    print_progress(f"the queue does not answer ({why}); if nothing serves this folder: kubechat up")

    async def _hear(self, update: Update) -> None:
        """Progress and settled cards of what was touched here; one line when somebody else's request needs a person."""
        request = update.request
        if update.row.kind == "broadcast":
            print_progress(update.row.text)
        elif request.id not in self._mine:
            if update.row.kind == "changed" and request.state is State.AWAITING_APPROVAL and self._is_news(request):
                self._drawn[request.id] = request.version
                who = request.intent.actor.name
                self._say(
                    request, f"{request.id} of {who} {status(request)}: {request.intent.text} (show {request.id})"
                )
        elif update.row.kind == "progress":
            name = "" if request.id == self._current else f"{request.id}: "
            print_progress(f"{name}{update.row.text}")
        else:
            self._draw(request)
        self._news.set()

    def _draw(self, request: Request) -> None:
        """Only settled requests are worth a whole card; each version once."""
        if is_settled(request) and self._is_news(request):
            self._drawn[request.id] = request.version
            digests = shown_by(request)
            if request.state is State.AWAITING_APPROVAL and self._shown.get(request.id) == digests:
                self._say(request, receipt(request))
            else:
                _print_apart(self._instance.router.card(request))
                self._said[request.id] = receipt(request)
            self._shown[request.id] = digests
            self._news.set()

    def _say(self, request: Request, line: str) -> None:
        """One line about a request; not twice in a row, as when it only was reminded of."""
        if self._said.get(request.id) != line:
            self._said[request.id] = line
            print_progress(line)

    def _is_news(self, request: Request) -> bool:
        return self._drawn.get(request.id, -1) < request.version

    def _show(self, reply: Reply) -> None:
        self._failed = self._failed or reply.problem is not None
        if reply.card is not None:
            _print_apart(reply.card)


def _greet(tries: Sequence[str]) -> None:
    lines = [f"     {safe(text)}" for text in tries]
    if lines:
        lines = ["   three things to try:" if len(lines) == 3 else "   to try:", *lines, ""]
    lines.append(f"   '?' lists what to type, '{words(Quit())}' leaves")
    sys.stdout.write("\n".join(lines) + "\n\n")
    sys.stdout.flush()


def _print_apart(card: Card) -> None:
    """With an empty line after it: cards follow each other in a console."""
    print_card(card)
    sys.stdout.write("\n")
    sys.stdout.flush()


async def _piped(_prompt: str) -> str | None:
    line = await asyncio.to_thread(sys.stdin.readline)
    return line or None
