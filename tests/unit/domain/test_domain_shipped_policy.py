"""The shipped people and policy files load, and decide as their comments say."""

import pytest

from tests.unit.domain.making import around, plan, step, target
from workers.domain.action import Verb
from workers.domain.cluster import Cluster
from workers.domain.judgement import decide
from workers.domain.policy import Outcome, tier
from workers.domain.value import ClusterName
from workers.settings import DEFAULTS, read_people, read_policy

POLICY, DIGEST = read_policy(DEFAULTS / "policy.yaml")
NAMES = tuple(ClusterName(name) for name in ("prod-eu", "staging", "dev", "unheard-of"))
CLUSTERS = {name: Cluster(name=name, tier=tier(POLICY, name)) for name in NAMES}
ME, OTHER = "the requester's own Run", "1 other person from sre"


@pytest.mark.parametrize(
    ("verb", "cluster", "namespace", "reason", "outcome", "rules", "needed"),
    [
        (Verb.LOGS, "prod-eu", "payments", None, Outcome.ALLOW, ["reads"], []),
        (Verb.GET, "prod-eu", "kube-system", None, Outcome.ALLOW, ["reads"], []),
        (Verb.SCALE, "staging", "payments", None, Outcome.CONFIRM, ["changes-outside-production"], [ME]),
        (Verb.DELETE_POD, "dev", "payments", None, Outcome.CONFIRM, ["changes-outside-production"], [ME]),
        (Verb.SCALE, "prod-eu", "payments", None, Outcome.APPROVE, ["changes-in-production"], [ME, OTHER]),
        (Verb.RESTART, "unheard-of", "payments", None, Outcome.APPROVE, ["changes-in-production"], [ME, OTHER]),
        (Verb.DELETE_POD, "prod-eu", "payments", None, Outcome.REFUSE, ["destruction-in-production"], []),
        (Verb.DELETE_POD, "prod-eu", "payments", "INC-1", Outcome.APPROVE, ["destruction-in-production"], [ME, OTHER]),
        (Verb.SCALE, "dev", "kube-system", "INC-1", Outcome.REFUSE, ["protected-namespaces"], []),
        (Verb.EVICT, "staging", "kube-system", None, Outcome.REFUSE, ["protected-namespaces"], []),
        (Verb.EVICT, "prod-eu", "kube-system", "INC-1", Outcome.REFUSE, ["protected-namespaces"], []),
        (Verb.DELETE, "prod-eu", "payments", None, Outcome.REFUSE, ["destruction-in-production"], []),
        (Verb.DELETE, "prod-eu", "payments", "INC-1", Outcome.APPROVE, ["destruction-in-production"], [ME, OTHER]),
        (Verb.DELETE, "prod-eu", "kube-system", "INC-1", Outcome.REFUSE, ["protected-namespaces"], []),
        (Verb.PAUSE, "prod-eu", "payments", None, Outcome.APPROVE, ["changes-in-production"], [ME, OTHER]),
        (Verb.PATCH, "staging", "payments", None, Outcome.CONFIRM, ["changes-outside-production"], [ME]),
        (Verb.PATCH, "dev", "kube-system", None, Outcome.REFUSE, ["protected-namespaces"], []),
        (Verb.DIAGNOSE, "prod-eu", "kube-system", None, Outcome.ALLOW, ["reads"], []),
        (Verb.RUN, "prod-eu", "payments", None, Outcome.APPROVE, ["changes-in-production"], [ME, OTHER]),
        (Verb.DELETE_POD, "prod-eu", "kube-node-lease", "INC-1", Outcome.REFUSE, ["protected-namespaces"], []),
    ],
)
def test_the_shipped_policy_decides_as_it_says(
    verb: Verb, cluster: str, namespace: str, reason: str | None, outcome: Outcome, rules: list[str], needed: list[str]
) -> None:
    """Reads run, changes are confirmed, production takes another person, the cluster's own namespaces are refused."""
    made = plan(step(verb=verb, at=target(cluster=cluster, namespace=namespace)))
    found = decide(POLICY, DIGEST, around(made, clusters=CLUSTERS, reason=reason))

    assert (outcome, rules, needed) == (found.outcome, [h.rule for h in found.because], [n.text for n in found.needed])


@pytest.mark.parametrize(
    ("cluster", "expected"), [("staging", ["changes-outside-production"]), ("prod-eu", ["destruction-in-production"])]
)
def test_a_drain_may_empty_a_node_of_the_clusters_own_pods(cluster: str, expected: list[str]) -> None:
    """Only the evictions that a drain stands for: the same one asked for by itself is refused."""
    pod = target("coredns-1", cluster=cluster, namespace="kube-system", kind="pod")
    evict = step(verb=Verb.EVICT, at=pod)
    drained = plan(evict.model_copy(update={"part_of": Verb.DRAIN}))
    found = decide(POLICY, DIGEST, around(drained, clusters=CLUSTERS, reason="INC-1"))

    assert expected == [hit.rule for hit in found.because]
    assert drained.digest != plan(evict).digest


@pytest.mark.parametrize(
    ("cluster", "kind", "name", "rules"),
    [
        ("staging", "namespace", "loadtest", ["changes-outside-production"]),
        ("dev", "namespace", "kube-system", ["protected-namespaces-themselves"]),
        ("dev", "namespace", "default", ["protected-namespaces-themselves"]),
        ("prod-eu", "namespace", "payments", ["namespaces-in-production"]),
        ("unheard-of", "namespace", "payments", ["namespaces-in-production"]),
        ("prod-eu", "persistentvolumeclaim", "data-postgres-0", ["volumes-in-production"]),
        ("prod-eu", "persistentvolume", "pv-1", ["volumes-in-production"]),
        ("staging", "persistentvolumeclaim", "data-postgres-0", ["changes-outside-production"]),
        ("prod-eu", "node", "worker-3", ["nodes-in-production"]),
    ],
)
def test_what_is_not_deleted_whoever_agrees(cluster: str, kind: str, name: str, rules: list[str]) -> None:
    """A reason and any number of people do not delete what production lives on."""
    place = "payments" if kind == "persistentvolumeclaim" else None
    made = plan(step(verb=Verb.DELETE, at=target(name, kind=kind, cluster=cluster, namespace=place)))
    found = decide(POLICY, DIGEST, around(made, clusters=CLUSTERS, reason="INC-1"))

    assert rules == [hit.rule for hit in found.because]
    assert (found.outcome is Outcome.REFUSE) == (rules != ["changes-outside-production"])


@pytest.mark.parametrize(
    ("cluster", "kind", "reason", "outcome"),
    [
        ("prod-eu", "node", None, Outcome.REFUSE),
        ("prod-eu", "node", "INC-1", Outcome.APPROVE),
        ("prod-eu", "namespace", None, Outcome.REFUSE),
        ("dev", "node", None, Outcome.CONFIRM),
        ("prod-eu", "deployment", None, Outcome.APPROVE),
    ],
)
def test_labels_that_steer_pods_in_production_need_a_reason(
    cluster: str, kind: str, reason: str | None, outcome: Outcome
) -> None:
    """A node's labels decide what runs on it."""
    place = "payments" if kind == "deployment" else None
    made = plan(step(verb=Verb.LABEL, at=target("x", kind=kind, cluster=cluster, namespace=place), labels="a=b"))

    assert outcome is decide(POLICY, DIGEST, around(made, clusters=CLUSTERS, reason=reason)).outcome


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dev", "development"),
        ("kind-1", "development"),
        ("minikube", "development"),
        ("staging-eu", "staging"),
        ("stg", "staging"),
        ("test-7", "staging"),
        ("prod-eu", "production"),
        ("develop", "production"),
        ("anything", "production"),
    ],
)
def test_the_shipped_tiers(name: str, expected: str) -> None:
    """A cluster that no line names is production."""
    assert expected == tier(POLICY, ClusterName(name))


def test_the_shipped_people_can_approve_each_other() -> None:
    """Two of the three are in the group that the shipped policy names."""
    people = read_people(DEFAULTS / "people.yaml").people

    assert {"alice", "bob", "carol"} == set(people)
    assert sorted(name for name, person in people.items() if "sre" in person.groups) == ["alice", "bob"]
