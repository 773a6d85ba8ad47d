"""The port for what is kept about identities: links of accounts, one-time codes, second factors, and tries at them."""

from datetime import datetime, timedelta
from typing import Protocol

from workers.domain.actor import Account, AccountKind
from workers.domain.factor import Factor
from workers.domain.link import Link, LinkCode
from workers.domain.value import PersonId


class Identities(Protocol):
    """Inside one change of the store."""

    def link(self, account: Account) -> Link | None:
        """Locked until the end of the transaction."""

    def add_link(self, link: Link) -> bool:
        """Whether the account was nobody's until now."""

    def set_kind(self, account: Account, kind: AccountKind) -> None: ...

    def remove_link(self, account: Account) -> None: ...

    def add_code(self, code: LinkCode) -> bool:
        """Ends older codes of the account; False when the handle is taken."""

    def code(self, handle: str) -> LinkCode | None:
        """Locked until the end of the transaction."""

    def mark_code(self, handle: str, *, wrong: int, ended: str) -> None: ...

    def tried(self, what: str, who: str) -> None:
        """Remembers one try for an hour."""

    def tries(self, what: str, who: str, within: timedelta) -> int: ...

    def forget_tries(self, what: str, who: str) -> None: ...

    def factor(self, person: PersonId) -> Factor | None:
        """Locked until the end of the transaction."""

    def save_factor(self, factor: Factor) -> None: ...

    def use_counter(self, person: PersonId, counter: int) -> bool:
        """Whether no code of this or a later counter was used before; it is from now on."""

    def lock_factor(self, person: PersonId, until: datetime) -> None: ...

    def remove_factor(self, person: PersonId) -> bool: ...
