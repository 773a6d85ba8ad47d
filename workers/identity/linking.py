"""The door for identities: which person an account of a chat system is. Linked out of band, never by names or text."""

import secrets
from datetime import timedelta

from pydantic import AwareDatetime

from workers.domain.actor import TERMINAL, Account, Actor
from workers.domain.audit import AuditEvent
from workers.domain.errors import (
    AccountRefused,
    CodeRefused,
    KubechatError,
    Refusal,
    UnknownPerson,
)
from workers.domain.link import (
    ALPHABET,
    CODES_PER_HOUR,
    HANDLE,
    LIVES,
    SECRET,
    WRONG_TRIES,
    Confirmed,
    Link,
    LinkCode,
    coded,
    linked,
    may_speak,
    parts,
    proves,
    spelled,
    why_not,
)
from workers.domain.redact import visible
from workers.domain.value import ClusterName, PersonId, Value
from workers.identity.directory import PeopleNow
from workers.ports import Change, Store

HOUR = timedelta(hours=1)
SAID_ONCE_WITHIN = timedelta(minutes=10)  # leaves about one account that may not speak; it must not fill the trail
LONGEST_ACCOUNT = 500  # characters


class Issued(Value):
    """What an account is told, privately."""

    code: str
    expires_at: AwareDatetime


class Whoami(Value):
    """Whom an API server's answer means."""

    username: str
    groups: frozenset[str]
    cluster: ClusterName


class Linking:
    def __init__(self, *, store: Store, directory: PeopleNow) -> None:
        self._store = store
        self._directory = directory

    def actor(self, account: Account) -> Actor:
        """Whoever speaks from this account, for this message.

        Raises AccountRefused for what is no member, NotLinked for what is nobody's, UnknownPerson for who has left.
        """
        try:
            with self._store.change() as change:
                found = change.identities.link(account)
                if found is not None and found.account.kind is not account.kind:
                    self._reported(change, found, account)
                now = change.now()
            may_speak(account)
            return self._directory.linked(account, linked(account, found), now)
        except (Refusal, UnknownPerson) as error:
            self._refused(account, error)
            raise

    def begin(self, account: Account) -> Issued:
        """A one-time code for an account that is nobody's; to be shown to nobody else."""
        try:
            may_speak(account)
            if (
                account.system == TERMINAL
                or len(account.text) > LONGEST_ACCOUNT
                or visible(account.text) != account.text
            ):
                raise AccountRefused("accounts like this one are not linked", now="nothing was linked")
            letters = "".join(secrets.choice(ALPHABET) for _ in range(HANDLE + SECRET))
            code = coded(letters, secrets.token_hex(16), account, self._store.now())  # slow: not while others wait
            with self._store.change() as change:
                found = change.identities.link(account)
                if found is not None:
                    raise AccountRefused(
                        f"this account is {found.person_id}'s already, since {found.linked_at:%Y-%m-%d %H:%M} UTC",
                        then=f"unlink it first: kubechat unlink {account.text}",
                    )
                if change.identities.tries("link", account.text, HOUR) >= CODES_PER_HOUR:
                    raise CodeRefused(
                        "this account was given too many codes",
                        now=f"{CODES_PER_HOUR} within an hour is the most",
                        then="use the newest one, or type `link` again in an hour",
                    )
                change.identities.tried("link", account.text)
                issued = Issued(code=spelled(letters), expires_at=change.now() + LIVES)
                if not change.identities.add_code(code.model_copy(update={"expires_at": issued.expires_at})):
                    raise CodeRefused(
                        "no code is free at this moment", now="nothing was kept", then="type `link` again"
                    )
                return issued
        except Refusal as error:
            self._refused(account, error)
            raise

    def person_of(self, answer: Whoami) -> PersonId:
        """The one person that an API server's answer means; raises UnknownPerson."""
        person = self._directory.people().named(answer.username)
        if person is None:
            raise UnknownPerson(
                f"{answer.cluster} knows you as '{visible(answer.username)}', who is nobody here",
                now="the people file has no person of that id, nor with it among their kubernetes_names",
                then="have it added to the people file",
            )
        return person

    def whose(self, typed: str, person: PersonId) -> Account:
        """The account that the code would link, so that the person can see whether it is theirs; a try like any."""
        with self._store.change() as change:
            found = self._checked(change, typed, person)
        return _valid(found).account

    def confirm(self, typed: str, person: PersonId, confirmed: Confirmed, answer: Whoami | None = None) -> Link:
        """Uses the code up, and links its account to the person; raises CodeRefused, UnknownPerson."""
        with self._store.change() as change:
            found = self._checked(change, typed, person)
            if isinstance(found, LinkCode):
                self._directory.actor(person, found.account)
                change.identities.mark_code(found.handle, wrong=found.wrong, ended="used")
                link = Link(
                    account=found.account,
                    person_id=person,
                    linked_at=change.now(),
                    confirmed=confirmed,
                    cluster=answer.cluster if answer else None,
                    groups=_own_groups(answer) if answer else None,
                )
                if change.identities.add_link(link):
                    facts = _facts(link, answer)
                    change.leaf(AuditEvent.IDENTITY_LINKED, request_id=None, actor=person, facts=facts)
                    return link
                found = "its account is somebody's already"
        raise _refusal(found)

    def links(self, person: str = "") -> tuple[Link, ...]:
        return self._store.links(person)

    def may_approve_from(self, link: Link) -> AwareDatetime | None:
        """When a new link's cooling-off ends; None when it has."""
        return self._directory.cooling_until(link, self._store.now())

    def unlink(self, account: Account, person: PersonId) -> Link:
        """By the person whose account it is; raises NotLinked, AccountRefused."""
        with self._store.change() as change:
            found = linked(account, change.identities.link(account))
            if found.person_id != person:
                raise AccountRefused(
                    f"the account {account.text} is not {person}'s",
                    now=f"it is {found.person_id}'s",
                    then="have them unlink it, or deactivate them in the people file",
                )
            change.identities.remove_link(account)
            facts = {"account": found.account.model_dump()}
            change.leaf(AuditEvent.IDENTITY_UNLINKED, request_id=None, actor=person, facts=facts)
        return found

    def _checked(self, change: Change, typed: str, person: PersonId) -> LinkCode | str:
        """The code, or why it counts for nothing; a wrong try is kept whatever comes of it."""
        handle, secret = parts(typed)
        code = change.identities.code(handle)
        why = why_not(code, change.now())
        if code is not None and not why and not proves(code, secret):
            wrong = code.wrong + 1
            change.identities.mark_code(handle, wrong=wrong, ended="void" if wrong >= WRONG_TRIES else "")
            why = f"it was mistyped; {WRONG_TRIES - wrong} tries are left"
        if code is None or why:
            facts = {"account": code.account.model_dump() if code else None, "why": why}
            change.leaf(AuditEvent.IDENTITY_REFUSED, request_id=None, actor=person, facts=facts)
            return why
        return code

    def _reported(self, change: Change, found: Link, account: Account) -> None:
        """What the chat system says now wins over what it said before."""
        change.identities.set_kind(account, account.kind)
        facts = {"account": account.model_dump(), "was": found.account.kind.value}
        change.leaf(AuditEvent.IDENTITY_CHANGED, request_id=None, actor=found.person_id, facts=facts)

    def _refused(self, account: Account, error: KubechatError) -> None:
        """Recorded once in a while for each account: whoever may write in a channel must not fill the trail."""
        who = visible(account.text)[:LONGEST_ACCOUNT]
        with self._store.change() as change:
            known = change.identities.tries("speak", who, SAID_ONCE_WITHIN)
            if not known:
                change.identities.tried("speak", who)
                facts = {"account": who, "kind": account.kind.value, "code": error.code, "message": error.message}
                change.leaf(AuditEvent.IDENTITY_REFUSED, request_id=None, actor=None, facts=facts)


def _own_groups(answer: Whoami) -> frozenset[str]:
    """Without those that every API server adds by itself, or that stand above all rules."""
    return frozenset(group for group in answer.groups if not group.startswith("system:"))


def _facts(link: Link, answer: Whoami | None) -> dict[str, object]:
    return {
        "account": link.account.model_dump(),
        "confirmed": link.confirmed,
        "cluster": link.cluster,
        "username": answer.username if answer else None,
        "groups": sorted(link.groups) if link.groups is not None else None,
    }


def _valid(found: LinkCode | str) -> LinkCode:
    if isinstance(found, str):
        raise _refusal(found)
    return found


def _refusal(why: str) -> CodeRefused:
    return CodeRefused("the code links nothing", now=why, then="type `link` in the chat to get another")
