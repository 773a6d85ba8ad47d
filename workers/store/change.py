"""One transaction on the database.

Leaves and outgoing events are kept back until the end of the change and written just before the commit, under the one
lock that orders them: the chain has no gaps and no forks, ids of events rise in the order of commits (a follower that
reads by cursor misses nothing), and the lock is held for as short as it can be.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, cast

from pydantic_core import to_jsonable_python
from sqlalchemy import Connection, Executable, Result, and_, delete, func, insert, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from workers.audit.chain import FIRST_PREVIOUS, link
from workers.audit.head import Head
from workers.domain.audit import AuditEvent, Leaf
from workers.domain.break_glass import Review
from workers.domain.canonical import canonical, digest
from workers.domain.errors import Broken, RequestNotFound, Stale, TargetLocked
from workers.domain.freeze import Freeze
from workers.domain.plan import Place
from workers.domain.policy_version import PolicyVersion
from workers.domain.redact import redact, redact_tree, visible
from workers.domain.request import Request
from workers.domain.state import FINAL, State
from workers.domain.target import Target
from workers.domain.value import PersonId, RequestId
from workers.ports import Claim
from workers.store import freezes, policy_rows, reviews
from workers.store.engine import spoken
from workers.store.identities import SqlIdentities
from workers.store.tables import audit_leaves, deliveries, locks, now, outgoing, paces, requests

CHAIN_LOCK = 0x6B756265  # "kube": the advisory lock that orders leaves and events in PostgreSQL


class _Waiting(NamedTuple):
    event: AuditEvent
    request_id: RequestId | None
    actor: PersonId | None
    facts: Mapping[str, Any]


class SqlChange:
    """Implements workers.ports.Change."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        self._leaves: list[_Waiting] = []
        self._events: list[dict[str, object]] = []
        self.identities = SqlIdentities(connection, self._run)

    def now(self) -> datetime:
        moment: datetime = self._run("asking the database for the time", select(now())).scalar_one()
        return moment

    def request(self, request_id: RequestId) -> Request:
        query = select(requests.c.body).where(requests.c.id == request_id).with_for_update()
        body = self._run("reading a request", query).scalar_one_or_none()
        if body is None:
            raise RequestNotFound(f"there is no request '{request_id}'")
        return read(body)

    def save(self, request: Request) -> Request:
        saved = request.model_copy(update={"version": request.version + 1})
        row = {
            "version": saved.version,
            "state": saved.state.value,
            "requester": saved.requester,
            "opened_at": saved.opened_at,
            "expires_at": saved.expires_at,
            "remind_at": saved.remind_at,
            "undoes": saved.undoes,
            "continues": saved.continues,
            "keep_until": saved.keeping.until if saved.keeping and saved.keeping.is_open else None,
            "thread": _thread(saved.intent.place) if saved.plan and saved.intent.place.thread else None,
            "body": saved.model_dump_json(),
            "updated_at": now(),
        }
        if request.version:
            same = and_(requests.c.id == request.id, requests.c.version == request.version)
            statement: Any = update(requests).where(same).values(row)
        else:
            statement = self._insert(requests).values(id=request.id, fence=0, **row).on_conflict_do_nothing()
        if self._run("saving a request", statement.returning(requests.c.id)).first() is None:
            raise self._stale(request)
        self._tell(saved, "changed", "")
        return saved

    def leaf(
        self, event: AuditEvent, *, request_id: RequestId | None, actor: PersonId | None, facts: object = None
    ) -> None:
        cleaned = redact_tree(to_jsonable_python(facts)) if facts is not None else {}
        if not isinstance(cleaned, dict):
            raise ValueError(f"$: the facts of a leaf are a mapping, not {type(facts).__name__}")  # noqa: TRY004  # one error for every wrong shape
        canonical(cleaned)  # raises ValueError here, where the caller can be found, not at the commit
        self._leaves.append(_Waiting(event, request_id, actor, cleaned))

    def newest_plan(self, place: Place, since: datetime) -> RequestId | None:
        if not place.thread:
            return None
        mine = and_(requests.c.thread == _thread(place), requests.c.opened_at >= since)
        query = select(requests.c.id).where(mine).order_by(requests.c.opened_at.desc(), requests.c.id.desc()).limit(1)
        found: RequestId | None = self._run("looking for the plan before", query).scalar_one_or_none()
        return found

    def under_way(self, request_id: RequestId, of: Literal["undoes", "continues"]) -> RequestId | None:
        column = requests.c.undoes if of == "undoes" else requests.c.continues
        is_open = requests.c.state.not_in([state.value for state in FINAL])
        query = select(requests.c.id).where(column == request_id, is_open).order_by(requests.c.id).limit(1)
        found: RequestId | None = self._run("looking for who goes on from a request", query).scalar_one_or_none()
        return found

    def delivery(self, system: str, delivery_id: str) -> bool:
        row = {"system": visible(system), "delivery_id": visible(delivery_id), "at": now()}
        statement = self._insert(deliveries).values(row).on_conflict_do_nothing().returning(deliveries.c.at)
        return self._run("remembering a delivery", statement).first() is not None

    def policy_versions(self, *, limit: int) -> tuple[PolicyVersion, ...]:
        rows = self._run("reading versions of the policy", policy_rows.newest(limit)).all()
        return tuple(policy_rows.version(row) for row in rows)

    def keep_policy(self, version: PolicyVersion) -> bool:
        return self._run("keeping a policy", policy_rows.kept(self._insert, version)).first() is not None

    def pace(self, bucket: str) -> datetime | None:
        query = select(paces.c.full_at).where(paces.c.bucket == bucket).with_for_update()
        found: datetime | None = self._run("reading a pace", query).scalar_one_or_none()
        return found

    def paced(self, bucket: str, full_at: datetime) -> None:
        statement = self._insert(paces).values({"bucket": bucket, "full_at": full_at})
        statement = statement.on_conflict_do_update(index_elements=[paces.c.bucket], set_={"full_at": full_at})
        self._run("remembering a pace", statement)

    def progress(self, request: Request, text: str) -> None:
        self._tell(request, "progress", visible(redact(text)))

    def claim(self, request_id: RequestId, worker: str, lease: timedelta) -> Claim | None:
        until = self.now() + lease
        free = or_(requests.c.lease_until.is_(None), requests.c.lease_until < now())
        unexpired = or_(requests.c.expires_at.is_(None), requests.c.expires_at > now())
        statement = (
            update(requests)
            .where(requests.c.id == request_id, requests.c.state == State.READY.value, unexpired, free)
            .values(fence=requests.c.fence + 1, claimed_by=worker, lease_until=until)
            .returning(requests.c.fence)
        )
        fence = self._run("claiming a request", statement).scalar_one_or_none()
        return None if fence is None else Claim(request_id=request_id, fence=fence, worker=worker, until=until)

    def renew(self, claim: Claim, lease: timedelta) -> bool:
        until = self.now() + lease
        statement = update(requests).where(_held(claim)).values(lease_until=until).returning(requests.c.id)
        if self._run("renewing a claim", statement).first() is None:
            return False
        self._run("renewing locks", update(locks).where(_locked(claim)).values(until=until))
        return True

    def lock(self, claim: Claim, targets: Iterable[Target]) -> None:
        until = self._run("reading a claim", select(requests.c.lease_until).where(_held(claim))).scalar_one_or_none()
        if until is None:
            raise Stale(f"the claim on '{claim.request_id}' is not the newest any more")
        # always in the same order, so that two requests never wait for each other
        for key in sorted({_key(target) for target in targets}):
            self._lock_one(claim, key, until)

    def _lock_one(self, claim: Claim, key: tuple[str, str, str, str], until: datetime) -> None:
        values = {"request_id": claim.request_id, "fence": claim.fence, "until": until, "since": now()}
        columns = (locks.c.cluster, locks.c.namespace, locks.c.kind, locks.c.name)
        statement = self._insert(locks).values(dict(zip((c.name for c in columns), key, strict=True)) | values)
        statement = statement.on_conflict_do_update(
            index_elements=list(columns),
            set_=values,
            where=or_(locks.c.until < now(), locks.c.request_id == claim.request_id),
        )
        if self._run("locking an object", statement.returning(locks.c.fence)).first() is not None:
            return
        same = and_(*(column == part for column, part in zip(columns, key, strict=True)))
        raise self._locked_by_another(key, same)

    def _locked_by_another(self, key: tuple[str, str, str, str], same: Any) -> TargetLocked:
        """Who holds an object, what for, and since when."""
        query = select(locks.c.request_id, locks.c.since, requests.c.body)
        held = query.outerjoin_from(locks, requests, requests.c.id == locks.c.request_id).where(same)
        found = self._run("reading a lock", held).first()
        cluster, namespace, kind, name = key
        where = f"{kind}/{name} in {cluster}{'/' if namespace else ''}{namespace}"
        if found is None:
            return TargetLocked(f"{where} was being changed by another request", then="run it again")
        since = f" since {found.since:%H:%M:%S} UTC" if found.since else ""
        holder = read(found.body) if found.body else None
        what = f" for {holder.intent.actor.name}: {_what(holder)}" if holder else ""
        return TargetLocked(
            f"{where} is being changed by another request",
            now=f"{found.request_id} holds it{since}{what}",
            then=f"wait for it, or look with: show {found.request_id}",
            facts={"holder": str(found.request_id)},
        )

    def release(self, claim: Claim) -> None:
        self._run("releasing locks", delete(locks).where(_locked(claim)))
        freed = {"claimed_by": None, "lease_until": None}
        self._run("releasing a claim", update(requests).where(_held(claim)).values(freed))

    def set_aside(self, claim: Claim) -> None:
        self._run("releasing locks", delete(locks).where(_locked(claim)))
        ended = {"state": State.REFUSED.value, "claimed_by": None, "lease_until": None}
        self._run("setting a request aside", update(requests).where(_held(claim)).values(ended))

    def rest(self, claim: Claim, pause: timedelta) -> None:
        self._run("releasing locks", delete(locks).where(_locked(claim)))
        paused = {"claimed_by": None, "lease_until": self.now() + pause}
        self._run("pausing a request", update(requests).where(_held(claim)).values(paused))

    def freeze(self, freeze: Freeze) -> None:
        freezes.add(self._connection, freeze)

    def freezes(self) -> tuple[Freeze, ...]:
        return freezes.asked(self._connection)

    def unfreeze(self, freeze_id: str, by: PersonId, because: str) -> bool:
        return freezes.lift(self._connection, freeze_id, by, because)

    def open_review(self, review: Review) -> Review | None:
        return reviews.add(self._connection, review)

    def review(self, request_id: RequestId) -> Review | None:
        return reviews.of(self._connection, request_id)

    def close_review(self, request_id: RequestId, by: PersonId, finding: str) -> bool:
        return reviews.close(self._connection, request_id, by, finding)

    def ticket(self, kind: str, request_id: RequestId, text: str) -> None:
        reviews.add_ticket(self._connection, kind, request_id, text)

    def broadcast(self, request: Request, text: str) -> None:
        self._tell(request, "broadcast", visible(redact(text)))

    def fence(self, request_id: RequestId) -> None:
        self._run("releasing locks", delete(locks).where(locks.c.request_id == request_id))
        values = {"fence": requests.c.fence + 1, "claimed_by": None, "lease_until": None}
        self._run("ending a claim", update(requests).where(requests.c.id == request_id).values(values))

    def flush(self) -> Head | None:
        """Writes what was kept back; the new end of the chain when there were leaves. Call right before the commit."""
        if not self._leaves and not self._events:
            return None
        doing = "writing the audit trail"
        if self._connection.dialect.name == "postgresql":  # SQLite has one writer anyway
            self._run(doing, select(func.pg_advisory_xact_lock(CHAIN_LOCK)))
        ends = select(audit_leaves.c.sequence, audit_leaves.c.hash).order_by(audit_leaves.c.sequence.desc()).limit(1)
        end = ends.subquery()
        clock = select(now().label("at")).subquery()
        last = self._run(doing, select(clock.c.at, end.c.sequence, end.c.hash).outerjoin_from(clock, end, true())).one()
        at: datetime = last.at
        if self._events:
            self._run("telling followers", insert(outgoing), [event | {"at": at} for event in self._events])
        if not self._leaves:
            return None
        sequence, previous = last.sequence or 0, last.hash or FIRST_PREVIOUS
        rows: list[dict[str, object]] = []
        for waiting in self._leaves:
            leaf = Leaf(at=at, **waiting._asdict())
            sequence, hashed = sequence + 1, link(previous, leaf.bytes)
            rows.append(
                {
                    "sequence": sequence,
                    "leaf": leaf.bytes,
                    "previous_hash": previous,
                    "hash": hashed,
                    "at": at,
                    "event": leaf.event.value,
                    "request_id": leaf.request_id,
                }
            )
            previous = hashed
        self._run(doing, insert(audit_leaves), rows)
        return Head(count=sequence, hash=previous)

    def _tell(self, request: Request, kind: str, text: str) -> None:
        row = {"request_id": request.id, "version": request.version, "kind": kind, "text": text}
        self._events.append(row)

    def _stale(self, request: Request) -> Stale:
        query = select(requests.c.version, requests.c.state).where(requests.c.id == request.id)
        found = self._run("reading a request", query).first()
        if found is None:
            return Stale(f"request '{request.id}' was not stored before", now="its version is not 0")
        return Stale(
            f"request '{request.id}' has changed since it was read (version {request.version})",
            now=f"it is '{found.state}' (version {found.version})",
            then=f"show {request.id}",
        )

    def _run(
        self, doing: str, statement: Executable, rows: Sequence[Mapping[str, object]] | None = None
    ) -> Result[Any]:
        with spoken(doing):
            return cast("Result[Any]", self._connection.execute(statement, rows))


def read(body: str) -> Request:
    """The stored request; raises Broken when this version of Kubechat cannot read it."""
    try:
        return Request.model_validate_json(body)
    except ValueError as error:
        raise Broken("a stored request cannot be read by this version of Kubechat") from error


def _what(request: Request) -> str:
    return request.plan.explanation if request.plan is not None else request.intent.text


def _held(claim: Claim) -> Any:
    return and_(
        requests.c.id == claim.request_id, requests.c.fence == claim.fence, requests.c.claimed_by == claim.worker
    )


def _locked(claim: Claim) -> Any:
    return and_(locks.c.request_id == claim.request_id, locks.c.fence == claim.fence)


def _key(target: Target) -> tuple[str, str, str, str]:
    if not target.name:
        raise ValueError(f"{target.text}: only one object by name can be locked")
    return target.cluster, target.namespace or "", target.kind, target.name


def _thread(place: Place) -> str:
    """One word for system, channel and thread, to be compared with."""
    return digest(place.model_dump())
