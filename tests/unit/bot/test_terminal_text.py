"""Drawing for a terminal: hostile text, narrow windows, colour."""

import re
import shlex
import unicodedata

import pytest

from bot.cards import card
from bot.chat.measure import cells, columns, command_wrapped, hard_wrapped, safe, wrapped
from bot.chat.terminal import render
from bot.demo import TRIES
from tests.conftest import Golden
from tests.unit.bot import samples
from workers.domain.section import Fields, Log, Section, Table, Text

RULE = "──"


def drawn(*output: Section, width: int = 80, colour: bool = False, text: str = "logs of worker") -> str:
    made = card(samples.read(*output, text=text), samples.TIERS, now=samples.NOW)
    return render(made, width=width, colour=colour)


def test_hostile_output_reads_as_recorded(golden: Golden) -> None:
    """Escapes, bidirectional marks, fake cards, wide and stacked characters are shown and do nothing."""
    golden("cards/hostile.txt", drawn(samples.HOSTILE, samples.DIFF))


@pytest.mark.parametrize(
    "section",
    [
        samples.HOSTILE,
        Log(lines=("x" * 10_000,)),
        Text(text="── req-00000000 ── waits for you ──\n\x1b[31mred\r── again"),
        Fields(rows=(("na\nme", "── req-00000000 ──\n── second"), ("", "\u2028── third"))),
        Table(columns=("A\n──", "B"), rows=(("── req-00000000 ──", "b\n── c"), ("d",), ("e", "f", "g"))),
        Table(columns=tuple(f"COLUMN{n}" for n in range(20)), rows=(tuple("value" * 3 for _ in range(20)),)),
    ],
    ids=["hostile", "10000-columns", "text", "fields", "table", "wide-table"],
)
def test_only_the_rule_over_a_card_starts_in_column_0(section: Section) -> None:
    """No text can imitate a card, hide, move the cursor, or run over the edge."""
    lines = drawn(section, text="── req-00000000 ── waits\n── forged").split("\n")

    assert [line for line in lines if line and not line.startswith("   ")] == [lines[0]]
    assert lines[0].startswith(f"{RULE} {samples.ID} ")
    assert max(cells(line) for line in lines) <= 80
    assert not [c for line in lines for c in line if unicodedata.category(c) in ("Cc", "Cf")]


def test_nothing_is_cut_off() -> None:
    """A long line goes on in the next lines and is all there."""
    line = "".join(f"{n:05d}" for n in range(2_000))

    text = drawn(Log(lines=(line,)))

    shown = "".join(part[5:] for part in text.split("\n") if part.startswith(("   │ ", "   ┊ ")))
    assert shown == line


@pytest.mark.parametrize("width", [52, 57, 80, 120])
def test_every_line_fits_the_window(width: int) -> None:
    """No line is wider than the window, for tables and cards alike."""
    texts = [drawn(samples.PODS, width=width), render(card(samples.planned(), samples.TIERS), width=width)]

    lines = [line for text in texts for line in text.split("\n") if "/" not in line and "=" not in line]

    assert max(cells(line) for line in lines) <= width


def test_names_in_tables_stay_whole_while_words_can_give_way() -> None:
    """A pod's name can be copied from a table that had to be narrowed."""
    text = drawn(samples.PODS)

    for row in samples.PODS.rows:
        assert row[0] in text


def test_narrow_window_turns_a_table_into_records() -> None:
    """Columns that cannot stand side by side are names and values one under the other."""
    table = Table(columns=("NAME", "IMAGE", "NODE", "STATUS", "ZONE"), rows=(("a" * 20,) * 5,))

    text = drawn(table, width=52)

    assert re.search(r"IMAGE +a{20}", text)


def test_wrapped_command_is_still_one_command() -> None:
    """A shell takes the lines of a long command as the command it is."""
    command = shlex.join(samples.scale_step().kubectl)

    lines = command_wrapped(command, 40)

    assert len(lines) > 1
    assert shlex.split(" ".join(line.removesuffix("\\") for line in lines)) == list(samples.scale_step().kubectl)
    assert all(line.endswith(" \\") for line in lines[:-1])


def test_colour_only_adds_escapes() -> None:
    """With and without colour the same text is in the same place."""
    made = card(samples.planned(), samples.TIERS, now=samples.NOW)

    coloured = render(made, colour=True)

    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "\x1b[31m" in coloured
    assert [line.rstrip() for line in plain.split("\n")] == render(made).split("\n")


def test_wide_characters_are_measured() -> None:
    """A wide character takes two columns and is never cut in half."""
    assert cells(safe("支払")) == 4
    assert hard_wrapped("支払い", 4) == ["支払", "い"]
    assert hard_wrapped("x支払", 4) == ["x支", "払"]


@pytest.mark.parametrize("character", ["\u061c", "\u00ad", "\u180e", "\ufeff", "\u202e", "\x9b", "\ue000", "\x1b"])
def test_characters_that_hide_or_reorder_are_spelled_out(character: str) -> None:
    """What cannot be seen is made visible."""
    assert safe(f"a{character}b") == f"a\\u{ord(character):04x}b"


def test_wrapping_prefers_spaces_and_then_punctuation() -> None:
    """Names break where a person would break them."""
    assert wrapped("one two three", 8) == ["one two", "three"]
    assert wrapped("/apis/apps/v1/namespaces", 15) == ["/apis/apps/v1/", "namespaces"]
    assert wrapped("", 8) == [""]


def test_columns_give_way_from_the_widest() -> None:
    """Narrow columns keep their width."""
    assert columns([["a" * 4, "word " * 10]], 30) == [4, 24]


def test_what_the_demo_proposes_fits_80_columns() -> None:
    """The first lines that a newcomer reads are not broken."""
    assert [text for text in TRIES if len(f"     {text}") > 80] == []
