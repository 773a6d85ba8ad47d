"""The table that every request moves by."""

import itertools

import pytest

from workers.domain.errors import InvalidTransition
from workers.domain.state import FINAL, TRANSITIONS, WAITS_FOR, Event, State, after


@pytest.mark.parametrize(("line", "expected"), TRANSITIONS.items())
def test_a_line_of_the_table_leads_where_it_says(line: tuple[State, Event], expected: State) -> None:
    """The table is the only way a state changes."""
    assert expected == after(*line)


@pytest.mark.parametrize("line", sorted(set(itertools.product(State, Event)) - set(TRANSITIONS)), ids="-".join)
def test_what_the_table_does_not_have_is_refused(line: tuple[State, Event]) -> None:
    """An event that a state does not know is our defect, and says what the request waits for."""
    state, event = line

    with pytest.raises(InvalidTransition, match=f"'{state}' cannot be '{event}'") as caught:
        after(state, event)
    assert f"it waits for {WAITS_FOR[state]}" == caught.value.now


def test_all_states_are_reached_from_planning() -> None:
    """There are twelve states, and none is dead."""
    reached = {State.PLANNING}
    while more := {to for (source, _), to in TRANSITIONS.items() if source in reached} - reached:
        reached |= more

    assert set(State) == reached
    assert len(reached) == 12


def test_only_the_final_states_have_no_exit() -> None:
    """A request ends in one of six states, or waits for somebody who is named."""
    assert {
        State.SUCCEEDED,
        State.FAILED,
        State.REFUSED,
        State.REJECTED,
        State.CANCELLED,
        State.EXPIRED,
    } == FINAL
    assert {state for state in State if WAITS_FOR[state] == "nobody"} == FINAL
    assert all(state.is_final == (state in FINAL) for state in State)


def test_running_is_entered_from_ready_only() -> None:
    """Nothing runs that was not ready, and nothing is ready but by policy or by people."""
    into_running = {source for (source, _), to in TRANSITIONS.items() if to is State.RUNNING and source is not to}
    into_ready = {(source, event) for (source, event), to in TRANSITIONS.items() if to is State.READY}

    assert {State.READY} == into_running
    assert {(State.PLANNING, Event.ALLOWED), (State.AWAITING_APPROVAL, Event.FULLY_APPROVED)} == into_ready


def test_every_event_is_used() -> None:
    """An event that no line names would be a word without a meaning."""
    assert set(Event) == {event for _, event in TRANSITIONS}
