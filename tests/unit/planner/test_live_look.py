"""The live index over a fleet that answers lists as an API server does."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from workers.domain.actor import Account, Actor
from workers.domain.call import Answer, Call, Right, Shape
from workers.domain.cluster import Cluster, Identity
from workers.domain.errors import AccessDenied, ClusterUnreachable
from workers.domain.observed import Access
from workers.domain.transcript import Bounds, Transcript
from workers.domain.value import ClusterName, PersonId
from workers.planner.live import LiveLook
from workers.planner.names import Look, Prefetching
from workers.ports import Fleet

ALICE = Actor(
    person_id=PersonId("alice"),
    name="Alice",
    groups=frozenset({"dev"}),
    account=Account(system="terminal", workspace="", user_id="alice"),
    verified_by="session",
)
DEV, PROD = ClusterName("dev"), ClusterName("prod-eu")


class ListingFleet:
    """A Fleet that serves lists from memory, in pages, and remembers who asked for what."""

    def __init__(self, lists: dict[tuple[str, str], list[dict[str, Any]]], *, page: int = 500) -> None:
        self._lists = lists
        self._page = page
        self.silent: set[str] = set()
        self.denied: set[str] = set()
        self.calls: list[tuple[str, Call, Actor]] = []
        self._meeting: threading.Barrier | None = None

    def clusters(self) -> tuple[Cluster, ...]:
        return ()

    def noting(self, note: Callable[[str], None]) -> Fleet:
        return self

    def identity(self, cluster: ClusterName, actor: Actor) -> Identity:
        return Identity(uid=cluster, ca_fingerprint="")

    def meet(self, clusters: int) -> None:
        """From now on a first list is only answered when so many clusters are being asked at once."""
        self._meeting = threading.Barrier(clusters)

    def send(self, cluster: ClusterName, call: Call, actor: Actor, *, dry_run: bool = False, mark: str = "") -> Answer:
        self.calls.append((cluster, call, actor))
        if self._meeting and call.resource == "deployments":
            self._meeting.wait(timeout=5)
        if cluster in self.silent:
            raise ClusterUnreachable(f"{cluster} does not answer")
        if call.resource in self.denied:
            raise AccessDenied(f"listing {call.resource}")
        items = [
            item
            for item in self._lists.get((cluster, call.resource), [])
            if call.namespace in (None, item["metadata"].get("namespace"))
        ]
        start = int(call.query.get("continue", "0"))
        part, rest = items[start : start + self._page], items[start + self._page :]
        metadata = {"continue": str(start + self._page)} if rest else {}
        if call.shape is Shape.TABLE:
            columns = [{"name": name} for name in ("Name", "Ready", "Status", "Restarts", "Age", "IP", "Node")]
            rows = [
                {"cells": [i["metadata"]["name"], "0/1", i["printed"], 7, "3d", "10.0.0.1", "worker-1"]} for i in part
            ]
            return Answer(status=200, body={"metadata": metadata, "columnDefinitions": columns, "rows": rows})
        return Answer(status=200, body={"metadata": metadata, "items": part})

    def stream(self, cluster: ClusterName, call: Call, actor: Actor, *, seconds: float) -> Iterator[str]:
        return iter(())

    def execute(self, cluster: ClusterName, call: Call, actor: Actor, *, mark: str, bounds: Bounds) -> Transcript:
        raise AssertionError("a look runs no commands")

    def review(self, cluster: ClusterName, rights: Sequence[Right], actor: Actor) -> tuple[Access, ...]:
        return ()


def item(name: str, namespace: str | None = "default", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "uid": f"uid-{name}", "labels": {"app": name}}
    return {"metadata": metadata | ({"namespace": namespace} if namespace else {}), **more}


def look(fleet: Fleet) -> LiveLook:
    made = LiveLook(fleet, ALICE)
    _: tuple[Look, Prefetching] = (made, made)
    return made


def test_workloads_are_listed_as_the_person_in_pages() -> None:
    """Every list impersonates the requester, takes metadata only, and follows the continue token."""
    fleet = ListingFleet({("dev", "deployments"): [item(f"app-{n}") for n in range(5)]}, page=2)

    found = look(fleet).workloads(DEV)

    assert [f"app-{n}" for n in range(5)] == [named.name for named in found]
    assert found[0].labels == {"app": "app-0"}
    assert {ALICE.person_id} == {actor.person_id for _, _, actor in fleet.calls}
    assert {Shape.METADATA} == {call.shape for _, call, _ in fleet.calls}
    assert {"500"} == {call.query["limit"] for _, call, _ in fleet.calls}


def test_list_is_asked_once() -> None:
    """One planning asks a cluster for a kind once."""
    fleet = ListingFleet({("dev", "nodes"): [item("worker-1", None)]})
    index = look(fleet)

    index.nodes(DEV)
    index.nodes(DEV)

    assert len(fleet.calls) == 1


def test_pods_of_a_namespace_have_status_and_node() -> None:
    """The status is the one that kubectl prints."""
    fleet = ListingFleet({("dev", "pods"): [item("web-1", printed="CrashLoopBackOff")]})

    (pod,) = look(fleet).pods(DEV, "default")

    assert (pod.status, pod.node, pod.namespace) == ("CrashLoopBackOff", "worker-1", "default")


def test_silent_cluster_costs_one_time_out() -> None:
    """A cluster that does not answer is remembered, and not asked again."""
    fleet = ListingFleet({})
    fleet.silent = {"dev"}
    index = look(fleet)
    index.prefetch([DEV])

    for listing in (index.workloads, index.namespaces, index.nodes):
        with pytest.raises(ClusterUnreachable):
            listing(DEV)

    assert len(fleet.calls) == 1


def test_silent_cluster_does_not_hide_the_others() -> None:
    """Clusters are asked side by side: one that is silent leaves the others' lists whole."""
    fleet = ListingFleet({("prod-eu", "deployments"): [item("web")]})
    fleet.silent = {"dev"}
    fleet.meet(2)
    index = look(fleet)

    index.prefetch([DEV, PROD])

    assert [named.name for named in index.workloads(PROD)] == ["web"]


def test_partly_denied_workloads_show_the_rest() -> None:
    """Who may not list one kind still sees the others; who may list none is told so."""
    fleet = ListingFleet({("dev", "deployments"): [item("web")]})
    fleet.denied = {"cronjobs"}
    assert [named.name for named in look(fleet).workloads(DEV)] == ["web"]

    fleet.denied = {"deployments", "statefulsets", "daemonsets", "cronjobs"}
    with pytest.raises(AccessDenied):
        look(fleet).workloads(DEV)
