"""Digests: one spelling, moved by every effect and by no wording."""

import hashlib
import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.making import plan, preview, seen, step, target
from workers.domain.action import Action, Verb
from workers.domain.canonical import LARGEST_INTEGER, canonical, digest
from workers.domain.plan import Plan, Step, Undo

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
KEY = st.text(st.characters(max_codepoint=127), max_size=8)
SCALAR = st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | TEXT
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4), max_leaves=12
)
NAME = st.from_regex(r"[a-z]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
PARAMETER = st.integers(0, 1000) | st.booleans() | NAME
TARGET = st.builds(
    target,
    NAME,
    cluster=st.sampled_from(["prod-eu", "prod-us", "staging"]),
    namespace=NAME,
    kind=st.sampled_from(["deployment", "statefulset"]),
)
ACTION = st.builds(
    Action, verb=st.sampled_from(Verb), target=TARGET, params=st.dictionaries(NAME, PARAMETER, max_size=3)
)
UNDO = st.none() | st.builds(Undo, action=st.none() | ACTION, because=TEXT)
STEPS = st.lists(
    st.builds(Step, number=st.just(1), action=ACTION, why=TEXT, kubectl=st.tuples(TEXT), call=TEXT, undo=UNDO),
    min_size=1,
    max_size=3,
)


def made(steps: list[Step], **more: Any) -> Plan:
    return plan(*(one.model_copy(update={"number": number}) for number, one in enumerate(steps, 1)), **more)


def effects(of: Plan) -> list[object]:
    """What a person would call the same plan, compared without any digest."""
    return [(s.number, s.action, s.undo.action if s.undo else None) for s in of.steps]


@given(JSON)
def test_canonical_is_rfc_8785(value: Any) -> None:
    """An independent implementation of the standard gives the same bytes."""
    assert rfc8785.dumps(value) == canonical(value)
    assert hashlib.sha256(rfc8785.dumps(value)).hexdigest() == digest(value)


@given(JSON)
def test_canonical_loses_nothing(value: Any) -> None:
    """What is hashed can be read back."""
    assert value == json.loads(canonical(value))


@given(st.dictionaries(KEY, JSON, max_size=5), st.randoms())
def test_the_order_of_keys_does_not_matter(value: dict[str, Any], random: Any) -> None:
    """Two writers of the same mapping give the same digest."""
    items = list(value.items())
    random.shuffle(items)

    assert digest(value) == digest(dict(items))


@given(st.floats() | st.binary() | st.sets(st.integers()) | st.integers(min_value=LARGEST_INTEGER + 1))
def test_what_has_two_spellings_is_refused(value: object) -> None:
    """Floats and large integers differ between languages; they are errors, not digests."""
    with pytest.raises(ValueError, match=r"^\$"):
        canonical(value)


@given(STEPS, STEPS)
def test_plans_share_a_digest_when_their_effects_are_the_same(first: list[Step], second: list[Step]) -> None:
    """Effects and digests agree in both directions."""
    one, other = made(first), made(second)

    assert (effects(one) == effects(other)) == (one.digest == other.digest)


@given(STEPS, TEXT, st.integers(1, 9))
def test_wording_moves_no_digest(steps: list[Step], words: str, revision: int) -> None:
    """Reasons, command lines, explanations and caveats are views."""
    said = [
        s.model_copy(
            update={
                "why": words,
                "kubectl": (words,),
                "call": words,
                "undo": s.undo and s.undo.model_copy(update={"because": words}),
            }
        )
        for s in steps
    ]

    assert made(steps).digest == made(said, explanation=words, revision=revision).digest


@given(STEPS, st.data())
def test_any_change_of_a_parameter_moves_the_digest(steps: list[Step], data: st.DataObject) -> None:
    """An altered plan in the database matches no approval."""
    index = data.draw(st.integers(0, len(steps) - 1))
    action = steps[index].action
    params = data.draw(st.dictionaries(NAME, PARAMETER, max_size=3).filter(lambda p: p != dict(action.params)))
    altered = list(steps)
    altered[index] = altered[index].model_copy(update={"action": action.model_copy(update={"params": params})})

    assert effects(made(steps)) == effects(made(altered)) or made(steps).digest != made(altered).digest


@given(st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=8), JSON, JSON)
def test_a_preview_is_of_one_object_in_one_state(uid: str, other: str, touched: Any, now: Any) -> None:
    """Another object, or other touched fields, are another preview; another resource version is the same."""
    of = plan(step())
    first = preview(of, observed=[seen(step(), uid=f"u{len(uid)}", touched=touched, version="1")])
    again = preview(of, observed=[seen(step(), uid=f"u{len(other)}", touched=now, version="2")])
    same = (len(uid), canonical(touched)) == (len(other), canonical(now))

    assert same == (first.digest == again.digest)
