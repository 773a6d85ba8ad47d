"""The demo's incident, as the diagnosis tells it."""

from collections.abc import Iterator

import pytest

from workers.clusters.registry import Clusters
from workers.demo.incident import ERROR, STORY
from workers.demo.process import running_fleet
from workers.domain.action import Action, Verb
from workers.domain.actor import Account, Actor
from workers.domain.kind import ALL
from workers.domain.section import Section, Text
from workers.domain.target import EVERYWHERE, Target
from workers.domain.value import ClusterName, PersonId
from workers.driving import converse
from workers.settings import DEFAULTS, Settings, read_policy
from workers.verbs.registry import read_spec, validated

ACCOUNT = Account(system="terminal", workspace="contract", user_id="alice")
ALICE = Actor(
    person_id=PersonId("alice"), name="Alice", groups=frozenset({"sre"}), account=ACCOUNT, verified_by="session"
)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    with running_fleet(tmp_path_factory.mktemp("fleet"), incident=True) as fleet:
        settings = Settings.read({}, data=tmp_path_factory.getbasetemp(), kubeconfig=fleet.kubeconfig)
        clusters = Clusters(settings, read_policy(DEFAULTS / "policy.yaml")[0])
        yield clusters
        clusters.close()


def diagnosed(port: Clusters, cluster: str, namespace: str, kind: str, name: str | None = None) -> list[Section]:
    target = Target(cluster=ClusterName(cluster), namespace=namespace, kind=kind, name=name)
    asked = validated(Action(verb=Verb.DIAGNOSE, target=target))
    return list(converse(port, target.cluster, ALICE, read_spec(Verb.DIAGNOSE).read(asked)))


@pytest.mark.parametrize(
    ("namespace", "kind", "name"),
    [(STORY.namespace, "deployment", STORY.deployment), (STORY.namespace, ALL, None), (EVERYWHERE, ALL, None)],
)
def test_the_incident_is_found_from_near_and_far(port: Clusters, namespace: str, kind: str, name: str | None) -> None:
    """Whoever asks about the object, the namespace or the cluster gets the panic and the release that brought it."""
    found = [one.text for one in diagnosed(port, STORY.cluster, namespace, kind, name) if isinstance(one, Text)]

    assert "2 findings" in found[0]
    assert f"its last words: {ERROR}" in found[1]
    assert f"v2.3.1 -> registry.example.com/payments/{STORY.deployment}:{STORY.tag}" in found[2]
    assert "roll back to revision 11" in found[2]
    assert not any("could not be seen" in one for one in found)


def test_a_cluster_without_the_incident_is_well(port: Clusters) -> None:
    """The same release elsewhere is the one of before."""
    (found,) = diagnosed(port, "prod-us", EVERYWHERE, ALL)
    assert isinstance(found, Text)
    assert "nothing unhealthy" in found.text
