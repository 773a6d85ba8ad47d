"""A diagnosis through the port: of what is well, of what cannot start, of what nobody may see."""

import pytest
from prelude import World, wait_for

from workers.clusters.registry import Clusters
from workers.domain.action import Action, Verb
from workers.domain.actor import Actor
from workers.domain.errors import NotThere
from workers.domain.kind import ALL
from workers.domain.section import Section, Text
from workers.domain.target import Target
from workers.domain.value import ClusterName
from workers.driving import converse
from workers.verbs.registry import read_spec, validated


def told(port: Clusters, world: World, actor: Actor, kind: str, name: str | None = None) -> tuple[Section, ...]:
    cluster = ClusterName(world.cluster)
    target = Target(cluster=cluster, namespace=world.namespace, kind=kind, name=name)
    asked = validated(Action(verb=Verb.DIAGNOSE, target=target))
    return converse(port, cluster, actor, read_spec(Verb.DIAGNOSE).read(asked))


def texts(sections: tuple[Section, ...]) -> str:
    return "\n".join(one.text for one in sections if isinstance(one, Text))


def test_what_is_well_has_no_findings(port: Clusters, world: World, alice: Actor) -> None:
    """Nothing unhealthy is an answer, too."""
    world.needs("kubelet")
    world.deployment("well")
    path = world.apps("deployments", "well")
    wait_for(lambda: world.raw.call("GET", path)["status"].get("readyReplicas") == 2, seconds=60)
    world.quiet(path)

    assert "nothing unhealthy" in texts(told(port, world, alice, "deployment", "well"))


def test_an_image_that_does_not_exist_is_named_with_the_change_that_brought_it(
    port: Clusters, world: World, alice: Actor
) -> None:
    """The pull error is quoted, the new revision is named, of the object and of its namespace alike."""
    world.needs("kubelet")
    world.deployment("unpulled")
    path = world.apps("deployments", "unpulled")
    wait_for(lambda: world.raw.call("GET", path)["status"].get("readyReplicas") == 2, seconds=60)
    image = {"containers": [{"name": "main", "image": "registry.invalid/nothing:1"}]}
    change = {"spec": {"template": {"spec": image}}}
    world.raw.call("PATCH", path, change, "application/strategic-merge-patch+json")

    def found() -> str:
        return texts(told(port, world, alice, "deployment", "unpulled"))

    wait_for(lambda: "registry.invalid/nothing:1" in found() and "rule X1" in found(), seconds=90, every=0.5)
    assert "unpulled" in texts(told(port, world, alice, ALL))
    world.raw.call("DELETE", path)


def test_what_is_not_there_is_not_diagnosed(port: Clusters, world: World, alice: Actor) -> None:
    """The named object itself must exist."""
    with pytest.raises(NotThere):
        told(port, world, alice, "deployment", "nobody")


def test_what_may_not_be_seen_is_said(port: Clusters, world: World, carol: Actor) -> None:
    """A place of which nothing may be read is not called healthy."""
    world.needs("rbac")
    if world.demo:
        pytest.skip("in the demo fleet everybody may read")
    said = texts(told(port, world, carol, ALL))
    assert "could not be seen" in said
    assert "in what could be seen" in said
