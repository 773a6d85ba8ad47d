"""One command of one person -> one use case -> what to show. It has no rules of its own."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import assert_never

from bot.card import Card, Piece, Tiers
from bot.cards import card, problem_card, status
from bot.commands import As, Ask, Command, Edit, Help, Link, List, Press, PressKind, Quit, Show, refuse_codes
from bot.guard_commands import Freeze, Freezes, Review, Reviews, Unfreeze
from bot.guard_router import GuardRouter
from bot.identity_router import IdentityRouter
from bot.outcome import ExitCode, exit_code_of
from workers.aftercare import Aftercare
from workers.domain.actor import Account, Actor
from workers.domain.errors import KubechatError, Mistake, RequestNotFound, UnknownCommand
from workers.domain.option import NAMES as OPTIONS
from workers.domain.plan import Place
from workers.domain.problem import Problem
from workers.domain.request import Request
from workers.domain.section import Fields, Table, Text
from workers.domain.value import ClusterName, RequestId, Value
from workers.narrowing import Narrowing
from workers.ports import Listed
from workers.service import Service

HELP = (
    ("ask", "in plain words: logs of payment-api in prod-eu; scale api to 3 in dev because INC-7"),
    ("run", "your own yes to your own request"),
    ("approve", "your yes to somebody else's: approve · approve because ..."),
    ("run 123456", "the same with a code of your second factor, where the policy asks for one; also: approve 123456"),
    ("reject", "your no, which stops it: reject because ..."),
    ("1, 2, ...", "answer a question with one of its choices"),
    ("a1, b2, ...", "take another alternative of what was assumed"),
    ("set", 'change parameters before anybody approves: set 1 replicas=4 · set 1 command="sleep 60"'),
    ("set keep=10m", "taken back by itself 10 min after it ran, unless somebody keeps it: keep=off · parallel=true"),
    ("drop 2", "plan again without step 2; drop prod-us: without that cluster"),
    ("skip checks", "run without the suggested looks before it"),
    ("cancel", "take your request back while nothing runs"),
    ("undo", "a new request that takes back what this one did"),
    ("keep", "let stay what is taken back by itself unless somebody says this"),
    ("continue", "after a part failed: a new request for the steps that were not done"),
    ("applied", "after an interruption: it did happen; or: not applied; of several steps: applied step 2"),
    ("show", "the current request again, or another: show req-7f3k2m9q"),
    ("list", "the newest requests; list open: those not finished"),
    ("freeze", "no write begins there: freeze prod for 2h because ...; unfreeze prod because ...; freezes lists them"),
    ("break glass:", "an emergency, alone and in spite of a freeze: break glass: scale api to 6 because ..."),
    ("review", "your word on somebody's emergency: review req-7f3k2m9q because ...; reviews lists them"),
    ("link", "make this account yours; what to type where you are known already is in the answer"),
    ("/as bob", "speak as another person (terminal only)"),
    ("quit", "leave; requests go on without you"),
)


class Reply(Value):
    """What came of one command. `request` is what to follow, `card` is what to show now."""

    request: Request | None = None
    requests: tuple[Request, ...] = ()
    card: Card | None = None
    problem: Problem | None = None  # set when the command was not taken
    code: ExitCode = ExitCode.DONE


class Router:
    def __init__(
        self,
        service: Service,
        aftercare: Aftercare,
        narrowing: Narrowing,
        tier: Callable[[ClusterName], str],
        clock: Callable[[], datetime],
        guarding: GuardRouter,
        identity: IdentityRouter,
    ) -> None:
        self._service = service
        self._aftercare = aftercare
        self._narrowing = narrowing
        self._tier = tier
        self._clock = clock
        self._guarding = guarding
        self._identity = identity

    def take(self, command: Command, actor: Actor, place: Place, current: RequestId | None = None) -> Reply:
        """Never raises a KubechatError: what was refused comes back as a private card and a problem."""
        try:
            refuse_codes(command)
            return self._take(command, actor, place, current)
        except KubechatError as error:
            return refused(error)

    def hear(self, command: Command, account: Account, place: Place, current: RequestId | None = None) -> Reply:
        """As `take`, from an account of a chat system: whoever is nobody yet can `link` and `help`, nothing else."""
        try:
            if isinstance(command, Link) and not command.code:
                return Reply(card=self._identity.begin(account))
            if isinstance(command, Help):
                return Reply(card=help_card())
            actor = self._identity.actor(account)
        except KubechatError as error:
            return refused(error)
        return self.take(command, actor, place, current)

    def card(self, request: Request, progress: Sequence[str] = ()) -> Card:
        return card(request, self._tiers(request), now=self._clock(), progress=progress)

    def _take(  # noqa: PLR0911  # one return a command
        self, command: Command, actor: Actor, place: Place, current: RequestId | None
    ) -> Reply:
        match command:
            case Ask():
                return self._moved(
                    self._service.open_request(command.text, actor, place, break_glass=command.break_glass)
                )
            case Press():
                which = self._which(command.request, current)
                return self._moved(self._press(command, which, self._identity.checked(actor, command.factor), place))
            case Edit():
                which = self._which(command.request, current)
                return self._moved(self._edit(command, which, actor))
            case Show():
                return self._moved(self._service.show(self._which(command.request, current)))
            case List():
                found = self._service.recent(open_only=command.open_only)
                return Reply(requests=found.requests, card=list_card(found, open_only=command.open_only))
            case Freeze() | Unfreeze() | Freezes() | Review() | Reviews():
                return Reply(card=self._guarding.take(command, actor))
            case Help():
                return Reply(card=help_card())
            case Link():
                return Reply(card=self._identity.take(command, actor))
            case As() | Quit():
                raise UnknownCommand(f"'{command.kind}' works in a terminal only")
            case _:
                assert_never(command)

    def _edit(self, edit: Edit, which: RequestId, actor: Actor) -> Request:
        """Parameters of a step, or options of the whole plan; not both at once."""
        options = edit.params.keys() & OPTIONS
        if options and options != edit.params.keys():
            raise Mistake(
                f"{' and '.join(sorted(options))} is set apart from what a step does",
                now="one line sets one of the two",
                then=f"type first: set {sorted(options)[0]}={edit.params[sorted(options)[0]]}",
            )
        if options:
            return self._aftercare.opt(which, edit.params, actor)
        return self._service.edit(which, edit.step, edit.params, actor)

    def _press(  # noqa: PLR0911  # one return a press
        self, press: Press, which: RequestId, actor: Actor, place: Place
    ) -> Request:
        plan, preview = press.plan_digest, press.preview_digest
        match press.what:
            case PressKind.RUN:
                return self._service.run(which, actor, plan_digest=plan, preview_digest=preview)
            case PressKind.APPROVE:
                return self._service.approve(
                    which, actor, plan_digest=plan, preview_digest=preview, reason=press.reason
                )
            case PressKind.REJECT:
                return self._service.reject(which, actor, press.reason)
            case PressKind.CANCEL:
                return self._service.cancel(which, actor)
            case PressKind.UNDO:
                return self._service.undo(which, actor, place, emergency=press.reason if press.break_glass else None)
            case PressKind.KEEP:
                return self._aftercare.keep(which, actor)
            case PressKind.CONTINUE:
                return self._aftercare.go_on(which, actor, place)
            case PressKind.APPLIED | PressKind.NOT_APPLIED:
                step = int(press.choice) if press.choice else None
                return self._service.settle(which, actor, applied=press.what is PressKind.APPLIED, step=step)
            case _:
                return self._revised(press, which, actor, place)

    def _revised(self, press: Press, which: RequestId, actor: Actor, place: Place) -> Request:
        """Presses after which it is planned again."""
        match press.what:
            case PressKind.CHOOSE:
                return self._service.choose(which, press.choice, actor)
            case PressKind.CORRECT:
                return self._service.correct(which, press.choice, actor, place, plan_digest=press.plan_digest)
            case PressKind.DROP:
                return self._narrowing.drop(which, press.choice, actor, plan_digest=press.plan_digest)
            case PressKind.SKIP_CHECKS:
                return self._service.skip_checks(which, actor)
            case _:
                raise UnknownCommand(f"'{press.what}' is no press that changes a plan")

    def _which(self, reference: str, current: RequestId | None) -> RequestId:
        if reference:
            return self._service.show(reference).id
        if current is None:
            raise RequestNotFound(
                "there is no current request here", then="name one, as in 'show req-7f3k2m9q'; 'list' has them"
            )
        return current

    def _moved(self, request: Request) -> Reply:
        return Reply(request=request, card=self.card(request))

    def _tiers(self, request: Request) -> Tiers:
        return {cluster: self._tier(cluster) for cluster in request.plan.clusters} if request.plan else {}


def refused(error: KubechatError) -> Reply:
    problem = Problem.of(error)
    return Reply(card=problem_card(problem), problem=problem, code=exit_code_of(error))


def help_card() -> Card:
    return Card(
        request_id=None, state=None, status="help", title="what to type", sections=(Fields(rows=HELP),), private=True
    )


def list_card(found: Listed, *, open_only: bool) -> Card:
    title = "open requests, newest first" if open_only else "newest requests first"
    rows = tuple(
        (r.id, status(r), r.intent.actor.name, f"{r.opened_at:%m-%d %H:%M}", r.intent.text) for r in found.requests
    )
    columns = ("ID", "STATUS", "BY", "OPENED", "TEXT")
    body: list[Piece] = [Table(columns=columns, rows=rows) if rows else Text(text="none")]
    if found.unreadable:
        many = f"{len(found.unreadable)} request{'s' if len(found.unreadable) > 1 else ''}"
        body.append(Text(text=f"{many} cannot be read by this version of Kubechat: {', '.join(found.unreadable)}"))
    return Card(request_id=None, state=None, status="list", title=title, sections=tuple(body), private=True)
