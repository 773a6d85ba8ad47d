"""Which clusters there are, what each of them is, and how a dead one is told from the living."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from prelude import World

from workers.clusters.registry import Clusters
from workers.domain.actor import Actor
from workers.domain.call import get
from workers.domain.errors import ClusterUnreachable, UnknownCluster
from workers.domain.kind import KINDS
from workers.domain.value import ClusterName


def test_every_configured_cluster_is_listed_with_tier_and_names(port: Clusters, names: tuple[str, ...]) -> None:
    """Clusters come from the kubeconfig, what they are called and how careful to be from the policy."""
    listed = {cluster.name: cluster for cluster in port.clusters()}

    assert set(names) <= set(listed)
    for name in names:
        assert listed[ClusterName(name)].tier == {"staging": "staging", "dev": "development"}.get(name, "production")
        assert listed[ClusterName(name)].groups == ({"prod"} if name.startswith("prod") else {"nonprod"})


def test_unknown_cluster_names_the_known(port: Clusters, names: tuple[str, ...], alice: Actor) -> None:
    """A wrong cluster name is answered with the right ones."""
    with pytest.raises(UnknownCluster) as caught:
        port.send(ClusterName("mars"), get(KINDS["node"], None, "n"), alice)

    assert names[0] in caught.value.now


def test_identity_is_the_kube_system_uid(port: Clusters, world: World, alice: Actor) -> None:
    """A cluster is what its kube-system namespace says it is, every time."""
    uid = world.raw.call("GET", "/api/v1/namespaces/kube-system")["metadata"]["uid"]

    first, second = (port.identity(ClusterName(world.cluster), alice) for _ in range(2))

    assert first == second
    assert first.uid == uid
    assert len(first.ca_fingerprint) in (0, 64)


def test_different_clusters_have_different_identities(
    port: Clusters, raws: dict, names: tuple[ClusterName, ...], world: World, alice: Actor
) -> None:
    """Two contexts are one cluster exactly when their kube-system is the same."""
    uids = {name: raws[name].call("GET", "/api/v1/namespaces/kube-system")["metadata"]["uid"] for name in names}

    found = {}
    for name in names:
        try:
            found[name] = port.identity(name, alice).uid
        except Exception as error:  # noqa: BLE001  # only the prelude's cluster is sure to have the rule
            assert type(error).__name__ == "AccessDenied"

    assert found[names[0]] == uids[names[0]]
    assert found == {name: uids[name] for name in found}


def test_dead_cluster_does_not_slow_the_others(port: Clusters, world: World, alice: Actor) -> None:
    """One cluster that is gone is one line of bad news, at once, and nothing else."""
    call = get(KINDS["configmap"], world.namespace, "words")
    port.send(ClusterName(world.cluster), call, alice)

    def timed(cluster: str) -> float:
        start = time.monotonic()
        try:
            port.send(ClusterName(cluster), call, alice)
        except ClusterUnreachable:
            assert cluster != world.cluster
        return time.monotonic() - start

    with ThreadPoolExecutor(6) as pool:
        times = list(pool.map(timed, ["nowhere", "silent", *[world.cluster] * 4]))

    assert times[0] < 0.5
    assert times[1] < 2.5  # the connect timeout is 2 s
    assert max(times[2:]) < 0.5


def test_cluster_that_could_not_be_reached_is_not_tried_again_at_once(
    port: Clusters, world: World, alice: Actor
) -> None:
    """The second question about a dead cluster is answered from memory, and says so."""
    call = get(KINDS["configmap"], world.namespace, "words")
    with pytest.raises(ClusterUnreachable):
        port.send(ClusterName("silent"), call, alice)
    start = time.monotonic()

    with pytest.raises(ClusterUnreachable) as caught:
        port.send(ClusterName("silent"), call, alice)

    assert time.monotonic() - start < 0.05
    assert "ago" in caught.value.message


def test_probe_tells_the_living_from_the_dead(port: Clusters, names: tuple[ClusterName, ...]) -> None:
    """The prober says within two seconds which clusters answer, and why the others do not."""
    start = time.monotonic()

    seen = {cluster.name: cluster for cluster in port.probe()}

    assert time.monotonic() - start < 2.5
    assert [seen[name].detail for name in names] == [""] * len(names)
    assert [seen[name].reachable for name in names] == [True] * len(names)
    assert not seen[ClusterName("nowhere")].reachable
    assert not seen[ClusterName("silent")].reachable
    assert seen[ClusterName("silent")].detail
