"""The same context name, another cluster behind it: nothing that was approved there is done here."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import a_stack
from tests.e2e.stack import Stack, World
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("guarded")


@pytest.fixture
def own(guarded_world: World, tmp_path: Path) -> Iterator[tuple[Stack, Path]]:
    """A stack with a kubeconfig of its own, which the test rewrites."""
    kubeconfig = tmp_path / "kubeconfig"
    shutil.copy(guarded_world.fleet.kubeconfig, kubeconfig)
    with a_stack(guarded_world, kubeconfig=kubeconfig) as made:
        yield made, kubeconfig


def swap(kubeconfig: Path, one: str, other: str) -> None:
    """The context of one name leads to the other's server from now on."""
    config = yaml.safe_load(kubeconfig.read_text())
    contexts = {entry["name"]: entry["context"] for entry in config["contexts"]}
    contexts[one]["cluster"], contexts[other]["cluster"] = contexts[other]["cluster"], contexts[one]["cluster"]
    kubeconfig.write_text(yaml.safe_dump(config))


def test_t33_a_context_that_leads_elsewhere_after_the_approval_is_refused(
    own: tuple[Stack, Path], world: World
) -> None:
    """Both clusters have an object of that name; the identity of the cluster is what was approved."""
    stack, kubeconfig = own
    name = world.deployment("prod-us")
    world.deployment("prod-eu", name)
    asked = stack.waiting(f"scale {name} to 5 in prod-us because INC-33")
    stack.press("alice", "run", asked)
    with stack.stopped():
        stack.press("bob", "approve", asked)
        swap(kubeconfig, "prod-us", "prod-eu")
        for pid in stack.workers():  # a worker that starts reads the file again
            os.kill(pid, signal.SIGKILL)
    stack.flush()  # with the bell that a killed worker may have held

    ended = stack.settled(asked, 60)

    assert ended.state is State.REFUSED, stack.said(asked)
    assert ended.problem is not None
    assert ended.problem.code == "cluster-changed"
    assert "not the cluster that was previewed" in ended.problem.text
    assert [world.replicas(cluster, name) for cluster in ("prod-us", "prod-eu")] == [2, 2]
    assert [one for cluster in world.fleet.urls for one in world.writes(cluster, asked.id)] == []


def test_t33_two_clusters_never_have_one_identity(stack: Stack, world: World) -> None:
    """The uid of kube-system and the authority are in the preview, so they are in what is approved."""
    seen = set()
    for cluster in world.fleet.urls:
        name = world.deployment(cluster)
        asked = stack.waiting(f"scale {name} to 3 in {cluster} because INC-33")
        assert asked.preview is not None
        (identity,) = asked.preview.identities.values()
        seen.add((identity.uid, identity.ca_fingerprint))
        other = dict.fromkeys(asked.preview.identities, identity.model_copy(update={"uid": "another"}))
        assert asked.preview.model_copy(update={"identities": other}).digest != asked.preview.digest
        stack.press("alice", "cancel", asked)

    assert len(seen) == len(world.fleet.urls)
