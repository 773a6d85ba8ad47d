"""The page of what people can say is made from the tables, and keeps what it promises."""

import pytest

from tests.architecture import saying
from tests.architecture.pages import DOCS
from tests.architecture.test_architecture_pages import compare
from workers.planner.result import Understood


def test_the_page_of_sayings_is_the_tables(request: pytest.FixtureRequest) -> None:
    """Words, parameters and groups come from the tables that the planner reads by."""
    compare(request, DOCS / "what-you-can-say.md", saying.page())


@pytest.mark.parametrize("text", saying.examples())
def test_every_example_is_planned(text: str) -> None:
    """What the page or a verb gives as an example leads to a plan."""
    result = saying.say(text)

    assert isinstance(result, Understood), result


@pytest.mark.parametrize("turns", saying.THREADS)
def test_every_thread_is_planned(turns: tuple[str, ...]) -> None:
    """So does each turn of a thread."""
    assert [turn for turn, result in saying.thread(turns) if not isinstance(result, Understood)] == []
