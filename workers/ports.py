"""What the use cases need from the outside, as Protocols; adapters are wired in the composition roots only."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from workers.domain.actor import Account, Actor
from workers.domain.audit import AuditEvent, AuditRecord
from workers.domain.break_glass import Review, Ticket
from workers.domain.call import Answer, Call, Right
from workers.domain.cluster import Cluster, Identity
from workers.domain.factor import Factor
from workers.domain.freeze import Freeze
from workers.domain.link import Link
from workers.domain.observed import Access
from workers.domain.plan import Place
from workers.domain.policy_version import PolicyVersion
from workers.domain.request import Request
from workers.domain.target import Target
from workers.domain.transcript import Bounds, Transcript
from workers.domain.value import ClusterName, PersonId, RequestId, Value
from workers.identity.identities import Identities


class Claim(Value):
    """The right to execute one request: whoever holds the newest fence, until the lease ends."""

    request_id: RequestId
    fence: int
    worker: str
    until: datetime


class Progress(Value):
    """One line for people while something runs: stored, redacted, streamed to cards."""

    id: int  # rises over all requests: the cursor of whoever follows
    request_id: RequestId
    version: int  # of the request when this was written
    kind: str  # "changed": read the request again; "progress": show text; "broadcast": show it to everybody
    text: str
    at: datetime


class Listed(Value):
    """The newest requests, and those among them whose row nobody can read: harmed, or of another version."""

    requests: tuple[Request, ...]  # newest first
    unreadable: tuple[RequestId, ...] = ()


class Change(Protocol):
    """One transaction: request, audit leaves and outgoing events are committed together or not at all."""

    @property
    def identities(self) -> Identities: ...

    def now(self) -> datetime:
        """The database's clock, which decides every expiry."""

    def request(self, request_id: RequestId) -> Request:
        """Locked until the end of the transaction; raises RequestNotFound."""

    def save(self, request: Request) -> Request:
        """Inserts or replaces, with version + 1; raises Stale when the stored version is not the one that was read."""

    def leaf(
        self, event: AuditEvent, *, request_id: RequestId | None, actor: PersonId | None, facts: object = None
    ) -> None:
        """Appends one leaf to the audit chain; facts are redacted and must have a canonical spelling."""

    def newest_plan(self, place: Place, since: datetime) -> RequestId | None:
        """The newest request of this thread that has a plan, not older than that; None where there is no thread."""

    def under_way(self, request_id: RequestId, of: Literal["undoes", "continues"]) -> RequestId | None:
        """The request that undoes or continues this one and is not finished, however many others there are."""

    def delivery(self, system: str, delivery_id: str) -> bool:
        """Whether this delivery is seen for the first time; remembers it."""

    def pace(self, bucket: str) -> datetime | None:
        """When this bucket is full again, locked until the end of the transaction; None when it was never used."""

    def paced(self, bucket: str, full_at: datetime) -> None:
        """Remembers when it will be full again."""

    def progress(self, request: Request, text: str) -> None:
        """Adds a line that people see while the request runs."""

    def claim(self, request_id: RequestId, worker: str, lease: timedelta) -> Claim | None:
        """Takes a ready, unexpired request by compare-and-set; None when somebody else has it, or it is not ready."""

    def renew(self, claim: Claim, lease: timedelta) -> bool:
        """Whether the claim is still the newest; prolongs it."""

    def lock(self, claim: Claim, targets: Iterable[Target]) -> None:
        """Locks objects for the claim; raises TargetLocked naming the holder."""

    def policy_versions(self, *, limit: int) -> tuple[PolicyVersion, ...]:
        """Newest first; the first is in force."""

    def keep_policy(self, version: PolicyVersion) -> bool:
        """Whether it has become the newest: another of its number may have been faster."""

    def release(self, claim: Claim) -> None: ...
    def set_aside(self, claim: Claim) -> None:
        """Ends a request that cannot be read: nobody takes it up again; what is stored of it stays as it is."""

    def rest(self, claim: Claim, pause: timedelta) -> None:
        """Gives up the claim and its locks; nobody can claim the request before the pause is over."""

    def freeze(self, freeze: Freeze) -> None:
        """Writes it down, first thing in its change; after it no write is recorded as intended in what it holds."""

    def freezes(self) -> tuple[Freeze, ...]:
        """Those that stand by the database's clock, oldest first; when they cannot be read this raises.

        Until the end of the change no other comes.
        """

    def unfreeze(self, freeze_id: str, by: PersonId, because: str) -> bool:
        """Whether it stood until now."""

    def open_review(self, review: Review) -> Review | None:
        """The one that keeps it from being opened, or None: it is open now. There is never more than one open."""

    def review(self, request_id: RequestId) -> Review | None: ...
    def close_review(self, request_id: RequestId, by: PersonId, finding: str) -> bool:
        """Whether it was open until now."""

    def ticket(self, kind: str, request_id: RequestId, text: str) -> None:
        """A line for the tracker of incidents; kept until it is delivered."""

    def broadcast(self, request: Request, text: str) -> None:
        """Adds a line for everybody, wherever they listen."""

    def fence(self, request_id: RequestId) -> None:
        """Ends whatever claim there is: its holder, should it still live, can neither renew it nor write."""


class Store(Protocol):
    def now(self) -> datetime:
        """The database's clock, by which policies with hours are asked."""

    def change(self) -> AbstractContextManager[Change]:
        """Raises StoreUnavailable; commits at the end of the block, rolls back on an exception."""

    def paces(self, buckets: Sequence[str]) -> tuple[Mapping[str, datetime], datetime]:
        """When those of these buckets that were ever used are full again, and what time it is."""

    def request(self, request_id: RequestId) -> Request:
        """As committed; raises RequestNotFound."""

    def requests(self, *, limit: int = 20, open_only: bool = False) -> tuple[Request, ...]:
        """Newest first, without those that cannot be read."""

    def listed(self, *, limit: int = 20, open_only: bool = False) -> Listed:
        """Newest first, naming those that cannot be read."""

    def opened_since(self, since: datetime) -> Iterator[Request]:
        """Oldest first; read in pages, never all at once."""

    def find(self, prefix: str) -> tuple[RequestId, ...]:
        """Ids that begin with the prefix, at most ten."""

    def progress_after(self, cursor: int, request_id: RequestId | None = None) -> tuple[Progress, ...]: ...
    def cursor(self) -> int: ...
    def waiting(self, states: Sequence[str]) -> tuple[RequestId, ...]:
        """Requests in these states that nobody holds a live claim on: what the sweeper rings for."""

    def expired(self) -> tuple[RequestId, ...]:
        """Requests whose time has run out by the database's clock."""

    def tidy(self, before: timedelta) -> int:
        """Forgets deliveries, and what was told to followers, older than this; how many. Requests and leaves stay."""

    def remindable(self) -> tuple[RequestId, ...]:
        """Requests that wait for approvals and have a reminder due by the database's clock."""

    def abandoned(self) -> tuple[RequestId, ...]:
        """Running requests whose lease has ended."""

    def policy_versions(self, *, limit: int) -> tuple[PolicyVersion, ...]:
        """Newest first; the first is in force."""

    def unkept(self) -> tuple[RequestId, ...]:
        """What is to be taken back now, because nobody kept it in its time, by the database's clock."""

    def on_trial(self) -> tuple[RequestId, ...]:
        """What is taken back by itself later, unless somebody keeps it."""

    def records(self, start: int = 1) -> Iterator[AuditRecord]: ...
    def freezes(self) -> tuple[Freeze, ...]:
        """Those that stand by the database's clock, oldest first; when they cannot be read this raises."""

    def reviews(self, limit: int = 20) -> tuple[Review, ...]:
        """The open one first, then the newest."""

    def tickets(self, limit: int = 20) -> tuple[Ticket, ...]:
        """Newest first."""

    def clusters(self) -> tuple[Cluster, ...]:
        """As last seen by the workers' prober."""

    def link(self, account: Account) -> Link | None: ...
    def links(self, person: str = "") -> tuple[Link, ...]:
        """Newest first; of one person, or all."""

    def factor(self, person: PersonId) -> Factor | None: ...

    def remember_clusters(self, clusters: Sequence[Cluster]) -> None: ...
    def check(self) -> None:
        """Raises StoreUnavailable."""


class Bus(Protocol):
    """The doorbell and the live wire; losing it loses nothing."""

    def ring(self, job: str, request_id: RequestId) -> bool:
        """Wakes a worker for `plan`, `run`, `reconcile` or `vouch`; False when the queue is down.

        The sweeper rings again for all but the last, which the run repeats.
        """

    def announce(self, request_id: RequestId) -> None:
        """Tells followers that there is something new to read in the store."""

    def listen(self, timeout_seconds: float) -> RequestId | None:
        """Waits for an announcement; None after the timeout or when the bus is down."""

    def check(self) -> str:
        """Empty when it answers, otherwise why not."""


class Directory(Protocol):
    """Who is known at this moment; unreadable is nobody, by an InvalidConfiguration that says why."""

    def actor(self, person_id: str, account: Account) -> Actor:
        """The person as one who speaks from a place where they are already authenticated; raises UnknownPerson."""

    def as_now(self, actor: Actor) -> Actor | None:
        """The same person with today's groups; None when they, or the account they spoke from, are not any more."""


class Fleet(Protocol):
    """The clusters, as a person: every call impersonates the actor."""

    def clusters(self) -> tuple[Cluster, ...]: ...
    def noting(self, note: Callable[[str], None]) -> "Fleet":
        """The same clusters; tells `note` the Audit-Id of every answer, refusals included, on the calling thread."""

    def identity(self, cluster: ClusterName, actor: Actor) -> Identity:
        """Read now; raises ClusterUnreachable, AccessDenied."""

    def send(self, cluster: ClusterName, call: Call, actor: Actor, *, dry_run: bool = False, mark: str = "") -> Answer:
        """One call, once. `mark` names the execution and step in the field manager's user agent.

        Raises AccessDenied, NotThere, Rejected, ClusterChanged (409), ClusterUnreachable (nothing was sent, or a read
        failed), OutcomeUnknown (a write was sent and not answered). A write is never sent twice.
        """

    def stream(self, cluster: ClusterName, call: Call, actor: Actor, *, seconds: float) -> Iterator[str]:
        """Lines of a followed log, ended by the server or after so many seconds."""

    def execute(self, cluster: ClusterName, call: Call, actor: Actor, *, mark: str, bounds: Bounds) -> Transcript:
        """The command of an exec call, once; without stdin and terminal.

        Raises as `send`; OutcomeUnknown when the connection broke after the command was sent.
        """

    def review(self, cluster: ClusterName, rights: Sequence[Right], actor: Actor) -> tuple[Access, ...]:
        """One self-subject access review each, as the actor."""


class Prompt(Value):
    """What a model is told; redacted, and masked where it leaves the machine."""

    system: str
    user: str


class Completion(Value):
    text: str  # meant to be JSON by the schema; not checked yet
    size: int  # bytes of the whole answer


class Model(Protocol):
    """A language model that fills typed slots; never trusted with anything else."""

    name: str  # of the provider: "ollama"
    version: str  # of the model: "qwen3:8b"
    url: str

    def complete(self, prompt: Prompt, schema: Mapping[str, Any], seconds: float) -> Completion:
        """Within so many seconds by the wall clock; raises ModelUnavailable, which says nothing of the answer."""

    def check(self, seconds: float) -> str:
        """Empty when it would answer, otherwise why not."""


Clock = Callable[[], datetime]  # aware, UTC
Ids = Callable[[], RequestId]
