"""Commands through the port: as the person, bounded in silence, time and size, and never sent twice."""

import threading
import time

import pytest
from prelude import World, wait_for

from workers.clusters.registry import Clusters
from workers.demo.process import FleetProcess
from workers.domain.actor import Actor
from workers.domain.call import Call
from workers.domain.errors import AccessDenied, NotThere, OutcomeUnknown, Rejected
from workers.domain.transcript import Bounds, Ended, Transcript
from workers.domain.value import ClusterName


@pytest.fixture(scope="module")
def pod(world: World) -> str:
    """One that runs."""
    world.needs("kubelet")
    found = world.raw.call("GET", world.core("pods") + "?labelSelector=app%3Dprobe")["items"]
    return str(found[0]["metadata"]["name"])


def command(world: World, pod: str, *argv: str, container: str = "main") -> Call:
    return Call(
        method="POST",
        group="",
        version="v1",
        resource="pods",
        namespace=world.namespace,
        name=pod,
        subresource="exec",
        body={"command": list(argv), "container": container},
    )


def run(port: Clusters, world: World, call: Call, actor: Actor, bounds: Bounds | None = None) -> Transcript:
    return port.execute(ClusterName(world.cluster), call, actor, mark="req-1/1/1", bounds=bounds or Bounds())


def test_output_and_exit_code_come_back(port: Clusters, world: World, alice: Actor, pod: str) -> None:
    """Words of the argv arrive one by one, with their blanks; no shell reads them."""
    told = run(port, world, command(world, pod, "echo", "a  b", "$HOME", "ü&x=1"), alice)

    assert (told.stdout, told.stderr, told.ended, told.exit_code) == ("a  b $HOME ü&x=1\n", "", Ended.EXITED, 0)
    assert bool(told.audit_id) == ("audit" in world.found)


def test_a_failure_keeps_its_code_and_its_words(port: Clusters, world: World, alice: Actor, pod: str) -> None:
    """Standard error is kept apart."""
    told = run(port, world, command(world, pod, "ls", "/not-there"), alice)

    assert told.exit_code not in (0, None)
    assert told.stdout == ""
    assert "No such file" in told.stderr


def test_a_program_that_is_not_there_has_no_exit_code(port: Clusters, world: World, alice: Actor, pod: str) -> None:
    """What the node says is kept."""
    told = run(port, world, command(world, pod, "no-such-program"), alice)

    assert (told.ended, told.exit_code) == (Ended.EXITED, None)
    assert "not found" in told.problem


def test_silence_ends_the_wait(port: Clusters, world: World, alice: Actor, pod: str) -> None:
    """Nobody waits for a command that writes nothing."""
    begun = time.monotonic()
    told = run(port, world, command(world, pod, "sleep", "30"), alice, Bounds(idle_seconds=0.5))

    assert told.ended is Ended.IDLE
    assert time.monotonic() - begun < 5


def test_a_command_without_end_is_cut_by_size(port: Clusters, world: World, alice: Actor, pod: str) -> None:
    """What is kept is not more than the bound."""
    told = run(port, world, command(world, pod, "yes"), alice, Bounds(most_bytes=10_000))

    assert told.ended is Ended.FULL
    assert told.stdout.startswith("y\ny\n")
    assert len(told.stdout) == 10_000


def test_a_command_without_end_is_cut_by_time(port: Clusters, world: World, alice: Actor, pod: str) -> None:
    """However much it writes."""
    told = run(port, world, command(world, pod, "yes"), alice, Bounds(seconds=0.5, most_bytes=1 << 40))

    assert told.ended is Ended.TIME


def test_refusals_come_before_anything_is_started(
    port: Clusters, world: World, alice: Actor, carol: Actor, pod: str
) -> None:
    """A missing pod, a container that is not in it, a missing right."""
    with pytest.raises(NotThere):
        run(port, world, command(world, "no-such-pod", "id"), alice)
    with pytest.raises(Rejected, match="container none is not valid"):
        run(port, world, command(world, pod, "id", container="none"), alice)
    with pytest.raises(AccessDenied, match="pods/exec"):
        run(port, world, command(world, pod, "id"), carol)


@pytest.mark.usefixtures("healed")
def test_a_connection_that_is_cut_leaves_the_outcome_unknown(
    port: Clusters, demo: FleetProcess, world: World, alice: Actor, pod: str
) -> None:
    """It was sent once, and is not sent again."""
    before = sent(demo, world)
    timer = threading.Timer(0.5, demo.faults, (world.cluster, {"cut_after": ["EXEC"]}))
    timer.start()
    with pytest.raises(OutcomeUnknown, match="the command was sent"):
        run(port, world, command(world, pod, "sleep", "30"), alice)
    timer.join()

    wait_for(lambda: sent(demo, world) == before + 1)


def sent(demo: FleetProcess, world: World) -> int:
    return len([one for one in demo.requests(world.cluster) if one["path"].endswith("/exec")])
