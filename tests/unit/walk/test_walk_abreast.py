"""Several clusters at once: a sequence each, and the first failure keeps all from starting anything more."""

import threading

import pytest

from tests.unit.walk.rehearsal import API, DEPLOYMENTS, Rehearsal, SmallFleet, deployment
from workers.domain.call import Call
from workers.domain.errors import Mistake, OutcomeUnknown, Rejected
from workers.domain.observed import StepOutcome
from workers.domain.state import State
from workers.domain.value import ClusterName
from workers.guard.freezing import Freezing
from workers.settings import DEFAULTS, read_policy

WEB = f"{DEPLOYMENTS}/web"
TEXT = "set api to v2 and set web to v2 in dev and prod-eu in parallel because INC-7"


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment(), deployment("web")))


def images(stage: Rehearsal, path: str) -> list[str]:
    found = (stage.fleet.objects[ClusterName(name)][path] for name in ("dev", "prod-eu"))
    return [one["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2] for one in found]


def writing(call: Call, dry_run: bool) -> bool:
    return call.writes and not dry_run


def test_both_clusters_are_written_at_the_same_time(stage: Rehearsal) -> None:
    """Each first write waits for the other: in sequence neither would ever come."""
    asked = stage.allowed(stage.ask(TEXT), "bob")
    both = threading.Barrier(2, timeout=10)

    def before(call: Call, dry_run: bool) -> None:
        if writing(call, dry_run) and call.name == "api":
            both.wait()

    stage.fleet.before = before
    done = stage.run(asked)

    assert asked.plan is not None
    assert asked.plan.options.parallel
    assert done.state is State.SUCCEEDED
    assert (images(stage, API), images(stage, WEB)) == (["v2", "v2"], ["v2", "v2"])


def test_the_first_failure_keeps_the_other_cluster_from_its_next_step(stage: Rehearsal) -> None:
    """What was under way there is finished, and nothing more is started anywhere."""
    asked = stage.allowed(stage.ask(TEXT), "bob")
    said_no, written = threading.Event(), []

    def before(call: Call, dry_run: bool) -> None:
        if not writing(call, dry_run):
            return
        written.append(call.name)
        if len(written) == 1:
            said_no.set()
            raise Rejected("a webhook says no")
        assert said_no.wait(10)

    stage.fleet.before = before
    ended = stage.run(asked)

    assert ended.state is State.FAILED
    outcomes = sorted(result.outcome.value for result in ended.results)
    assert outcomes == ["done", "failed", "skipped", "skipped"]
    assert images(stage, WEB) == ["v1", "v1"]
    assert sorted(images(stage, API)) == ["v1", "v2"]
    (skipped, *_) = (r for r in ended.results if r.outcome is StepOutcome.SKIPPED)
    assert "did not succeed" in skipped.message


def test_two_writes_may_be_in_doubt(stage: Rehearsal) -> None:
    """Each keeps its own record, and the examination answers for each of them."""
    asked = stage.allowed(stage.ask(TEXT), "bob")
    both = threading.Barrier(2, timeout=10)

    def lost(call: Call, dry_run: bool) -> None:
        if writing(call, dry_run):
            both.wait()
            raise OutcomeUnknown("sent, and not answered")

    stage.fleet.after = lost
    doubtful = stage.run(asked)
    stage.fleet.after = lambda call, dry_run: None

    assert (doubtful.state, len(doubtful.intended)) == (State.INTERRUPTED, 2)
    stage.walk.reconcile(doubtful.id)
    stage.walk.reconcile(doubtful.id)
    ended = stage.now(doubtful)

    assert (ended.state, ended.intended) == (State.FAILED, ())
    assert [result.outcome for result in ended.results] == [StepOutcome.DONE, StepOutcome.DONE]
    assert (images(stage, API), images(stage, WEB)) == (["v2", "v2"], ["v1", "v1"])


def test_a_person_settles_each_step_in_doubt(stage: Rehearsal) -> None:
    """One word cannot speak of two clusters; the request ends with the last of them."""
    asked = stage.allowed(stage.ask("set api to v2 in dev and prod-eu in parallel because INC-7"), "bob")
    both = threading.Barrier(2, timeout=10)

    def lost(call: Call, dry_run: bool) -> None:
        if writing(call, dry_run):
            both.wait()
            raise OutcomeUnknown("sent, and not answered")

    stage.fleet.before = lost
    doubtful = stage.run(asked)
    alice = stage.actor("alice")

    with pytest.raises(Mistake, match="in doubt, each in its own cluster"):
        stage.service.settle(asked.id, alice, applied=True)
    with pytest.raises(Mistake, match="not in doubt"):
        stage.service.settle(asked.id, alice, applied=True, step=7)
    half = stage.service.settle(asked.id, alice, applied=True, step=1)
    ended = stage.service.settle(asked.id, alice, applied=False, step=2)

    assert (doubtful.state, half.state, half.intended) == (State.INTERRUPTED, State.INTERRUPTED, (2,))
    assert ended.state is State.FAILED
    assert [result.outcome for result in ended.results] == [StepOutcome.DONE, StepOutcome.FAILED]


def test_a_write_that_a_freeze_holds_back_stops_the_rest_too(stage: Rehearsal) -> None:
    """Whoever froze one cluster meanwhile meant the change as a whole: nothing more is begun in any other."""
    stage.walk.probe()
    asked = stage.allowed(stage.ask("set api to v2 and set web to v2 in prod-eu and dev because INC-7"), "bob")
    freezing = Freezing(store=stage.store, bus=stage.bus, policy=lambda: read_policy(DEFAULTS / "policy.yaml")[0])
    frozen = threading.Event()

    def before(call: Call, dry_run: bool) -> None:
        if writing(call, dry_run) and not frozen.is_set():
            frozen.set()
            freezing.freeze("prod", stage.actor("bob"), reason="game night")

    stage.fleet.before = before
    ended = stage.run(asked)

    assert ended.state is State.FAILED
    assert [result.outcome for result in ended.results] == [StepOutcome.DONE, *[StepOutcome.SKIPPED] * 3]
    assert (images(stage, API), images(stage, WEB)) == (["v2", "v1"], ["v1", "v1"])


def test_in_sequence_is_what_nobody_has_to_say(stage: Rehearsal) -> None:
    """Another cluster is begun only when the one before is done; parallel is another plan."""
    order = []
    stage.fleet.before = lambda call, dry_run: order.append(call.name) if writing(call, dry_run) else None
    asked = stage.ask(TEXT.replace(" in parallel", ""))
    assert asked.plan is not None

    done = stage.run(stage.allowed(asked, "bob"))

    assert done.state is State.SUCCEEDED
    assert order == [step.action.target.name for step in asked.plan.steps]
    assert not asked.plan.options.parallel


def test_one_cluster_has_nothing_to_run_beside_it(stage: Rehearsal) -> None:
    """The option falls away, so that the plan is the same as without it."""
    asked = stage.ask("set api to v2 in dev in parallel")

    assert asked.plan is not None
    assert not asked.plan.options.parallel


def test_the_card_sets_it(stage: Rehearsal) -> None:
    """A new revision, because the order is part of what people approve."""
    asked = stage.ask(TEXT.replace(" in parallel", ""))

    changed = stage.planned(stage.aftercare.opt(asked.id, {"parallel": True}, stage.actor("alice")))

    assert changed.plan is not None
    assert changed.plan.options.parallel
    assert asked.plan is not None
    assert changed.plan.digest != asked.plan.digest
