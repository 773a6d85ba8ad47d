"""Every pattern that untrusted text meets, against a megabyte of what it likes least."""

import re
import time
from collections.abc import Callable, Iterator

import pytest

from bot.commands import parse
from tests.unit.planner.inventory_look import InventoryLook, fleet, names
from workers.domain import redact as redaction
from workers.domain.errors import UnknownCommand
from workers.domain.plan import Scope
from workers.planner.understand import understand

SAMPLE, MEGABYTE = 1 << 14, 1 << 20
WORST = 3  # pieces of a pattern that are tried with a megabyte
BUDGET_SECONDS = 0.5  # twice the 250 ms of a machine that does nothing else: here tests run side by side
# What makes patterns go back and try again: long runs of what may repeat, and then no end.
PIECES = (
    "a", " ", "\t", "\n", "=", ":", "-", "_", ".", "/", "\\", "\"", "'", "@", "0", "A", "{", "[", "(", ",", ";", "|",
    "password", "password=", "password:", "password ", "-password", "--password ", "token", "secret_", "api_key",
    "authorization: ", "Authorization: Bearer ", "cookie=", "bearer ", "Bearer\t", "Basic ", "Basic a", "basic A",
    "eyJ", "eyJhbGciOi", "eyJaaaaaaaa.", "eyJaaaaaaaa.aaaa.", "://", "://a:", "://a:b", "x://u:p@", "AKIA", "ASIA0",
    "ghp_", "ghp_a", "github_pat_", "glpat-", "xoxb-", "xapp-", "AIza", "npm_", "hvs.", "sk-ant-", "sk_live_", "rk_",
    "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "-----BEGIN A", "-----END PRIVATE KEY-----", "name: password\n",
    "name: password value: ", '"name":"password","value":"', "name=a_token,", "curl ", "curl -u", "curl -u a:",
    "wget --user ", "mysql -p", "sshpass -p ", "redis-cli -a", "docker login -p ", "password='", 'password="',
    'password=\\"', "password: |\n  ", "password: |\n", "password := ", "password => ", "\\\\\\\"", "pwd ", "_pass",
    "session-key", "a=b,", "a-", "1:", "+1", "1e", "2026-", "k8s.io/", "mysql ", "redis-cli ",
    "docker login ", "token-", "x-token-x ", "restart ", "not ", "é", "\u202e", "\u0301",
)  # fmt: skip
RULES = [pytest.param(pattern, id=f"{number}-{name}") for number, (name, pattern) in enumerate(redaction._PATTERNS)]


def texts(size: int, pieces: tuple[str, ...] = PIECES) -> Iterator[tuple[str, str]]:
    """Each piece again and again, with an end that fits it and with one that does not."""
    for piece in pieces:
        text = (piece * (size // len(piece) + 1))[:size]
        yield piece, text
        yield piece, text[:-1] + "\x00"


def seconds(read: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    read(text)
    return time.process_time() - began


def slow(read: Callable[[str], object]) -> dict[str, float]:
    """The pieces of which a megabyte takes too long, of those that take longest in a sample."""
    ranked = sorted((seconds(read, text), piece) for piece, text in texts(SAMPLE))
    worst = tuple(dict.fromkeys(piece for _, piece in reversed(ranked)))[:WORST]
    found = {piece: round(seconds(read, text), 2) for piece, text in texts(MEGABYTE, worst)}
    return {piece: took for piece, took in found.items() if took > BUDGET_SECONDS}


@pytest.mark.parametrize("pattern", RULES)
def test_t25_no_rule_of_redaction_takes_long(pattern: re.Pattern[str]) -> None:
    """A megabyte of the pieces that it likes least is read by each rule within the budget."""
    assert slow(lambda text: pattern.sub("", text)) == {}


def test_t25_a_command_is_read_at_once() -> None:
    """Whatever a line of chat is made of; what is no command is said in few words."""

    def read(text: str) -> None:
        try:
            parse(text)
        except UnknownCommand as error:
            assert len(error.text) < 500

    assert slow(read) == {}


def test_t25_a_text_is_planned_at_once() -> None:
    """The planner cuts before it reads: a megabyte costs what the longest message costs."""

    def read(text: str) -> object:
        look, where = InventoryLook(), Scope()
        return understand(text, choices=(), scope=where, clusters=fleet(), names=names(), look=look)

    assert slow(read) == {}
