"""`kubechat ask`, `run`, `approve` ...: one command on a running instance, waited for, printed, with an exit code."""

from pathlib import Path

from bot import wire_json
from bot.binding import BOUND, YES, bound, essence, shown_by
from bot.commands import Command, Press, PressKind
from bot.follow import follow
from bot.identity import terminal_account, terminal_actor, terminal_place
from bot.outcome import ExitCode, exit_code, is_settled
from bot.printing import print_card, print_json, print_note, print_problem, print_progress
from bot.router import list_card
from bot.wiring import Instance, connect, settings_of
from workers.domain.errors import UnknownCommand
from workers.domain.problem import Problem
from workers.domain.request import Request
from workers.domain.state import State

STOPS = frozenset({PressKind.REJECT, PressKind.CANCEL, PressKind.APPLIED, PressKind.NOT_APPLIED})


def act(
    command: Command,
    person: str,
    *,
    data: Path | None,
    as_json: bool,
    wait: bool = True,
    timeout_seconds: float = 900,
    plan: str = "",
    thread: str = "",
) -> ExitCode:
    """Raises KubechatError for what keeps the command from being tried at all; `plan` is what a yes is about."""
    instance = connect(settings_of(data))
    try:
        actor = terminal_actor(instance.service, person, terminal_account())
        cursor = instance.store.cursor()
        if isinstance(command, Press) and command.what in BOUND:
            read = instance.service.show(command.request)
            if command.what in YES and not plan and read.state is State.AWAITING_APPROVAL:
                return _shown_first(instance, command, read, person, as_json=as_json)
            command = _bound(command, read, plan)
        reply = instance.router.take(command, actor, terminal_place(person, thread))
        request = reply.request
        if reply.problem is not None or request is None:
            _problem(reply.problem or Problem.of(UnknownCommand()), reply.code, as_json=as_json)
            return reply.code
        if wait and not is_settled(request):
            request = _waited(instance, request, cursor, timeout_seconds, as_json=as_json)
        code = _code(command, request, waited=wait)
        _shown(instance, request, code, as_json=as_json)
        return code
    finally:
        instance.close()


def show(reference: str, *, data: Path | None, as_json: bool) -> ExitCode:
    instance = connect(settings_of(data))
    try:
        _shown(instance, instance.service.show(reference), ExitCode.DONE, as_json=as_json)
        return ExitCode.DONE
    finally:
        instance.close()


def list_requests(*, data: Path | None, open_only: bool, limit: int, as_json: bool) -> ExitCode:
    instance = connect(settings_of(data))
    try:
        found = instance.service.recent(limit=limit, open_only=open_only)
        if as_json:
            print_json(wire_json.list_json(found))
        else:
            print_card(list_card(found, open_only=open_only))
        return ExitCode.DONE
    finally:
        instance.close()


def _bound(press: Press, read: Request, plan: str) -> Press:
    """What is stored may have changed since the person read it: a letter without a digest says what it acts on."""
    if plan:
        return bound(press, read, plan)
    if press.what in YES or read.plan is None:
        return press
    print_note(f"{press.what.value} {read.id}, {essence(read)}")
    return press.model_copy(update={"plan_digest": read.plan.digest})


def _shown_first(instance: Instance, press: Press, read: Request, person: str, *, as_json: bool) -> ExitCode:
    """A yes that names no plan presses nothing: the card is shown, with what says yes to exactly that."""
    _shown(instance, read, ExitCode.SHOWN, as_json=as_json)
    if not as_json:
        typed = f"kubechat {press.what.value} {read.id} --as {person} --plan {shown_by(read).text}"
        print_note(f"nothing is pressed yet; what you have just read is what you say yes to with:\n  {typed}")
    return ExitCode.SHOWN


def _waited(instance: Instance, request: Request, cursor: int, timeout_seconds: float, *, as_json: bool) -> Request:
    """Streams progress; an interrupt stops the waiting, never the request."""
    if why := instance.bus.check():
        print_note(f"the queue does not answer ({why}); if nothing serves this folder, start 'kubechat up'")
    try:
        for row in follow(instance.store, instance.bus, request.id, cursor, timeout_seconds):
            if not as_json:
                print_progress(row.text)
    except KeyboardInterrupt:
        print_note(f"not waiting any longer; {request.id} goes on: 'kubechat show {request.id}'")
        return instance.store.request(request.id)
    request = instance.store.request(request.id)
    if not is_settled(request):
        print_note(f"still {request.state.value} after {timeout_seconds:g} s: 'kubechat show {request.id}' later")
    return request


def _code(command: Command, request: Request, *, waited: bool) -> ExitCode:
    """A reject, a cancel or a verdict is done when it is recorded, whatever became of the request."""
    if isinstance(command, Press) and command.what in STOPS and request.state.is_final:
        return ExitCode.DONE
    if not waited and request.state in (State.PLANNING, State.READY, State.RUNNING):
        return ExitCode.DONE
    return exit_code(request)


def _shown(instance: Instance, request: Request, code: ExitCode, *, as_json: bool) -> None:
    if as_json:
        print_json(wire_json.request_json(request, code))
    else:
        print_card(instance.router.card(request))


def _problem(problem: Problem, code: ExitCode, *, as_json: bool) -> None:
    if as_json:
        print_json(wire_json.problem_json(problem, code))
    else:
        print_problem(problem)
