"""Taking back: each verb's inverse, the inverse of the inverse, and what must not be taken back twice."""

import pytest

from tests.e2e.stack import Json, Stack, World, together, until
from workers.domain.observed import Proof
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-1")

IMAGE = "registry.example.com/walk/main"


def release(world: World, name: str, tag: str) -> None:
    """Somebody else's rollout, finished."""
    world.change("staging", name, {"template": {"spec": {"containers": [{"name": "main", "image": f"{IMAGE}:{tag}"}]}}})
    settled(world, name)


def settled(world: World, name: str) -> None:
    def is_done() -> bool:
        live = world.live("staging", name)
        seen = live["status"].get("observedGeneration") == live["metadata"]["generation"]
        return seen and live["status"].get("updatedReplicas") == live["status"].get("availableReplicas") == 2

    until(is_done)


def image(world: World, name: str) -> str:
    (container,) = world.live("staging", name)["spec"]["template"]["spec"]["containers"]
    return str(container["image"])


def node(world: World, name: str) -> bool:
    found: Json = world.admin("staging", "GET", f"/api/v1/nodes/{name}")
    return bool(found["spec"].get("unschedulable"))


def test_undo_of_scale(stack: Stack, world: World) -> None:
    """The number before; the original says by whom it was undone, and the trail which request it takes back."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"scale {name} to 4 in staging"))

    planned = stack.done("alice", "undo", done)
    undone = stack.done("alice", "run", planned)

    assert (planned.undoes, undone.state) == (done.id, State.SUCCEEDED)
    assert planned.preview is not None
    assert planned.preview.steps[0].undo is not None
    assert planned.preview.steps[0].undo.proof is Proof.PROVEN
    assert world.replicas("staging", name) == 2
    assert stack.now(done).undone_by == undone.id
    assert stack.leaves(undone, "intent.received")[0]["facts"]["undoes"] == done.id
    assert f"undone by   {undone.id}" in stack.card(stack.now(done))


def test_undo_of_set_image(stack: Stack, world: World) -> None:
    """The whole image reference before, not only its tag."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"set {name} to v1.1.0 in staging"))
    assert image(world, name) == f"{IMAGE}:v1.1.0"

    undone = stack.done("alice", "run", stack.done("alice", "undo", done))

    assert (undone.state, image(world, name)) == (State.SUCCEEDED, f"{IMAGE}:v1.0.0")


def test_undo_of_rollback(stack: Stack, world: World) -> None:
    """Forward again to the template that was there, though its revision has another number now."""
    name = world.deployment("staging")
    release(world, name, "v2.0.0")
    done = stack.done("alice", "run", stack.waiting(f"roll back {name} in staging"))
    assert image(world, name) == f"{IMAGE}:v1.0.0"

    undone = stack.done("alice", "run", stack.done("alice", "undo", done))

    assert (undone.state, image(world, name)) == (State.SUCCEEDED, f"{IMAGE}:v2.0.0")


def test_undo_of_cordon_and_of_its_undo(stack: Stack, world: World) -> None:
    """Uncordon takes cordon back, and cordon uncordon: each request is undone once, by its own undo."""
    done = stack.done("alice", "run", stack.waiting("cordon worker-2 in staging"))
    assert node(world, "worker-2")

    undone = stack.done("alice", "run", stack.done("alice", "undo", done))
    opened = not node(world, "worker-2")
    again = stack.done("alice", "run", stack.done("alice", "undo", undone))
    closed = node(world, "worker-2")
    last = stack.done("alice", "run", stack.done("alice", "undo", again))

    assert opened
    assert closed
    assert not node(world, "worker-2")
    assert last.state is State.SUCCEEDED
    assert [stack.now(one).undone_by for one in (done, undone, again, last)] == [undone.id, again.id, last.id, None]


def test_undo_in_production_takes_the_same_two_people(stack: Stack, world: World) -> None:
    """Whoever presses Undo asks for it; the other person approves."""
    name = world.deployment("prod-eu")
    asked = stack.waiting(f"scale {name} to 3 in prod-eu because INC-7")
    stack.done("alice", "run", asked)
    done = stack.done("bob", "approve", asked)

    planned = stack.done("bob", "undo", done)
    assert stack.refused("bob", "approve", planned) == "own-approval"
    assert stack.done("bob", "run", planned).state is State.AWAITING_APPROVAL
    undone = stack.done("alice", "approve", planned)

    assert undone.state is State.SUCCEEDED
    assert [one["impersonated"] for one in world.writes("prod-eu", undone.id)] == ["bob"]


def test_a_person_without_the_right_cannot_undo(stack: Stack, world: World) -> None:
    """An undo is done as whoever asks for it."""
    name = world.deployment("staging", namespace="default")
    done = stack.done("alice", "run", stack.waiting(f"scale {name} to 3 in staging"))

    refused = stack.done("carol", "undo", done)

    assert (refused.state, refused.problem and refused.problem.code) == (State.REFUSED, "access-denied")
    assert stack.now(done).undone_by is None
    assert stack.done("alice", "undo", done).state is State.AWAITING_APPROVAL  # a refused undo does not use it up


def test_undo_refuses_to_overwrite_what_somebody_set_since(stack: Stack, world: World) -> None:
    """It names the field and both values, and what to type if that is meant."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"scale {name} to 4 in staging"))
    world.change("staging", name, {"replicas": 6})

    refused = stack.done("alice", "undo", done)

    assert (refused.state, world.replicas("staging", name)) == (State.REFUSED, 6)
    assert refused.problem is not None
    assert f"was changed after {done.id}: replicas was 4 and is 6 now" in refused.problem.text
    meant = stack.waiting(refused.problem.then.split("`")[1])
    assert stack.done("alice", "run", meant).state is State.SUCCEEDED
    assert world.replicas("staging", name) == 2


def test_undo_leaves_alone_what_somebody_changed_beside(stack: Stack, world: World) -> None:
    """Only the fields of the request go back: the image that somebody set meanwhile stays."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"scale {name} to 4 in staging"))
    containers = [{"name": "main", "image": f"{IMAGE}:v2.0.0"}]
    world.change("staging", name, {"template": {"spec": {"containers": containers}}})

    planned = stack.done("alice", "undo", done)
    undone = stack.done("alice", "run", planned)

    assert planned.plan is not None
    assert any("other fields" in note and "left alone" in note for note in planned.plan.notes)
    assert undone.state is State.SUCCEEDED
    assert (world.replicas("staging", name), image(world, name)) == (2, f"{IMAGE}:v2.0.0")


def test_undo_of_an_image_leaves_the_replicas_alone(stack: Stack, world: World) -> None:
    """The other way round: another number of pods is no change of the image."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"set {name} to v1.1.0 in staging"))
    world.change("staging", name, {"replicas": 5})

    undone = stack.done("alice", "run", stack.done("alice", "undo", done), seconds=40)

    assert undone.state is State.SUCCEEDED
    assert (world.replicas("staging", name), image(world, name)) == (5, f"{IMAGE}:v1.0.0")


def test_undo_says_nothing_when_nobody_changed_anything(stack: Stack, world: World) -> None:
    """No warning that is not one."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"set {name} to v1.1.0 in staging"))

    planned = stack.done("alice", "undo", done)

    assert planned.plan is not None
    assert not any(f"after {done.id}" in line for line in planned.plan.notes)


def test_undo_of_what_somebody_took_back_already_has_nothing_to_do(stack: Stack, world: World) -> None:
    """The cluster is as before: refused with that reason, nothing written."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"scale {name} to 4 in staging"))
    world.change("staging", name, {"replicas": 2})

    refused = stack.done("alice", "undo", done)

    assert refused.state is State.REFUSED
    assert "nothing would change" in stack.card(refused)
    assert world.writes("staging", refused.id) == []


def test_a_second_undo_is_already_decided(stack: Stack, world: World) -> None:
    """While the first waits, and after it is done; each time with the first one's id."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"scale {name} to 4 in staging"))
    planned = stack.done("alice", "undo", done)

    during = stack.press("bob", "undo", done)
    stack.done("alice", "run", planned)
    afterwards = stack.press("bob", "undo", done)

    for reply in (during, afterwards):
        assert reply.problem is not None
        assert reply.problem.code == "already-decided"
        assert planned.id in reply.problem.now


def test_a_cancelled_undo_can_be_asked_for_again(stack: Stack, world: World) -> None:
    """Only one that is open or done keeps another away."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"scale {name} to 4 in staging"))
    stack.done("alice", "cancel", stack.done("alice", "undo", done))

    assert stack.done("alice", "undo", done).state is State.AWAITING_APPROVAL


def test_undo_pressed_in_one_moment_is_one_request(stack: Stack, world: World) -> None:
    """Ten presses of two people: one undo is opened, the others are told which."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"scale {name} to 4 in staging"))

    presses = [lambda person=person: stack.press(person, "undo", done) for person in ("alice", "bob") * 5]
    replies = together(*presses)

    opened = [reply.request for reply in replies if reply.request is not None]
    assert len(opened) == 1
    assert [reply.problem.code for reply in replies if reply.problem] == ["already-decided"] * 9
    stack.done(opened[0].requester, "run", stack.settled(opened[0]))


@pytest.mark.parametrize(
    ("text", "why"),
    [("pods of payment-api in staging", "it changed nothing"), ("hello", "it changed nothing")],
)
def test_there_is_no_undo_of_a_read(stack: Stack, text: str, why: str) -> None:
    """A clear no, and no new request."""
    done = stack.ask("alice", text)

    reply = stack.press("alice", "undo", done)

    assert reply.problem is not None
    assert (reply.problem.code, reply.problem.now) == ("mistake", why)


def test_there_is_no_undo_of_a_restart(stack: Stack, world: World) -> None:
    """The card said so before it ran, and the press says it again."""
    name = world.deployment("staging")
    planned = stack.waiting(f"restart {name} in staging")
    assert "undo        impossible" in stack.card(planned)
    done = stack.done("alice", "run", planned)

    reply = stack.press("alice", "undo", done)

    assert reply.problem is not None
    assert "nothing to put back" in reply.problem.now


def test_there_is_no_undo_of_what_did_not_run(stack: Stack) -> None:
    """A cancelled request left nothing in the cluster."""
    planned = stack.waiting("scale payment-worker to 5 in staging")
    assert stack.refused("alice", "undo", planned) == "mistake"
    cancelled = stack.done("alice", "cancel", planned)

    assert stack.refused("alice", "undo", cancelled) == "mistake"


def test_undo_of_several_steps_takes_the_last_back_first(stack: Stack, world: World) -> None:
    """One request on two objects: both are put back in one request."""
    one, other = world.deployment("staging"), world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"scale {one} to 3 and scale {other} to 4 in staging"))
    assert (world.replicas("staging", one), world.replicas("staging", other)) == (3, 4)

    planned = stack.done("alice", "undo", done)
    undone = stack.done("alice", "run", planned)

    assert planned.plan is not None
    assert [step.action.target.name for step in planned.plan.steps] == [other, one]
    assert undone.state is State.SUCCEEDED
    assert (world.replicas("staging", one), world.replicas("staging", other)) == (2, 2)
