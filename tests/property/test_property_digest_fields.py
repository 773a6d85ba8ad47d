"""Each field of a plan and of a preview is either an effect, which moves the digest, or a view, which does not."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.making import plan, preview, seen, step
from workers.domain.cluster import Identity
from workers.domain.observed import Observed, Preview, StepPreview
from workers.domain.plan import Check, Plan, Step, Undo
from workers.domain.value import Value

# Of each class: what is done or was seen, and what only tells of it. A new field belongs in one of the two.
EFFECTS: dict[type[Value], set[str]] = {
    Plan: {"steps", "checks", "options", "source"},
    Step: {"number", "action", "undo", "part_of"},
    Undo: {"action"},
    Preview: {"plan_digest", "steps", "observed", "identities"},
    StepPreview: {"number", "diff", "dry_run"},
    Observed: {"target", "cluster_uid", "uid", "touched_digest"},
    Identity: {"uid", "ca_fingerprint"},
}
VIEWS: dict[type[Value], set[str]] = {
    Plan: {"request_id", "revision", "explanation", "taken", "notes", "made_at"},
    Step: {"why", "kubectl", "call", "editable", "form"},
    Undo: {"because", "kubectl"},
    Preview: {"taken_at"},
    StepPreview: {"warnings", "access", "undo"},
    Observed: {"resource_version", "fields", "generation", "facts", "pods", "labels"},
    Identity: set(),
}
ACTION = {"verb", "target", "params"}
TARGET = {"cluster", "namespace", "kind", "name", "selector"}
WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=12)
NUMBERS = st.integers(0, 500)


@pytest.mark.parametrize("model", EFFECTS, ids=lambda model: model.__name__)
def test_every_field_is_an_effect_or_a_view(model: type[Value]) -> None:
    """Whoever adds a field has to say which."""
    assert EFFECTS[model] | VIEWS[model] == set(model.model_fields)
    assert EFFECTS[model] & VIEWS[model] == set()


def test_every_part_of_an_action_is_an_effect() -> None:
    """Which are in the digest as a whole."""
    made = step()

    assert set(type(made.action).model_fields) == ACTION
    assert set(type(made.action.target).model_fields) == TARGET


@given(st.sampled_from(sorted(TARGET - {"selector"})), WORDS)
def test_any_part_of_a_target_moves_the_digest(part: str, word: str) -> None:
    """Another cluster, namespace, kind or name is another plan; the undo's target counts too."""
    first = step()
    value = {"kind": "statefulset"}.get(part, f"x-{word}")
    target = first.action.target.model_copy(update={part: value})
    other = first.model_copy(update={"action": first.action.model_copy(update={"target": target})})

    assert plan(other).digest != plan(first).digest
    undone = first.model_copy(update={"undo": Undo(action=first.action, because="")})
    aside = first.model_copy(update={"undo": Undo(action=other.action, because="")})
    assert plan(undone).digest != plan(aside).digest
    assert plan(undone).digest != plan(first.model_copy(update={"undo": None})).digest


@given(WORDS, NUMBERS)
def test_no_view_of_a_plan_moves_its_digest(word: str, number: int) -> None:
    """What is said about it may be said in other words."""
    first = step()
    said = {"why": word, "kubectl": (word,), "call": word, "editable": frozenset({word})}
    other = first.model_copy(update=said)
    about: dict[str, Any] = {"explanation": word, "revision": number + 1}
    made = plan(other, **about).model_copy(update={"notes": (word,)})

    assert made.digest == plan(first).digest


@given(WORDS, NUMBERS)
def test_what_was_seen_moves_the_digest_of_a_preview_and_what_is_told_does_not(word: str, number: int) -> None:
    """Uids, touched fields, identities, diffs, dry-runs and the plan; not versions, facts, pods, labels or moments."""
    of = plan(step())
    first = preview(of)
    (observed,), (shown,) = first.observed, first.steps
    name, identity = next(iter(first.identities.items()))

    def with_observed(**update: Any) -> Preview:
        return first.model_copy(update={"observed": (observed.model_copy(update=update),)})

    def with_step(**update: Any) -> Preview:
        return first.model_copy(update={"steps": (shown.model_copy(update=update),)})

    digest_of_other = seen(step(), touched={"replicas": word}).touched_digest
    moving = [
        with_observed(uid=f"other-{word}"),
        with_observed(cluster_uid=f"other-{word}"),
        with_observed(touched_digest=digest_of_other),
        with_observed(target=observed.target.model_copy(update={"name": f"other-{word}"})),
        with_step(diff=()),
        with_step(diff=(shown.diff[0].model_copy(update={"after": f"other-{word}"}),)),
        with_step(dry_run=next(one for one in type(shown.dry_run) if one is not shown.dry_run)),
        first.model_copy(update={"plan_digest": "0" * 64}),
        first.model_copy(update={"identities": {name: identity.model_copy(update={"uid": f"other-{word}"})}}),
        first.model_copy(update={"identities": {name: identity.model_copy(update={"ca_fingerprint": f"x{word}"})}}),
        first.model_copy(update={"observed": ()}),
    ]
    still = [
        with_observed(resource_version=str(number)),
        with_observed(facts={"replicas": word}),
        with_observed(pods=number),
        with_observed(labels={"app": word}),
        with_step(warnings=(word,)),
        with_step(access=shown.access.model_copy(update={"because": word})),
    ]

    assert [index for index, one in enumerate(moving) if one.digest == first.digest] == []
    assert [index for index, one in enumerate(still) if one.digest != first.digest] == []


def test_options_checks_and_recipe_are_in_the_digest() -> None:
    """Undone unless kept, all clusters at once, another look before, another text of the runbook: another plan."""
    first = plan()
    look = Check(number=1, action=step().action, why="to see")
    others = [
        first.model_copy(update={"options": first.options.model_copy(update={"keep_seconds": 600})}),
        first.model_copy(update={"options": first.options.model_copy(update={"parallel": True})}),
        first.model_copy(update={"checks": (look,)}),
        first.model_copy(update={"source": first.source.model_copy(update={"digest": "0" * 64})}),
        first.model_copy(update={"steps": (step(), step(2))}),
    ]

    assert len({one.digest for one in (first, *others)}) == len(others) + 1
