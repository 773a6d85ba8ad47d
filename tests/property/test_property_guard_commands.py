"""Whatever a command about freezes or emergencies holds, what is typed for it says exactly that."""

from hypothesis import given
from hypothesis import strategies as st

from bot.commands import Ask, Command, parse, words
from bot.guard_commands import Freeze, Review, Unfreeze

WORD = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True).filter(
    lambda word: word not in {"the", "for", "because", "in", "on", "of"}
)
WHAT = st.one_of(WORD, st.tuples(WORD, WORD).map(" ".join))
REASON = st.one_of(st.just(""), st.text(min_size=1, max_size=60).map(str.strip).filter(bool))
MINUTES = st.one_of(st.none(), st.integers(min_value=1, max_value=99_999))
COMMANDS = st.one_of(
    st.builds(Freeze, what=WHAT, minutes=MINUTES, reason=REASON),
    st.builds(Unfreeze, what=WHAT, reason=REASON),
    st.builds(Review, request=st.from_regex(r"req-[0-9a-hjkmnp-tv-z]{8}", fullmatch=True), reason=REASON),
    st.builds(Ask, text=REASON.filter(bool), break_glass=st.just(True)).filter(
        lambda ask: not ask.text.lower().startswith("undo ")  # an undo is a press
    ),
)


@given(COMMANDS)
def test_what_is_typed_for_a_command_is_read_as_that_command(command: Command) -> None:
    """Reasons with newlines, quotes, 'for 2h' and 'because' in them included."""
    assert parse(words(command)) == command


@given(st.text(max_size=80))
def test_no_text_is_read_as_a_freeze_that_does_not_begin_so(text: str) -> None:
    """Only whole lines of the exact form freeze or lift; anything else is a request or another command."""
    command = parse(f"please {text}")

    assert not isinstance(command, Freeze | Unfreeze | Review)
