"""How much a plan can hurt: each reason, and what is unknown."""

import pytest

from tests.unit.domain.making import CLUSTERS, plan, preview, seen, step, step_preview, target
from workers.domain.action import Verb
from workers.domain.observed import DryRun, Proof, UndoProof
from workers.domain.plan import Plan, Step
from workers.domain.risk import BlastRadius, Risk, RiskLevel, assess

STAGING = target(cluster="staging")


def assessed(*steps: Step, pods: int | None = 4, **previewed: object) -> Risk:
    of: Plan = plan(*(steps or (step(at=STAGING),)))
    views = [step_preview(s.number, **previewed) for s in of.steps]  # type: ignore[arg-type]
    found = [seen(s, uid=f"u-{s.number}", pods=pods) for s in of.steps]
    return assess(of, preview(of, steps=views, observed=found), CLUSTERS)


@pytest.mark.parametrize(
    ("risk", "level", "codes"),
    [
        (assessed(), RiskLevel.MEDIUM, ["change"]),
        (assessed(step()), RiskLevel.HIGH, ["production"]),
        (assessed(step(at=target(cluster="gone"))), RiskLevel.HIGH, ["production"]),
        (assessed(step(verb=Verb.DELETE_POD, at=STAGING)), RiskLevel.HIGH, ["change", "destroys"]),
        (
            assessed(step(verb=Verb.DELETE, at=target("old", kind="namespace", namespace=None, cluster="staging"))),
            RiskLevel.CRITICAL,
            ["change", "destroys", "deletes-data"],
        ),
        (assessed(step(at=STAGING, replicas=0)), RiskLevel.CRITICAL, ["change", "scale-to-zero"]),
        (
            assessed(step(verb=Verb.PATCH, at=STAGING, field="replicas", value="0")),
            RiskLevel.CRITICAL,
            ["change", "scale-to-zero"],
        ),
        (assessed(step(verb=Verb.PATCH, at=STAGING, field="env.REPLICAS", value="0")), RiskLevel.MEDIUM, ["change"]),
        (assessed(step(verb=Verb.PAUSE), pods=0), RiskLevel.MEDIUM, ["production"]),
        (assessed(step(verb=Verb.RESUME), pods=0), RiskLevel.HIGH, ["production"]),
        (
            assessed(
                step(verb=Verb.LABEL, at=target("n", kind="node", namespace=None, cluster="staging"), labels="a=b")
            ),
            RiskLevel.HIGH,
            ["change", "steers"],
        ),
        (
            assessed(
                step(verb=Verb.PATCH, at=target("j", kind="job", cluster="staging"), field="suspend", value="true")
            ),
            RiskLevel.HIGH,
            ["change", "stops-job"],
        ),
        (
            assessed(
                step(
                    verb=Verb.PATCH,
                    at=target("b", kind="poddisruptionbudget", cluster="staging"),
                    field="minAvailable",
                    value="1",
                )
            ),
            RiskLevel.HIGH,
            ["change", "protection"],
        ),
        (assessed(dry_run=DryRun.UNSUPPORTED), RiskLevel.CRITICAL, ["change", "no-dry-run"]),
        (assessed(dry_run=DryRun.FAILED), RiskLevel.CRITICAL, ["change", "no-dry-run"]),
        (assessed(undo=None), RiskLevel.MEDIUM, ["change", "no-undo"]),
        (
            assessed(undo=UndoProof(proof=Proof.IMPOSSIBLE, because="gone")),
            RiskLevel.MEDIUM,
            ["change", "no-undo"],
        ),
        (assessed(undo=UndoProof(proof=Proof.PARTIAL)), RiskLevel.MEDIUM, ["change"]),
        (assessed(pods=20), RiskLevel.MEDIUM, ["change"]),
        (assessed(pods=21), RiskLevel.HIGH, ["change", "many-pods"]),
        (assessed(pods=None), RiskLevel.HIGH, ["change", "unknown-radius"]),
        (
            assessed(step(at=STAGING), step(2, at=target(cluster="prod-eu"))),
            RiskLevel.HIGH,
            ["change", "production", "several-clusters"],
        ),
        (assessed(step(verb=Verb.LOGS)), RiskLevel.LOW, []),
        (assessed(step(verb=Verb.LOGS), pods=None), RiskLevel.LOW, []),
    ],
)
def test_each_reason_asks_for_its_level(risk: Risk, level: RiskLevel, codes: list[str]) -> None:
    """The level is the highest that any reason asks for, and every reason is shown."""
    assert (level, codes) == (risk.level, [reason.code for reason in risk.reasons])


def test_a_reason_names_its_step() -> None:
    """People see which step is the dangerous one."""
    risk = assessed(step(verb=Verb.LOGS), step(2, at=STAGING, replicas=0))

    assert [(reason.code, reason.step) for reason in risk.reasons] == [("change", 2), ("scale-to-zero", 2)]


@pytest.mark.parametrize(
    "pods", [(None, 3), (3, None), (None, None)], ids=["unknown first", "unknown last", "all unknown"]
)
@pytest.mark.parametrize("same_object", [True, False])
def test_one_unknown_count_makes_the_sum_unknown(pods: tuple[int | None, int | None], same_object: bool) -> None:
    """Unknown pods never lower the level, in whatever order they were seen."""
    of = plan(
        step(at=STAGING), step(2, Verb.RESTART, at=STAGING if same_object else target("other", cluster="staging"))
    )
    found = [
        seen(s, uid="u" if same_object else f"u-{s.number}", pods=count)
        for s, count in zip(of.steps, pods, strict=True)
    ]
    risk = assess(of, preview(of, observed=found), CLUSTERS)

    assert risk.blast_radius.pods is None
    assert RiskLevel.HIGH is risk.level


def test_a_change_that_nobody_looked_at_touches_an_unknown_number() -> None:
    """Nothing seen is not nothing touched."""
    of = plan(step(at=STAGING))

    assert assess(of, preview(of, observed=[]), CLUSTERS).blast_radius.pods is None


def test_a_step_that_was_not_previewed_is_critical() -> None:
    """What the server has not tried may do anything."""
    of = plan(step(at=STAGING))
    risk = assess(of, preview(of, steps=[]), CLUSTERS)

    assert RiskLevel.CRITICAL is risk.level
    assert [reason.code for reason in risk.reasons] == ["change", "no-dry-run", "no-undo"]


def test_the_radius_counts_what_changes() -> None:
    """One object changed twice is one object; what is only read does not count."""
    worker = target("payment-worker", namespace="billing")
    of = plan(step(), step(2, Verb.RESTART), step(3, at=worker), step(4, Verb.LOGS, at=STAGING))
    found = [seen(of.steps[0], uid="a"), seen(of.steps[1], uid="a"), seen(of.steps[2], uid="b", pods=2)]
    radius = assess(of, preview(of, observed=found), CLUSTERS).blast_radius

    assert BlastRadius(clusters=1, namespaces=2, objects=2, pods=6) == radius
    assert radius.text == "1 cluster, 2 namespaces, 2 objects, 6 pods"
    assert "an unknown number of pods" in radius.model_copy(update={"pods": None}).text


def test_of_several_steps_on_one_object_the_widest_counts() -> None:
    """A restart of 30 pods is not made small by one more pod afterwards."""
    of = plan(step(1, Verb.RESTART, at=STAGING), step(2, at=STAGING))
    found = [seen(of.steps[0], uid="u", pods=30), seen(of.steps[1], uid="u", pods=1)]

    risk = assess(of, preview(of, observed=found), CLUSTERS)

    assert risk.blast_radius.pods == 30
    assert "many-pods" in [reason.code for reason in risk.reasons]
