"""The exact forms about freezes and break-glass, and what only looks like them."""

import pytest

from bot.commands import Ask, Command, Press, PressKind, parse, words
from bot.guard_commands import Freeze, Freezes, Review, Reviews, Unfreeze, minutes_of
from workers.domain.errors import UnknownCommand

FORMS: list[tuple[str, Command]] = [
    ("freeze prod because game night", Freeze(what="prod", reason="game night")),
    ("freeze prod-eu for 2h because game night", Freeze(what="prod-eu", minutes=120, reason="game night")),
    ("freeze prod eu for 90m because x", Freeze(what="prod eu", minutes=90, reason="x")),
    ("freeze everything for 1d because x", Freeze(what="everything", minutes=1440, reason="x")),
    ("freeze prod", Freeze(what="prod")),
    ("unfreeze prod because we won", Unfreeze(what="prod", reason="we won")),
    ("unfreeze frz-7f3k2m9q because we won", Unfreeze(what="frz-7f3k2m9q", reason="we won")),
    ("unfreeze prod", Unfreeze(what="prod")),
    ("freezes", Freezes()),
    ("review req-7f3k2m9q because it was right", Review(request="req-7f3k2m9q", reason="it was right")),
    ("review req-7f3k2m9q", Review(request="req-7f3k2m9q")),
    ("reviews", Reviews()),
    (
        "break glass: scale payment-api to 6 in prod-eu because the queue burns, INC-42",
        Ask(text="scale payment-api to 6 in prod-eu because the queue burns, INC-42", break_glass=True),
    ),
    (
        "break glass: undo req-7f3k2m9q because it burns",
        Press(what=PressKind.UNDO, request="req-7f3k2m9q", reason="it burns", break_glass=True),
    ),
]


@pytest.mark.parametrize(("line", "command"), FORMS)
def test_an_exact_form_is_read_and_written_back(line: str, command: Command) -> None:
    """What a person types for a command is what it is read from."""
    assert parse(line) == command
    assert words(command) == line


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("FREEZE Prod FOR 2 hours BECAUSE Game Night", Freeze(what="prod", minutes=120, reason="Game Night")),
        ("freeze the staging tier because x", Freeze(what="the staging tier", reason="x")),
        ("Break-Glass:   restart api because x", Ask(text="restart api because x", break_glass=True)),
        ("break glass scale api to 6 because x", Ask(text="scale api to 6 because x", break_glass=True)),
        ("Review REQ-7F3K because Fine", Review(request="req-7f3k", reason="Fine")),
    ],
)
def test_case_and_units_are_forgiven_and_reasons_kept(line: str, command: Command) -> None:
    """Words of the form in any case; the reason as it was typed."""
    assert parse(line) == command


@pytest.mark.parametrize(
    "line",
    [
        "freeze the auth-gateway rollout on prod-eu, canary errors",
        "freeze payment-api in prod-eu",
        "freeze the rollout of payment-api in staging",
        "unfreeze the rollout of payment-api in staging",
        "review the logs of payment-api",
        "reviews of payment-api",
        "breaking glass: what does it do?",
    ],
)
def test_what_only_begins_like_a_form_is_a_request_like_any_other(line: str) -> None:
    """Rollouts are frozen by requests, and people talk about reviews."""
    assert parse(line) == Ask(text=line)


@pytest.mark.parametrize("line", ["break glass", "break glass:", "Break-glass:  "])
def test_an_emergency_says_what_to_do(line: str) -> None:
    """Nothing is opened by the words alone."""
    with pytest.raises(UnknownCommand, match="does not say what to do"):
        parse(line)


@pytest.mark.parametrize(("text", "minutes"), [("90m", 90), ("2h", 120), ("1d", 1440), ("2 hours", None), ("", None)])
def test_a_time_on_the_command_line(text: str, minutes: int | None) -> None:
    """Minutes, hours or days, exactly."""
    assert minutes_of(text) == minutes
