"""What the digests of plans and previews cover, and what actions and targets may be."""

import pytest
from pydantic import ValidationError

from tests.unit.domain.making import plan, preview, seen, step, step_preview, target
from workers.domain.action import Action, Effect, Verb
from workers.domain.cluster import Identity
from workers.domain.observed import DryRun
from workers.domain.plan import Undo
from workers.domain.section import FieldChange
from workers.domain.target import Target
from workers.domain.value import ClusterName

BACK = Undo(action=Action(verb=Verb.SCALE, target=target(), params={"replicas": 4}))


@pytest.mark.parametrize(
    "other",
    [
        plan(step(replicas=6)),
        plan(step(replicas="5")),
        plan(step(replicas=5, timeout=1)),
        plan(step(verb=Verb.RESTART)),
        plan(step(2)),
        plan(step(at=target("payment-worker"))),
        plan(step(at=target(namespace="billing"))),
        plan(step(at=target(cluster="prod-us"))),
        plan(step(at=target(kind="statefulset"))),
        plan(step(), step(2, at=target("payment-worker"))),
        plan(step(undo=BACK)),
    ],
)
def test_another_effect_is_another_plan(other: object) -> None:
    """An approval of one plan never counts for a plan with another effect."""
    assert plan().digest != other.digest


def test_wording_is_no_part_of_a_plan() -> None:
    """Revision, explanation, reasons, kubectl text and the undo's caveats are views; they void no approval."""
    said = step(why="other words").model_copy(update={"kubectl": ("kubectl", "x"), "call": "PATCH /x"})

    assert plan().digest == plan(said, revision=7, explanation="other words").digest
    assert (
        plan(step(undo=BACK)).digest
        == plan(step(undo=BACK.model_copy(update={"because": "pods stay restarted"}))).digest
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"plan_digest": plan(step(replicas=6)).digest},
        {"observed": (seen(step(), uid="u-2"),)},
        {"observed": (seen(step(), uid="u-1", touched=3),)},
        {"observed": ()},
        {"identities": {ClusterName("prod-eu"): Identity(uid="another", ca_fingerprint="ab")}},
        {"identities": {ClusterName("prod-eu"): Identity(uid="cluster-prod-eu", ca_fingerprint="cd")}},
        {"steps": (step_preview(before="3"),)},
        {"steps": (step_preview(dry_run=DryRun.UNSUPPORTED),)},
        {"steps": (step_preview().model_copy(update={"diff": (FieldChange(path="spec.x", before=None, after="1"),)}),)},
    ],
)
def test_another_finding_is_another_preview(changes: dict[str, object]) -> None:
    """What people saw is what runs: another object, cluster, diff or plan is another preview."""
    first = preview(plan())

    assert first.digest != first.model_copy(update=changes).digest


def test_a_resource_version_is_no_part_of_a_preview() -> None:
    """Status updates move the version all the time, and must not void approvals."""
    of = plan()

    assert (
        preview(of, observed=[seen(step(), version="100")]).digest
        == preview(of, observed=[seen(step(), version="999")]).digest
    )


@pytest.mark.parametrize(
    ("verbs", "expected"),
    [
        ([Verb.GET], Effect.READ),
        ([Verb.GET, Verb.SCALE], Effect.CHANGE),
        ([Verb.DELETE_POD, Verb.SCALE, Verb.LOGS], Effect.DESTROY),
    ],
)
def test_a_plan_has_its_strongest_effect(verbs: list[Verb], expected: Effect) -> None:
    """One destroying step makes a destroying plan."""
    assert expected == plan(*(step(n, verb) for n, verb in enumerate(verbs, 1))).effect


def test_a_plan_names_each_cluster_once() -> None:
    """Clusters come in the order of their first use."""
    made = plan(*(step(n, at=target(cluster=name)) for n, name in enumerate(("prod-us", "prod-eu", "prod-us"), 1)))

    assert made.clusters == ("prod-us", "prod-eu")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "a", "selector": "app=a"}, "a name or a selector"),
        ({"kind": "unicorn"}, "not known"),
        ({"kind": "node"}, "has no namespace"),
    ],
)
def test_a_target_that_contradicts_itself_is_an_error(fields: dict[str, str], message: str) -> None:
    """A target is one object, or the objects of a kind in a place."""
    with pytest.raises(ValidationError, match=message):
        Target.model_validate({"cluster": "prod-eu", "namespace": "payments", "kind": "deployment"} | fields)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (target(), "prod-eu/payments deployment/payment-api"),
        (target(None), "prod-eu/payments deployments"),
        (target("n1", namespace=None, kind="node"), "prod-eu node/n1"),
        (
            target(None, namespace="*", kind="pod").model_copy(update={"selector": "app=web"}),
            "prod-eu/* pods (app=web)",
        ),
    ],
)
def test_a_target_reads_as_one_line(given: Target, expected: str) -> None:
    """People see where first, then what."""
    assert expected == given.text


def test_values_are_frozen_and_closed() -> None:
    """A change is a new value, and an unknown field is an error."""
    with pytest.raises(ValidationError, match="frozen"):
        target().name = "x"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        Target.model_validate({**target().model_dump(), "force": True})
