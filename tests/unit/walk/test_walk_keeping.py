"""Commit-confirmed: taken back by itself unless somebody keeps it, by exactly the undo that people approved."""

from datetime import timedelta

import pytest

from tests.servers.together import together
from tests.unit.walk.rehearsal import API, Rehearsal, SmallFleet, deployment
from workers.domain.action import Verb
from workers.domain.approval import Verdict
from workers.domain.call import Call
from workers.domain.errors import AlreadyDecided, ClusterUnreachable, Mistake, NotAnApprover, RequestExpired
from workers.domain.policy import Match, Outcome, Rule
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import ClusterName, RequestId
from workers.guard.freezing import Freezing
from workers.settings import DEFAULTS, read_policy


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment(), deployment("web")))


TEXT = "scale api to 5 in prod-eu because INC-7, undo it in 10 min unless somebody keeps it"


def ran(stage: Rehearsal, text: str = TEXT, *others: str) -> Request:
    return stage.run(stage.allowed(stage.ask(text), *(others or ("bob",))))


def late(stage: Rehearsal, request: Request) -> None:
    """Its time to be kept is over."""
    with stage.store.change() as change:
        stored = change.request(request.id)
        assert stored.keeping is not None
        keeping = stored.keeping.model_copy(update={"until": change.now() - timedelta(seconds=1)})
        change.save(stored.model_copy(update={"keeping": keeping}))


def taken_back(stage: Rehearsal, request: Request) -> Request:
    """The undo that Kubechat has opened by itself."""
    stage.walk.sweep()
    keeping = stage.now(request).keeping
    assert keeping is not None
    assert keeping.taken_back_by is not None
    return stage.store.request(keeping.taken_back_by)


def replicas(stage: Rehearsal, cluster: str = "prod-eu") -> int:
    return int(stage.fleet.objects[ClusterName(cluster)][API]["spec"]["replicas"])


def test_the_words_at_the_end_are_an_option_that_people_approve(stage: Rehearsal) -> None:
    """It is part of the plan's digest, and no part of what the planner has to understand."""
    asked = stage.ask(TEXT)
    plain = stage.ask("scale api to 5 in prod-eu because INC-7")

    assert asked.plan is not None
    assert plain.plan is not None
    assert (asked.plan.options.keep_seconds, asked.intent.reason) == (600, "INC-7")
    assert asked.plan.digest != plain.plan.digest
    assert plain.plan.options.effects == []


def test_what_nobody_keeps_is_taken_back_without_another_yes(stage: Rehearsal) -> None:
    """The approvers saw and allowed exactly this undo."""
    done = ran(stage)
    assert done.keeping is not None
    late(stage, done)

    undo = taken_back(stage, done)
    planned = stage.planned(undo)
    undone = stage.run(planned)

    assert (undo.promised, undo.undoes, undo.requester) == (True, done.id, "alice")
    assert (planned.state, planned.approvals) == (State.READY, ())
    assert (undone.state, replicas(stage)) == (State.SUCCEEDED, 2)
    assert stage.now(done).undone_by == undone.id


def test_its_undo_is_opened_once(stage: Rehearsal) -> None:
    """However many sweepers find that the time is over."""
    done = ran(stage)
    late(stage, done)

    first = taken_back(stage, done)
    stage.walk.sweep()

    assert taken_back(stage, done).id == first.id
    assert [r.id for r in stage.store.requests() if r.undoes == done.id] == [first.id]


def test_eight_sweepers_in_one_moment_open_one_undo(stage: Rehearsal) -> None:
    """The end of the clock is taken by compare-and-set on the locked request."""
    done = ran(stage)
    late(stage, done)
    workers = [stage.worker() for _ in range(8)]

    together(8, lambda index: workers[index].sweep())

    assert len([r for r in stage.store.requests() if r.undoes == done.id]) == 1
    assert sum(b"exec.unkept" in record.leaf for record in stage.store.records()) == 1


@pytest.mark.parametrize("person", ["alice", "bob"])
def test_whoever_asked_or_may_approve_keeps_it(stage: Rehearsal, person: str) -> None:
    """Then nothing is taken back, and nobody keeps it twice."""
    done = ran(stage)

    kept = stage.aftercare.keep(done.id, stage.actor(person))

    assert kept.keeping is not None
    assert kept.keeping.kept_by == person
    assert (stage.store.on_trial(), stage.store.unkept()) == ((), ())
    with pytest.raises(AlreadyDecided, match="kept already"):
        stage.aftercare.keep(done.id, stage.actor("alice"))


def test_a_stranger_to_the_request_keeps_nothing(stage: Rehearsal) -> None:
    """Outside production nobody's approval counts but the requester's own."""
    done = stage.run(stage.allowed(stage.ask("scale api to 5 in dev, undo in 10 min unless kept")))

    with pytest.raises(NotAnApprover):
        stage.aftercare.keep(done.id, stage.actor("bob"))


def test_after_its_time_it_is_too_late_to_keep(stage: Rehearsal) -> None:
    """The database's clock decides, also before the sweeper has come."""
    done = ran(stage)
    late(stage, done)

    with pytest.raises(RequestExpired, match="time to keep"):
        stage.aftercare.keep(done.id, stage.actor("alice"))


def test_what_somebody_changed_since_waits_for_a_person(stage: Rehearsal) -> None:
    """Nothing is written over somebody else's change by itself."""
    done = ran(stage)
    stage.fleet.set("prod-eu", API, {"spec": {"replicas": 9}})
    late(stage, done)

    planned = stage.planned(taken_back(stage, done))

    assert planned.state is State.AWAITING_APPROVAL
    assert "not taken back by itself" in planned.notice
    assert "replicas was 5 and is 9 now" in planned.notice
    assert replicas(stage) == 9
    assert stage.run(stage.allowed(planned, "bob")).state is State.SUCCEEDED


def test_a_change_between_plan_and_run_of_the_undo_stops_it(stage: Rehearsal) -> None:
    """It goes back to people like any other drift."""
    done = ran(stage)
    late(stage, done)
    planned = stage.planned(taken_back(stage, done))
    stage.fleet.set("prod-eu", API, {"spec": {"replicas": 9}})

    ended = stage.run(planned)

    assert (ended.state, replicas(stage)) == (State.AWAITING_APPROVAL, 9)


def test_only_the_recorded_undo_runs_by_promise(stage: Rehearsal) -> None:
    """A row that was altered to do something else is refused: nobody approved that."""
    done = ran(stage)
    late(stage, done)
    planned = stage.planned(taken_back(stage, done))
    assert planned.plan is not None
    assert planned.preview is not None
    step = planned.plan.steps[0]
    other = step.model_copy(update={"action": step.action.model_copy(update={"params": {"replicas": 0}})})
    forged = planned.plan.model_copy(update={"steps": (other,)})
    preview = planned.preview.model_copy(update={"plan_digest": forged.digest})
    with stage.store.change() as change:
        change.save(planned.model_copy(update={"plan": forged, "preview": preview}))

    ended = stage.run(stage.now(planned))

    assert (ended.state, replicas(stage)) == (State.REFUSED, 5)
    assert ended.problem is not None
    assert "not the undo that was approved" in ended.problem.text


def test_an_undo_that_was_not_promised_runs_by_no_promise(stage: Rehearsal) -> None:
    """The mark on a request is no right: what it undoes must have promised it."""
    done = ran(stage, "scale api to 5 in prod-eu because INC-7")
    asked = stage.service.open_request("hello", stage.actor("alice"), done.intent.place)
    with stage.store.change() as change:
        forged = change.request(asked.id).model_copy(update={"undoes": done.id, "promised": True})
        change.save(forged)

    planned = stage.planned(stage.now(asked))

    assert planned.state is State.AWAITING_APPROVAL
    assert "nothing like it was promised" in planned.notice


def test_the_policy_of_today_may_refuse_a_promise(stage: Rehearsal) -> None:
    """A promise lifts the need for people, never a refusal."""
    done = ran(stage)
    late(stage, done)
    undo = taken_back(stage, done)
    never = Rule(name="no-scaling", when=Match(verbs=frozenset({Verb.SCALE})), then=Outcome.REFUSE, text="not today")
    stage.strictly(never)

    planned = stage.planned(undo)

    assert (planned.state, replicas(stage)) == (State.REFUSED, 5)


def test_what_has_no_proven_undo_is_refused(stage: Rehearsal) -> None:
    """Said before anybody approves, with the step and the reason."""
    asked = stage.ask("restart api in prod-eu because INC-7, undo in 10 min unless kept")

    assert asked.state is State.REFUSED
    assert asked.problem is not None
    assert "step 1 has no undo" in asked.problem.now


def test_the_card_sets_and_lifts_it(stage: Rehearsal) -> None:
    """A new revision without the approvals of the one before; a slip of the pen leaves the plan as it was."""
    asked = stage.ask("scale api to 5 in prod-eu because INC-7")
    changed = stage.planned(stage.aftercare.opt(asked.id, {"keep": "5m"}, stage.actor("alice")))
    lifted = stage.planned(stage.aftercare.opt(asked.id, {"keep": "off"}, stage.actor("alice")))

    assert changed.plan is not None
    assert (changed.plan.options.keep_seconds, changed.revision, changed.yes) == (300, 2, ())
    assert lifted.plan is not None
    assert lifted.plan.options.keep_seconds is None
    with pytest.raises(Mistake, match="so already"):
        stage.aftercare.opt(asked.id, {"keep": "off"}, stage.actor("alice"))


def test_a_part_that_was_applied_in_vain_is_taken_back_at_once(stage: Rehearsal) -> None:
    """A rollout that does not arrive is not waited for until the clock has run."""
    asked = stage.allowed(stage.ask(TEXT), "bob")

    stage.fleet.unready.add("api")

    ended = stage.run(asked)

    assert ended.state is State.FAILED
    assert stage.planned(taken_back(stage, ended)).state is State.READY


IMAGE = "set api to v2 in prod-eu because INC-7, undo in 10 min unless kept"
STUCK = {"status": {"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]}}


def test_what_turns_sick_in_its_time_is_taken_back_at_once(stage: Rehearsal) -> None:
    """The sweeper looks with the verb's own watch; the record says why it did not wait."""
    done = ran(stage, IMAGE)
    stage.walk.tend(done.id)
    well = stage.now(done).keeping
    stage.fleet.set("prod-eu", API, STUCK)

    stage.walk.tend(done.id)
    undo = stage.planned(taken_back(stage, done))
    stage.fleet.set("prod-eu", API, {"status": None})
    undone = stage.run(undo)

    assert well is not None
    assert well.is_open
    assert undone.state is State.SUCCEEDED
    keeping = stage.now(done).keeping
    assert keeping is not None
    assert "exceeded its progress deadline" in keeping.because


def test_a_cluster_that_is_silent_proves_nothing(stage: Rehearsal) -> None:
    """Its time runs on as promised: nobody has seen that it is not well."""
    done = ran(stage, IMAGE)

    def silent(call: Call, dry_run: bool) -> None:
        raise ClusterUnreachable("it does not answer")

    stage.fleet.before = silent
    stage.walk.tend(done.id)

    assert stage.store.on_trial() == (done.id,)


def test_a_freeze_holds_the_undo_until_it_is_lifted(stage: Rehearsal) -> None:
    """Nothing is changed in what is frozen, also not by a promise; the card says why, and the record once."""
    done = ran(stage)
    stage.walk.probe()
    freezing = Freezing(store=stage.store, bus=stage.bus, policy=lambda: read_policy(DEFAULTS / "policy.yaml")[0])
    freezing.freeze("prod", stage.actor("bob"), reason="game night")
    for _ in range(2):
        late(stage, done)
        stage.walk.sweep()

    held = stage.now(done).keeping

    assert held is not None
    assert held.is_open
    assert "prod is frozen by bob" in held.because
    assert sum(b"exec.unkept" in record.leaf for record in stage.store.records()) == 1
    late(stage, done)
    freezing.unfreeze("prod", stage.actor("bob"), reason="the game is over")
    assert stage.run(stage.planned(taken_back(stage, done))).state is State.SUCCEEDED


def test_nothing_is_on_trial_that_was_never_applied(stage: Rehearsal) -> None:
    """A rejected change has nothing to take back."""
    asked = stage.ask(TEXT)
    stage.service.reject(asked.id, stage.actor("bob"), "no")

    assert stage.now(asked).approvals[0].verdict is Verdict.NO
    assert stage.now(asked).keeping is None
    assert stage.store.unkept() == ()
    assert RequestId(asked.id) not in stage.store.on_trial()
