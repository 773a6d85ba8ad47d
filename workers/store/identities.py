"""Links, one-time codes, second factors and tries, as rows of one transaction."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Executable, Result, Row, Select, and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from workers.domain.actor import Account, AccountKind
from workers.domain.factor import Factor
from workers.domain.link import Link, LinkCode
from workers.domain.value import ClusterName, PersonId
from workers.store.tables import factors, link_codes, links, now, tries

TRIES_ARE_KEPT = timedelta(hours=1)
CODES_ARE_KEPT = timedelta(hours=24)  # so that a used one is called used
Run = Callable[[str, Executable], Result[Any]]  # what is being done, for errors; the statement


class SqlIdentities:
    """Implements workers.identity.identities.Identities."""

    def __init__(self, connection: Connection, run: Run) -> None:
        self._insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        self._run = run

    def link(self, account: Account) -> Link | None:
        found = self._run("reading a link", links_query(account).with_for_update()).first()
        return None if found is None else link_of(found)

    def add_link(self, link: Link) -> bool:
        row = _key(link.account) | {
            "kind": link.account.kind.value,
            "person": link.person_id,
            "linked_at": link.linked_at,
            "confirmed": link.confirmed,
            "cluster": link.cluster,
            "groups": None if link.groups is None else json.dumps(sorted(link.groups)),
        }
        statement = self._insert(links).values(row).on_conflict_do_nothing().returning(links.c.person)
        return self._run("linking an account", statement).first() is not None

    def set_kind(self, account: Account, kind: AccountKind) -> None:
        self._run("updating a link", update(links).where(_is(links, account)).values(kind=kind.value))

    def remove_link(self, account: Account) -> None:
        self._run("unlinking an account", delete(links).where(_is(links, account)))

    def add_code(self, code: LinkCode) -> bool:
        doing = "keeping a one-time code"
        clock = self._now()
        self._run(doing, delete(link_codes).where(link_codes.c.made_at < clock - CODES_ARE_KEPT))
        older = and_(_is(link_codes, code.account), link_codes.c.ended == "")
        self._run(doing, update(link_codes).where(older).values(ended="replaced"))
        row = _key(code.account) | {
            "handle": code.handle,
            "salt": code.salt,
            "hashed": code.hashed,
            "kind": code.account.kind.value,
            "made_at": clock,
            "expires_at": code.expires_at,
            "wrong": code.wrong,
            "ended": code.ended,
        }
        statement = self._insert(link_codes).values(row).on_conflict_do_nothing().returning(link_codes.c.handle)
        return self._run(doing, statement).first() is not None

    def code(self, handle: str) -> LinkCode | None:
        query = select(link_codes).where(link_codes.c.handle == handle).with_for_update()
        found = self._run("reading a one-time code", query).first()
        if found is None:
            return None
        return LinkCode(
            handle=found.handle,
            salt=found.salt,
            hashed=found.hashed,
            account=_account(found),
            expires_at=found.expires_at,
            wrong=found.wrong,
            ended=found.ended,
        )

    def mark_code(self, handle: str, *, wrong: int, ended: str) -> None:
        same = link_codes.c.handle == handle
        self._run("marking a one-time code", update(link_codes).where(same).values(wrong=wrong, ended=ended))

    def tried(self, what: str, who: str) -> None:
        clock = self._now()
        self._run("forgetting old tries", delete(tries).where(tries.c.at < clock - TRIES_ARE_KEPT))
        self._run("remembering a try", self._insert(tries).values(what=what, who=who, at=clock))

    def tries(self, what: str, who: str, within: timedelta) -> int:
        mine = and_(_tries_of(what, who), tries.c.at > self._now() - within)
        return int(self._run("counting tries", select(func.count()).select_from(tries).where(mine)).scalar_one())

    def forget_tries(self, what: str, who: str) -> None:
        self._run("forgetting tries", delete(tries).where(_tries_of(what, who)))

    def factor(self, person: PersonId) -> Factor | None:
        query = select(factors).where(factors.c.person == person).with_for_update()
        found = self._run("reading a second factor", query).first()
        return None if found is None else factor_of(found)

    def save_factor(self, factor: Factor) -> None:
        values = {
            "sealed": factor.sealed,
            "enrolled_at": factor.enrolled_at,
            "last_counter": factor.last_counter,
            "locked_until": factor.locked_until,
        }
        statement = self._insert(factors).values(person=factor.person_id, **values)
        statement = statement.on_conflict_do_update(index_elements=[factors.c.person], set_=values)
        self._run("keeping a second factor", statement)

    def use_counter(self, person: PersonId, counter: int) -> bool:
        fresh = and_(factors.c.person == person, factors.c.last_counter < counter)
        statement = update(factors).where(fresh).values(last_counter=counter).returning(factors.c.person)
        return self._run("using a code", statement).first() is not None

    def lock_factor(self, person: PersonId, until: datetime) -> None:
        statement = update(factors).where(factors.c.person == person).values(locked_until=until)
        self._run("locking a second factor", statement)

    def remove_factor(self, person: PersonId) -> bool:
        statement = delete(factors).where(factors.c.person == person).returning(factors.c.person)
        return self._run("removing a second factor", statement).first() is not None

    def _now(self) -> datetime:
        moment: datetime = self._run("asking the database for the time", select(now())).scalar_one()
        return moment


def links_query(account: Account | None = None, person: str = "") -> Select[Any]:
    """Newest first; of one account, of one person, or all."""
    query = select(links).order_by(links.c.linked_at.desc(), links.c.system, links.c.workspace, links.c.user_id)
    if account is not None:
        query = query.where(_is(links, account))
    return query.where(links.c.person == person) if person else query


def factor_query(person: str) -> Select[Any]:
    return select(factors).where(factors.c.person == person)


def link_of(row: Row[Any]) -> Link:
    return Link(
        account=_account(row),
        person_id=PersonId(row.person),
        linked_at=row.linked_at,
        confirmed=row.confirmed,
        cluster=None if row.cluster is None else ClusterName(row.cluster),
        groups=None if row.groups is None else frozenset(json.loads(row.groups)),
    )


def factor_of(row: Row[Any]) -> Factor:
    return Factor(
        person_id=PersonId(row.person),
        sealed=row.sealed,
        enrolled_at=row.enrolled_at,
        last_counter=row.last_counter,
        locked_until=row.locked_until,
    )


def _account(row: Row[Any]) -> Account:
    return Account(system=row.system, workspace=row.workspace, user_id=row.user_id, kind=AccountKind(row.kind))


def _key(account: Account) -> dict[str, Any]:
    return {"system": account.system, "workspace": account.workspace, "user_id": account.user_id}


def _is(table: Any, account: Account) -> Any:
    return and_(*(table.c[name] == value for name, value in _key(account).items()))


def _tries_of(what: str, who: str) -> Any:
    return and_(tries.c.what == what, tries.c.who == who)
