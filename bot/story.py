"""`kubechat story`: one incident from the first question to the verified audit trail, on the simulated fleet.

Every line is typed into the same router that a chat system uses, in front of the same processes that `kubechat up`
starts. A line that does not come to what the script says ends the story with exit code 1.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bot.binding import Shown, as_button, shown_by
from bot.cards import receipt
from bot.commands import Press, parse
from bot.follow import follow, wait_for_news
from bot.identity import terminal_account, terminal_actor, terminal_place
from bot.outcome import is_settled
from bot.printing import print_card, print_problem, print_progress
from bot.processes import interruptible, served
from bot.wiring import Instance, connect, head_file, settings_of
from workers.domain.problem import Problem
from workers.domain.request import Request
from workers.domain.section import Log, Table
from workers.domain.state import State
from workers.domain.value import RequestId, Value

if TYPE_CHECKING:
    from workers.demo.process import FleetProcess

LONGEST_LINE_SECONDS = 60.0
WORKER = "/apis/apps/v1/namespaces/payments/deployments/payment-worker"


class Line(Value):
    """One line of one person, and what must come of it."""

    person: str
    text: str
    comes_to: State | None = None  # of the request, once it is settled
    refused: str = ""  # the code of the refusal, when the press must not be taken
    shows: str = ""  # text that the answer must hold
    told: str = ""  # for the reader, before the line
    meanwhile: Literal["", "scaled", "cut", "mended"] = ""  # what happens in prod-eu before it: see `_happens`


SCRIPT = (
    Line(
        told="payment-worker pages: a new version is crash-looping in prod-eu. alice looks first.",
        person="alice",
        text="get pods of payment-worker in prod-eu",
        comes_to=State.SUCCEEDED,
        shows="CrashLoopBackOff",
    ),
    Line(
        told="A pasted kubectl line is understood like any other; secrets in its output never reach the chat.",
        person="alice",
        text="kubectl --context prod-eu logs -n payments deploy/payment-worker --previous --tail 9",
        comes_to=State.SUCCEEDED,
        shows="queue.url",
    ),
    Line(
        told="She asks for the rollback. It is planned, tried on the server, and shown; nothing has run.",
        person="alice",
        text="roll back payment-worker in prod-eu because INC-42",
        comes_to=State.AWAITING_APPROVAL,
    ),
    Line(
        told="Nobody approves what they asked for.",
        person="alice",
        text="approve",
        refused="own-approval",
    ),
    Line(
        told="Her own part is Run; the rest is somebody else's.",
        person="alice",
        text="run",
        comes_to=State.AWAITING_APPROVAL,
    ),
    Line(
        told="bob reads the same card and approves. It runs exactly that.",
        person="bob",
        text="approve because v2.3.1 is what ran yesterday",
        comes_to=State.SUCCEEDED,
    ),
    Line(
        person="alice",
        text="get pods of payment-worker in prod-eu",
        comes_to=State.SUCCEEDED,
        shows="Running",
    ),
    Line(
        told="The queue has grown meanwhile: more workers for an hour, with the same two people.",
        person="alice",
        text="scale payment-worker to 6 in prod-eu because the queue must drain",
        comes_to=State.AWAITING_APPROVAL,
    ),
    Line(person="alice", text="run", comes_to=State.AWAITING_APPROVAL),
    Line(person="bob", text="approve", comes_to=State.SUCCEEDED),
    Line(
        told="The queue is empty. The undo was proved before the change was approved; it takes the same road.",
        person="alice",
        text="undo",
        comes_to=State.AWAITING_APPROVAL,
    ),
    Line(person="alice", text="run", comes_to=State.AWAITING_APPROVAL),
    Line(person="bob", text="approve", comes_to=State.SUCCEEDED),
    Line(
        told="A second wave comes. Between the two yeses somebody with kubectl is faster.",
        person="alice",
        text="scale payment-worker to 8 in prod-eu because of a second wave",
        comes_to=State.AWAITING_APPROVAL,
    ),
    Line(person="alice", text="run", comes_to=State.AWAITING_APPROVAL),
    Line(
        told="$ kubectl --context prod-eu -n payments scale deployment/payment-worker --replicas=5\n"
        "# What bob approves is not what would happen any more: nothing is written, and everybody sees the new card.",
        meanwhile="scaled",
        person="bob",
        text="approve",
        comes_to=State.AWAITING_APPROVAL,
    ),
    Line(person="alice", text="cancel", comes_to=State.CANCELLED),
    Line(
        told="The network to prod-eu breaks right after a write was sent.",
        person="alice",
        text="restart payment-api in prod-eu because its connections are stale",
        comes_to=State.AWAITING_APPROVAL,
    ),
    Line(person="alice", text="run", comes_to=State.AWAITING_APPROVAL),
    Line(
        told="Nobody says that it failed, and nothing is sent twice: it is looked at as soon as the cluster answers.",
        meanwhile="cut",
        person="bob",
        text="approve",
        comes_to=State.INTERRUPTED,
    ),
    Line(
        told="prod-eu answers again.",
        meanwhile="mended",
        person="alice",
        text="show",
        comes_to=State.SUCCEEDED,
    ),
)


class WentWrong(Exception):
    """the story did not come to what its script says"""


def main() -> int:
    """0 only if every line came to what it says and the audit trail verifies."""
    from workers.demo.process import running_fleet
    from workers.demo.rbac import NAMES

    with (
        interruptible(),
        tempfile.TemporaryDirectory(prefix="kubechat-story-") as folder,
        running_fleet(Path(folder) / "fleet") as fleet,
    ):
        settings = settings_of(Path(folder) / "data", {}, kubeconfig=fleet.kubeconfig, http_port=0, index_as=NAMES)
        with served(settings, with_bot=False):
            instance = connect(settings)
            try:
                tell(instance, fleet)
            except WentWrong as error:
                sys.stdout.flush()
                sys.stderr.write(f"\nthe story went wrong: {error}\n")
                return 1
            finally:
                instance.close()
    return 0


def tell(instance: Instance, fleet: "FleetProcess") -> None:
    """Types the script and prints what people see; raises WentWrong."""
    current: RequestId | None = None
    shown = Shown()
    for line in SCRIPT:
        if line.told:
            sys.stdout.write(line.told if line.told.startswith("$") else f"# {line.told}")
            sys.stdout.write("\n\n")
        _happens(line, fleet, instance, current)
        sys.stdout.write(f"{line.person}@kubechat> {line.text}\n")
        current, shown = _say(instance, line, current, shown)
        sys.stdout.write("\n")
    _verify(instance)


def _happens(line: Line, fleet: "FleetProcess", instance: Instance, current: RequestId | None) -> None:
    match line.meanwhile:
        case "scaled":
            fleet.patch("prod-eu", WORKER, {"spec": {"replicas": 5}})
        case "cut":
            fleet.faults("prod-eu", {"dies_after": ["PATCH"]})
        case "mended":
            fleet.heal("prod-eu")
            _await(instance, current, lambda request: request.state.is_final)
        case "":
            pass


def _await(instance: Instance, current: RequestId | None, holds: Callable[[Request], bool]) -> None:
    """The worker looks at what is in doubt by itself, again and again."""
    end = time.monotonic() + LONGEST_LINE_SECONDS
    while current and not holds(instance.store.request(current)) and time.monotonic() < end:
        wait_for_news(instance.bus)


def _say(instance: Instance, line: Line, current: RequestId | None, shown: Shown) -> tuple[RequestId | None, Shown]:
    """What is the current request from then on, and what its card has shown: a yes is bound to that."""
    actor = terminal_actor(instance.service, line.person, terminal_account())
    cursor = instance.store.cursor()
    command = as_button(parse(line.text), shown)
    reply = instance.router.take(command, actor, terminal_place("incident"), current)
    if reply.problem is not None:
        if reply.card is not None:
            print_card(reply.card)
        if reply.problem.code != line.refused:
            raise WentWrong(f"'{line.text}' was not taken: {reply.problem.text}")
        return current, shown
    if reply.request is None or line.refused:
        raise WentWrong(f"'{line.text}' should have been refused as {line.refused}")
    for row in follow(instance.store, instance.bus, reply.request.id, cursor, LONGEST_LINE_SECONDS):
        print_progress(row.text)
    if line.comes_to is State.INTERRUPTED:
        _await(instance, reply.request.id, lambda request: bool(request.notice))
    request = instance.store.request(reply.request.id)
    if isinstance(command, Press) and request.state is State.AWAITING_APPROVAL and request.yes:
        print_progress(receipt(request))
    else:
        print_card(instance.router.card(request))
    _check(line, request)
    return request.id, shown_by(request)


def _check(line: Line, request: Request) -> None:
    if not is_settled(request) or request.state is not line.comes_to:
        raise WentWrong(f"'{line.text}' came to '{request.state}' instead of '{line.comes_to}'")
    if line.shows and not any(line.shows in text for text in _texts(request)):
        raise WentWrong(f"'{line.text}' does not show '{line.shows}'")


def _texts(request: Request) -> Iterator[str]:
    for result in request.results:
        for section in result.output:
            match section:
                case Table():
                    yield from (cell for row in section.rows for cell in row)
                case Log():
                    yield from section.lines


def _verify(instance: Instance) -> None:
    from workers.audit.verify import verify

    sys.stdout.write("# Everything above is in the audit trail.\n\n$ kubechat audit verify\n")
    found = verify(instance.store.records(), head_file(instance.settings))
    if not found.ok:
        print_problem(Problem(code="audit-chain-broken", text=found.text))
        raise WentWrong(found.text)
    sys.stdout.write(f"{found.text}\n   last record {found.head_hash}\n")
