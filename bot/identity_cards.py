"""What people are told about accounts, codes and second factors: always privately."""

from collections.abc import Sequence
from datetime import datetime

from bot.card import Card, Piece
from workers.domain.actor import Account
from workers.domain.factor import Factor, address, written
from workers.domain.link import Link
from workers.domain.section import Fields, Table, Text
from workers.domain.value import PersonId
from workers.identity.linking import Issued


def issued_card(issued: Issued) -> Card:
    """The code, and where to type it."""
    rows = (
        ("code", issued.code),
        ("type", f"kubechat link {issued.code}"),
        ("where", "in a terminal, with your own kubeconfig; or `link` and the code in a `kubechat chat` of yours"),
        ("until", f"{issued.expires_at:%H:%M:%S} UTC; once"),
    )
    return _private("a code for you alone", "nobody who asks you for it means well", Fields(rows=rows))


def whose_card(account: Account, name: str, known_by: str = "") -> Card:
    """Asked before anything is linked: the code may have come from somebody else."""
    then = "" if known_by else "if it is yours, type the same again with `yes` after it"
    rows = ("account", account.text), ("you", known_by), ("next", then)
    shown = Fields(rows=tuple(row for row in rows if row[1]))
    return _private("is this your account?", f"it would speak and approve as {name}", shown)


def linked_card(link: Link, approves_from: datetime | None) -> Card:
    when = "now" if approves_from is None else f"{approves_from:%Y-%m-%d %H:%M} UTC, not before"
    rows = ("account", link.account.text), ("is", link.person_id), ("may ask", "now"), ("may approve", when)
    return _private("linked", "", Fields(rows=rows))


def links_card(links: Sequence[Link]) -> Card:
    columns = ("ACCOUNT", "KIND", "PERSON", "SINCE", "CONFIRMED BY", "GROUPS")
    rows = tuple(
        (
            link.account.text,
            link.account.kind.value,
            link.person_id,
            f"{link.linked_at:%Y-%m-%d %H:%M}",
            f"{link.confirmed} ({link.cluster})" if link.cluster else link.confirmed,
            "not asked" if link.groups is None else ", ".join(sorted(link.groups)) or "none",
        )
        for link in links
    )
    return _private(
        "linked accounts, newest first", "", Table(columns=columns, rows=rows) if rows else Text(text="none")
    )


def secret_card(secret: bytes, person: PersonId) -> Card:
    """For this terminal only, once."""
    rows = ("secret", written(secret)), ("or as URI", address(secret, person)), ("kind", "TOTP, SHA-1, 6 digits, 30 s")
    return _private("add this to your authenticator app", "it is not shown again", Fields(rows=rows))


def factor_card(name: str, found: Factor | None, now: datetime) -> Card:
    if found is None:
        return _private(f"{name} has no second factor", "", Text(text="kubechat second-factor enroll"))
    is_locked = found.locked_until is not None and now < found.locked_until
    locked = f"until {found.locked_until:%Y-%m-%d %H:%M:%S} UTC" if is_locked else "no"
    rows = ("enrolled", f"{found.enrolled_at:%Y-%m-%d %H:%M} UTC"), ("locked", locked)
    return _private(f"{name} has a second factor", "", Fields(rows=rows))


def _private(title: str, footer: str, *pieces: Piece) -> Card:
    return Card(
        request_id=None, state=None, status="identity", title=title, sections=pieces, footer=footer, private=True
    )
