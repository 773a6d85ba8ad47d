"""Which words at the end of an order say how it is carried out, and which stay in the sentence."""

import time

import pytest

from workers.domain.errors import InvalidParameter
from workers.domain.option import Options
from workers.planner.options import heard

ORDER = "scale web to 3 in prod-eu"
KEPT = Options(keep_seconds=600)


@pytest.mark.parametrize(
    ("text", "rest", "expected"),
    [
        (f"{ORDER}, undo in 10 min unless kept", ORDER, KEPT),
        (f"{ORDER} and undo it in 10 minutes unless somebody keeps it", ORDER, KEPT),
        (f"{ORDER}; take it back after 10m unless I keep it.", ORDER, KEPT),
        (f"{ORDER}, but revert it within 600 seconds unless it is kept", ORDER, KEPT),
        (f"{ORDER}. Undo that in 1 hour unless we keep it", ORDER, Options(keep_seconds=3600)),
        (f"{ORDER}, undo in 10 min unless kept, because INC-7", f"{ORDER} because INC-7", KEPT),
        (f"{ORDER} because INC-7, undo in 10 min unless kept", f"{ORDER} because INC-7", KEPT),
        ("restart web in all prods in parallel", "restart web in all prods", Options(parallel=True)),
        ("restart web in parallel in all prods", "restart web in all prods", Options(parallel=True)),
        (f"{ORDER} in parallel, undo in 10 min unless kept", ORDER, KEPT.model_copy(update={"parallel": True})),
        (f"{ORDER}, undo in 10 min unless kept, in parallel", ORDER, KEPT.model_copy(update={"parallel": True})),
    ],
)
def test_a_whole_form_is_an_option(text: str, rest: str, expected: Options) -> None:
    """It is cut out, and what is left is the order."""
    found, options = heard(text)

    assert (rest, expected) == (found, options)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORDER}, undo in 10 min",
        f"{ORDER}, undo it unless kept",
        f"{ORDER}, undo in 10 min unless the error rate falls",
        f"{ORDER}, undo in 10 min unless kept and restart api",
        f'{ORDER} because "undo in 10 min unless kept"',
        "undo in 10 min unless kept",
        "in parallel",
        "run the parallel tests in dev",
    ],
)
def test_anything_else_stays_in_the_sentence(text: str) -> None:
    """Half a form, another condition and a quotation are for the planner, which asks or refuses."""
    assert (text, Options()) == heard(text)


def test_a_time_that_cannot_be_waited_is_said() -> None:
    """Neither a second nor a week."""
    with pytest.raises(InvalidParameter, match="no time to wait"):
        heard(f"{ORDER}, undo in 2 s unless kept")


@pytest.mark.parametrize("piece", [" ", " ,", "-", "in ", "undo in 10 min, ", "in parallel ", "and "])
def test_no_text_takes_long(piece: str) -> None:
    """4,000 characters of one thing over and over are looked through in milliseconds."""
    text = f"undo{piece * 4000}"[:4000]
    began = time.perf_counter()

    heard(text)

    assert time.perf_counter() - began < 0.15
