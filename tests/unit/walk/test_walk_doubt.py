"""What is said of a write that was sent and not answered: applied, not applied, or nothing."""

import threading
import time

import pytest

from tests.unit.walk.rehearsal import API, Rehearsal, SmallFleet, deployment, lost_answer
from workers.domain.call import Call
from workers.domain.errors import OutcomeUnknown, Rejected
from workers.domain.request import Request
from workers.domain.state import State
from workers.verbs.preconditions import MARK

V2 = {"containers": [{"name": "main", "image": "registry.example.com/api:v2"}]}


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def examined(stage: Rehearsal, request: Request) -> Request:
    """As often as the sweep rings for it."""
    assert stage.now(request).state is State.INTERRUPTED
    stage.walk.reconcile(request.id)
    stage.walk.reconcile(request.id)
    return stage.now(request)


@pytest.mark.parametrize("text", ["scale api to 5 in dev", "set api to v2 in dev"])
def test_not_applied_is_said_of_an_object_that_is_as_it_was_previewed(stage: Rehearsal, text: str) -> None:
    """The object still has what it had before: the write did not take place."""
    stage.fleet.before = lost_answer

    ended = examined(stage, stage.run(stage.allowed(stage.ask(text))))

    assert ended.state is State.FAILED
    assert "not applied" in ended.results[0].message


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("scale api to 5 in dev", {"spec": {"replicas": 9}}),
        ("set api to v2 in dev", {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "x:v9"}]}}}}),
        ("scale api to 5 in dev", {"metadata": {"uid": "uid-of-another"}, "spec": {"replicas": 2}}),
    ],
)
def test_what_somebody_changed_since_proves_nothing(stage: Rehearsal, text: str, since: dict[str, object]) -> None:
    """Ours may have been applied first, and theirs came on top: nobody can tell from the object."""
    stage.fleet.after = lost_answer
    run = stage.run(stage.allowed(stage.ask(text)))
    stage.fleet.set("dev", API, {"metadata": {"annotations": None}})  # also our mark
    stage.fleet.set("dev", API, since)

    doubtful = examined(stage, run)

    assert doubtful.state is State.INTERRUPTED
    assert "is not as it was previewed" in doubtful.notice


def test_a_write_that_comes_late_is_found_applied(stage: Rehearsal) -> None:
    """A server may finish what it was sent after the connection has ended: one look is not enough to say no."""
    stage.fleet.before = lost_answer
    run = stage.run(stage.allowed(stage.ask("set api to v2 in dev")))
    stage.walk.reconcile(run.id)
    doubtful = stage.now(run)
    late = {"metadata": {"annotations": {MARK: f"{run.id}/1/1"}}, "spec": {"template": {"spec": V2}}}
    stage.fleet.set("dev", API, late)

    ended = examined(stage, run)

    assert doubtful.state is State.INTERRUPTED
    assert "may still be on its way" in doubtful.notice
    assert ended.state is State.SUCCEEDED


def test_not_applied_is_not_said_while_the_write_may_still_arrive(stage: Rehearsal) -> None:
    """However often it is looked at: what was sent a moment ago may be in a proxy, or in a queue of the server."""
    stage.settings = stage.settings.model_copy(update={"doubt_seconds": 600})
    stage.walk = stage.worker()
    stage.fleet.before = lost_answer
    doubtful = examined(stage, stage.run(stage.allowed(stage.ask("set api to v2 in dev"))))
    stage.settings = stage.settings.model_copy(update={"doubt_seconds": 0})
    stage.walk = stage.worker()

    assert doubtful.state is State.INTERRUPTED
    assert examined(stage, doubtful).state is State.FAILED


def test_a_worker_that_was_held_up_while_it_recorded_its_intent_does_not_send(stage: Rehearsal) -> None:
    """Its lease ended meanwhile: others may have looked at the cluster already and said that nothing was written."""
    stage.settings = stage.settings.model_copy(update={"lease_seconds": 1})
    stage.walk = stage.worker()
    asked = stage.allowed(stage.ask("scale api to 5 in dev"))
    held: list[threading.Thread] = []
    locked = threading.Event()

    def hold() -> None:
        with stage.store.change():
            locked.set()
            time.sleep(1.3)

    def before(call: Call, dry_run: bool) -> None:
        if stage.now(asked).state is State.RUNNING and not call.writes and not held:
            held.append(threading.Thread(target=hold))
            held[0].start()
            assert locked.wait(5)

    stage.fleet.before = before
    left = stage.run(asked)
    held[0].join()

    assert left.intended == (1,)
    assert left.state is State.RUNNING
    assert stage.fleet.writes == []


def test_the_audit_id_of_a_refused_or_doubtful_call_is_kept(stage: Rehearsal) -> None:
    """It is what the cluster's own audit log says of this very call."""

    def answered_500(call: Call, dry_run: bool) -> None:
        if call.writes and not dry_run:
            raise OutcomeUnknown("the server answered 500", facts={"audit_id": "of the doubtful one"})

    def refused(call: Call, dry_run: bool) -> None:
        if call.writes and not dry_run:
            raise Rejected("no", facts={"audit_id": "of the refused one"})

    stage.fleet.after = answered_500
    stage.run(stage.allowed(stage.ask("scale api to 5 in dev")))
    stage.fleet.after = refused
    failed = stage.run(stage.allowed(stage.ask("scale api to 7 in dev")))

    assert "of the refused one" in failed.results[0].audit_ids
    assert any(b"of the doubtful one" in record.leaf for record in stage.store.records())
