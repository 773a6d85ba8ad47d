"""Who decides, on what, and how often it counts: presses, drift, expiry, on real processes."""

from collections.abc import Callable, Iterator

import pytest

from bot.commands import Press, PressKind
from bot.router import Reply
from tests.e2e.stack import Stack, World, mark, together
from workers.domain.request import Request
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-1")


@pytest.fixture
def name(world: World) -> str:
    return world.deployment("prod-eu")


@pytest.fixture
def waiting(stack: Stack, name: str) -> Request:
    """alice asked for three in production; her own yes and one of sre are missing."""
    asked = stack.ask("alice", f"scale {name} to 3 in prod-eu because INC-7")
    assert asked.state is State.AWAITING_APPROVAL, asked.problem
    return asked


def shown(request: Request, what: PressKind) -> Press:
    """As a button carries it."""
    assert request.plan is not None
    assert request.preview is not None
    return Press(what=what, request=request.id, plan_digest=request.plan.digest, preview_digest=request.preview.digest)


def pressing(stack: Stack, person: str, press: Press) -> Callable[[], Reply]:
    return lambda: stack._take(person, press, None)


def test_a_change_in_production_takes_two_people(stack: Stack, world: World, waiting: Request, name: str) -> None:
    """In any order; the trail holds both, then the intent, then the result."""
    half = stack.done("bob", "approve because I looked", waiting)
    assert half.state is State.AWAITING_APPROVAL

    done = stack.done("alice", "run", half)

    assert done.state is State.SUCCEEDED
    assert world.replicas("prod-eu", name) == 3
    events = stack.events(done)
    order = ["intent.received", "plan.made", "approval.given", "approval.given", "exec.claimed", "exec.started"]
    order += ["exec.checked"]
    assert events == [*order, "exec.intended", "exec.stepped", "exec.finished"]
    (write,) = world.writes("prod-eu", done.id)
    (step,) = done.results
    assert (write["impersonated"], mark(write)) == ("alice", f"{done.id}/1/1")
    assert write["audit_id"] in step.audit_ids


def test_the_audit_id_of_every_call_about_an_object_is_in_the_trail(
    stack: Stack, world: World, waiting: Request, name: str
) -> None:
    """Access reviews, previews, dry-runs, checks again and writes: the trail joins with the cluster's own audit log."""
    stack.done("alice", "run", waiting)
    done = stack.done("bob", "approve", waiting)
    kept = {one for leaf in stack.leaves(done) for one in _audit_ids(leaf["facts"])}

    asked = [one for one in world.fleet.requests("prod-eu") if f"deployments/{name}" in one["path"]]
    assert done.state is State.SUCCEEDED
    assert {one["method"] for one in asked if one["user_agent"].startswith("kubechat")} >= {"GET", "PATCH"}
    assert [one for one in asked if one["user_agent"].startswith("kubechat") and one["audit_id"] not in kept] == []
    assert len(kept) > len(asked), "reviews and looks at the cluster itself have other paths"


def _audit_ids(facts: object) -> Iterator[str]:
    if isinstance(facts, list):
        for one in facts:
            yield from _audit_ids(one)
    elif isinstance(facts, dict):
        yield from facts.get("audit_ids", ())
        yield from _audit_ids(list(facts.values()))


def test_presses_in_one_moment_execute_once(stack: Stack, world: World, waiting: Request) -> None:
    """alice's and bob's yes at once, each pressed many times (F20): one execution, one write, every press answered."""
    run = [pressing(stack, "alice", shown(waiting, PressKind.RUN)) for _ in range(11)]
    approve = [pressing(stack, "bob", shown(waiting, PressKind.APPROVE)) for _ in range(11)]

    replies = together(*run, *approve)
    done = stack.settled(waiting)

    assert done.state is State.SUCCEEDED
    assert len(world.writes("prod-eu", done.id)) == 1
    assert sorted(a.actor.person_id for a in done.approvals) == ["alice", "bob"]
    assert len(stack.leaves(done, "approval.given")) == 2
    assert len(stack.leaves(done, "exec.claimed")) == 1
    assert {reply.problem.code for reply in replies if reply.problem} <= {"already-decided"}
    assert sum(reply.problem is None for reply in replies) >= 2


def test_nobody_approves_what_they_asked_for(stack: Stack, world: World, waiting: Request) -> None:
    """The refusal names who could, and the attempt is recorded."""
    assert stack.refused("alice", "approve", waiting) == "own-approval"

    assert stack.now(waiting).approvals == ()
    (leaf,) = stack.leaves(waiting, "access.denied")
    assert (leaf["actor"], leaf["facts"]["code"]) == ("alice", "own-approval")
    assert world.writes("prod-eu", waiting.id) == []


def test_a_developer_does_not_approve_production(stack: Stack, waiting: Request) -> None:
    """carol is known, but in no group whose approval counts."""
    assert stack.refused("carol", "approve", waiting) == "not-an-approver"
    assert stack.refused("carol", "reject because no", waiting) == "not-an-approver"

    assert stack.now(waiting).state is State.AWAITING_APPROVAL
    assert [leaf["actor"] for leaf in stack.leaves(waiting, "access.denied")] == ["carol", "carol"]


def test_run_is_the_requesters_only(stack: Stack, waiting: Request) -> None:
    """Nobody says the requester's own yes for them, takes it back, or answers for them."""
    for line in ("run", "cancel", "set 1 replicas=4"):
        assert stack.refused("bob", line, waiting) == "refusal"

    assert stack.now(waiting).state is State.AWAITING_APPROVAL


def test_a_press_on_an_old_card_does_not_count(stack: Stack, world: World, waiting: Request, name: str) -> None:
    """The parameter was edited after the card was shown: the digests differ."""
    old = shown(waiting, PressKind.APPROVE)
    edited = stack.done("alice", "set 1 replicas=4", stack.done("bob", "approve", waiting))

    reply = stack._take("bob", old, None)

    assert (edited.revision, edited.approvals) == (2, ())
    assert reply.problem is not None
    assert reply.problem.code == "plan-changed"
    assert stack.now(waiting).approvals == ()
    stack.done("alice", "run", edited)
    done = stack.done("bob", "approve", edited)
    assert (done.state, world.replicas("prod-eu", name)) == (State.SUCCEEDED, 4)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"plan_digest": "0" * 64}, "plan-changed"),
        ({"preview_digest": "0" * 64}, "plan-changed"),
        ({"plan_digest": None}, "plan-unnamed"),
        ({"preview_digest": None}, "plan-unnamed"),
    ],
)
def test_a_wrong_digest_alone_is_enough_to_refuse(
    stack: Stack, waiting: Request, wrong: dict[str, str | None], code: str
) -> None:
    """Plan and preview must both be named, and both be what is stored."""
    assert waiting.plan is not None
    assert waiting.preview is not None
    right = {"plan_digest": waiting.plan.digest, "preview_digest": waiting.preview.digest}
    press = Press(what=PressKind.APPROVE, request=waiting.id, **{**right, **wrong})

    reply = stack._take("bob", press, None)

    assert reply.problem is not None
    assert reply.problem.code == code
    assert stack.now(waiting).approvals == ()


def test_a_no_stops_it(stack: Stack, world: World, waiting: Request) -> None:
    """Nothing pressed afterwards starts it again."""
    stopped = stack.done("bob", "reject because not now", waiting)

    assert stopped.state is State.REJECTED
    assert "Bob Berger said no: not now" in stack.card(stopped)
    assert stack.refused("alice", "run", waiting) == "already-decided"
    assert stack.refused("bob", "approve", waiting) == "already-decided"
    assert world.writes("prod-eu", waiting.id) == []


def test_drift_drops_approvals_and_writes_nothing(stack: Stack, world: World, waiting: Request, name: str) -> None:
    """Somebody else scaled it between preview and approval: a new revision is shown, and approved anew it runs."""
    stack.done("alice", "run", waiting)
    world.change("prod-eu", name, {"replicas": 5})

    drifted = stack.done("bob", "approve", waiting)

    assert (drifted.state, drifted.revision, drifted.approvals) == (State.AWAITING_APPROVAL, 2, ())
    assert drifted.plan is not None
    assert drifted.preview is not None
    card = stack.card(drifted)
    assert "changed since the preview, nothing was written, approvals dropped" in card
    assert "replicas 2" in card
    assert "replicas 5" in card
    assert [(c.before, c.after) for c in drifted.preview.steps[0].diff] == [("5", "3")]
    assert world.writes("prod-eu", drifted.id) == []
    assert stack.leaves(drifted, "plan.drifted")[0]["facts"]["dropped"] == ["alice", "bob"]

    stack.done("bob", "approve", drifted)
    done = stack.done("alice", "run", drifted)

    assert (done.state, world.replicas("prod-eu", name)) == (State.SUCCEEDED, 3)
    assert [mark(one) for one in world.writes("prod-eu", done.id)] == [f"{done.id}/2/1"]
    undo = done.results[0].undo
    assert undo is not None
    assert undo.action is not None
    assert undo.action.params == {"replicas": 5}


def test_an_old_approval_does_not_survive_drift(stack: Stack, world: World, waiting: Request, name: str) -> None:
    """A button of the card before the drift is refused."""
    old = shown(waiting, PressKind.APPROVE)
    stack.done("alice", "run", waiting)
    world.change("prod-eu", name, {"replicas": 6})
    stack.done("bob", "approve", waiting)

    reply = stack._take("bob", old, None)

    assert reply.problem is not None
    assert reply.problem.code == "plan-changed"
    assert world.writes("prod-eu", waiting.id) == []


def test_what_became_so_by_itself_is_not_done_again(stack: Stack, world: World, waiting: Request, name: str) -> None:
    """Somebody else made the same change: the request ends without a write and says that there is nothing to do."""
    stack.done("alice", "run", waiting)
    world.change("prod-eu", name, {"replicas": 3})

    ended = stack.done("bob", "approve", waiting)

    assert ended.state is State.REFUSED
    assert "nothing would change" in stack.card(ended)
    assert world.writes("prod-eu", ended.id) == []


def test_a_deleted_object_ends_it(stack: Stack, world: World, waiting: Request, name: str) -> None:
    """What was approved is not there any more; nothing is made anew."""
    stack.done("alice", "run", waiting)
    world.delete("prod-eu", name)

    ended = stack.done("bob", "approve", waiting)

    assert (ended.state, ended.problem and ended.problem.code) == (State.REFUSED, "not-there")
    assert world.writes("prod-eu", ended.id) == []
    assert not world.exists("prod-eu", name)


def test_another_object_of_the_same_name_is_drift(stack: Stack, world: World, waiting: Request, name: str) -> None:
    """Deleted and made again with the same fields: the uid differs, so people look again (F25)."""
    stack.done("alice", "run", waiting)
    world.delete("prod-eu", name)
    world.deployment("prod-eu", name)

    drifted = stack.done("bob", "approve", waiting)

    assert (drifted.state, drifted.approvals) == (State.AWAITING_APPROVAL, ())
    assert "replaced by another object of the same name" in stack.card(drifted)
    assert world.writes("prod-eu", drifted.id) == []


def test_a_lost_right_is_noticed_at_the_write(stack: Stack, world: World) -> None:
    """carol's binding is taken away after the preview (F28): refused at the claim, nothing written."""
    name = world.deployment("staging", namespace="search")
    asked = stack.ask("carol", f"scale {name} to 3 in staging")
    binding = "/apis/rbac.authorization.k8s.io/v1/namespaces/search/rolebindings/kubechat-developer"
    kept = world.admin("staging", "GET", binding)
    world.admin("staging", "DELETE", binding)
    try:
        ended = stack.done("carol", "run", asked)
    finally:
        kept["metadata"] = {"name": kept["metadata"]["name"], "namespace": "search"}
        world.admin("staging", "POST", binding.rpartition("/")[0], kept)

    assert (ended.state, ended.problem and ended.problem.code) == (State.REFUSED, "access-denied")
    assert "Carol Chen has no right to this any more" in stack.card(ended)
    assert world.writes("staging", ended.id) == []


def test_cancelling_while_ready_keeps_it_from_running(stack: Stack, world: World, waiting: Request) -> None:
    """Until a worker has begun, the requester can take everything back."""
    with stack.stopped():
        stack.press("bob", "approve", waiting)
        stack.press("alice", "run", waiting)
        assert stack.now(waiting).state is State.READY

        reply = stack.press("alice", "cancel", waiting)

        assert reply.problem is None
    ended = stack.settled(waiting)
    assert ended.state is State.CANCELLED
    stack.ask("alice", "pods in dev")  # the worker has been at its queue since
    assert stack.now(waiting).state is State.CANCELLED
    assert world.writes("prod-eu", waiting.id) == []
    assert stack.leaves(waiting, "exec.claimed") == []


def test_an_expired_request_takes_no_press(stack: Stack, world: World, waiting: Request) -> None:
    """The first late press ends it and says so; the sweeper would have done it a moment later."""
    stack.expire(waiting)

    code = stack.refused("bob", "approve", waiting)

    assert code == "request-expired"
    assert stack.reaches(waiting, State.EXPIRED).approvals == ()
    assert "the time to wait for everybody's yes is over" in stack.card(stack.now(waiting))
    assert stack.refused("alice", "run", waiting) == "request-expired"
    assert len(stack.leaves(waiting, "plan.expired")) == 1


def test_a_question_nobody_answers_expires_by_itself(stack: Stack) -> None:
    """The sweeper ends what nobody presses."""
    asked = stack.ask("alice", "restart payment in dev")
    stack.expire(asked)

    assert stack.reaches(asked, State.EXPIRED, seconds=6).plan is None


def test_a_ready_request_expires_before_it_runs(stack: Stack, world: World, waiting: Request) -> None:
    """Approved too long ago is not approved: no worker takes it."""
    with stack.stopped():
        stack.press("bob", "approve", waiting)
        stack.press("alice", "run", waiting)
        stack.expire(waiting)

    ended = stack.settled(waiting)

    assert ended.state is State.EXPIRED
    assert world.writes("prod-eu", ended.id) == []


def test_an_edit_out_of_range_is_answered_with_the_range(stack: Stack, world: World, waiting: Request) -> None:
    """An edited number obeys the same bounds as a spoken one; the card waits on as it was."""
    reply = stack.press("alice", "set 1 replicas=10000", waiting)

    assert reply.problem is not None
    assert (reply.problem.code, reply.problem.now) == ("invalid-parameter", "allowed: a whole number from 0 to 1000")
    assert stack.now(waiting) == waiting


def test_an_edit_to_what_is_so_already_leaves_the_plan_waiting(stack: Stack, world: World, waiting: Request) -> None:
    """Only the live object can tell: the plan before the edit is back, its approvals are not, and the card says why."""
    stack.press("bob", "approve", waiting)

    edited = stack.done("alice", "set 1 replicas=2", waiting)

    assert waiting.plan is not None
    assert edited.plan is not None
    assert (edited.state, edited.revision, edited.approvals) == (State.AWAITING_APPROVAL, 2, ())
    assert edited.plan.digest == waiting.plan.digest
    assert "notice      the change was not taken: " in stack.card(edited)
    stack.press("bob", "approve", edited)
    assert stack.done("alice", "run", edited).state is State.SUCCEEDED
    assert len(world.writes("prod-eu", edited.id)) == 1


def test_destruction_in_production_needs_a_reason(stack: Stack, world: World, name: str) -> None:
    """Without one the policy refuses; with one it waits for another person."""
    pods = world.admin("prod-eu", "GET", f"/api/v1/namespaces/payments/pods?labelSelector=app%3D{name}")["items"]
    pod = pods[0]["metadata"]["name"]

    without = stack.ask("alice", f"delete pod {pod} in prod-eu")
    given = stack.ask("alice", f"delete pod {pod} in prod-eu because it is stuck")

    assert without.state is State.REFUSED
    assert "reason" in stack.card(without)
    assert given.state is State.AWAITING_APPROVAL
    stack.done("alice", "run", given)
    done = stack.done("bob", "approve", given)
    assert done.state is State.SUCCEEDED
    assert [one["method"] for one in world.writes("prod-eu", done.id)] == ["DELETE"]
