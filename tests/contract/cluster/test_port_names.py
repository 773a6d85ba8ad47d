"""The index of names: filled by lists, fresh by watches, and silent about what may not be listed."""

from collections.abc import Callable, Iterator

import pytest
from prelude import World, wait_for
from things import deployment

from workers.clusters.registry import Clusters
from workers.demo.rbac import NAMES
from workers.domain.actor import Actor
from workers.domain.value import ClusterName, PersonId
from workers.planner.indexed import IndexedLook
from workers.planner.keeper import Keeper
from workers.planner.live import LiveLook
from workers.planner.name_index import NameIndex


@pytest.fixture(scope="module")
def kept(make_port: Callable[..., Clusters], world: World) -> Iterator[NameIndex]:
    index = NameIndex()
    keeper = Keeper(make_port(), index, PersonId(NAMES if world.demo else "alice"), watch_seconds=2)
    keeper.start()
    wait_for(lambda: index.knows(ClusterName(world.cluster)))
    yield index
    keeper.stop()


def test_index_answers_as_the_live_lists_do(kept: NameIndex, port: Clusters, world: World, alice: Actor) -> None:
    """Workloads, namespaces, nodes and pods: the same objects by either way."""
    cluster = ClusterName(world.cluster)
    live = LiveLook(port, alice)
    indexed = IndexedLook(kept, LiveLook(port, alice))

    def same() -> bool:
        return (
            {(n.kind, n.namespace, n.name) for n in indexed.workloads(cluster)}
            == {(n.kind, n.namespace, n.name) for n in live.workloads(cluster)}
            and set(indexed.namespaces(cluster)) == set(live.namespaces(cluster))
            and {n.name for n in indexed.nodes(cluster)} == {n.name for n in live.nodes(cluster)}
        )

    wait_for(same)


def test_what_is_made_and_deleted_comes_by_the_watch(kept: NameIndex, world: World) -> None:
    """No list is needed for a new deployment to be known, nor for a deleted one to be forgotten."""
    cluster, path = ClusterName(world.cluster), f"/apis/apps/v1/namespaces/{world.namespace}/deployments"

    world.raw.call("POST", path, deployment("late-comer", world.namespace, replicas=0))
    wait_for(lambda: bool(kept.called(cluster, "deployment", "late-comer")))
    found = kept.called(cluster, "deployment", "late-comer")[0]
    world.raw.call("DELETE", f"{path}/late-comer")

    assert found.namespace == world.namespace
    assert found.labels["app"] == "late-comer"
    wait_for(lambda: not kept.called(cluster, "deployment", "late-comer"))


def test_one_pod_is_found_without_listing_all(port: Clusters, world: World, alice: Actor) -> None:
    """A field selector asks for the one name; a name that is not there gives nothing."""
    look = LiveLook(port, alice)
    cluster = ClusterName(world.cluster)
    node = look.nodes(cluster)[0].name if look.nodes(cluster) else ""

    assert not look.called(cluster, "pod", "no-such-pod")
    assert not node or [n.name for n in LiveLook(port, alice).called(cluster, "node", node)] == [node]


def test_who_may_not_list_keeps_nothing(make_port: Callable[..., Clusters], world: World) -> None:
    """The index stays unknown, planning asks live instead, and what was refused is told."""
    if not world.demo:
        pytest.skip("on a real cluster every person of the contract may list")
    index = NameIndex()
    keeper = Keeper(make_port(), index, PersonId("carol"), watch_seconds=2)
    keeper.start()
    told: list[str] = []

    def is_told() -> bool:
        told.extend(line for line in keeper.lost() if world.cluster in line)
        return bool(told)

    wait_for(is_told)
    keeper.stop()

    assert not index.knows(ClusterName(world.cluster))
