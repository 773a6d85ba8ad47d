"""Keys of labels and annotations that chat does not touch, whatever the policy says."""

import pytest

from workers.domain.errors import PolicyRefused
from workers.domain.target import Target
from workers.domain.value import ClusterName
from workers.verbs import reserved
from workers.verbs.reserved import Place

KEYS: list[tuple[str, Place, str]] = [
    ("serviceaccount", "annotations", "eks.amazonaws.com/role-arn"),
    ("serviceaccount", "annotations", "iam.gke.io/gcp-service-account"),
    ("pod", "labels", "azure.workload.identity/use"),
    ("ingress", "annotations", "nginx.ingress.kubernetes.io/configuration-snippet"),
    ("service", "annotations", "service.beta.kubernetes.io/aws-load-balancer-scheme"),
    ("namespace", "annotations", "scheduler.alpha.kubernetes.io/node-selector"),
    ("namespace", "labels", "admission.gatekeeper.sh/ignore"),
    ("namespace", "labels", "istio-injection"),
    ("namespace", "labels", "pod-security.kubernetes.io/enforce"),
    ("pod", "annotations", "kubechat.io/execution"),
]


def target(kind: str) -> Target:
    return Target(cluster=ClusterName("dev"), namespace=None if kind == "namespace" else "web", kind=kind, name="web")


@pytest.mark.parametrize(("kind", "place", "key"), KEYS, ids=[key for _, _, key in KEYS])
def test_keys_that_give_rights_or_steer_others_are_refused(kind: str, place: Place, key: str) -> None:
    """Rights outside the cluster, where traffic goes, where pods run, what admission checks, our own marks."""
    with pytest.raises(PolicyRefused, match="reserved-keys"):
        reserved.check(target(kind), place, [key])


@pytest.mark.parametrize("key", ["team", "example.com/owner", "istio-injection-notes", "app.kubernetes.io/part-of"])
def test_keys_of_ones_own_are_free(key: str) -> None:
    """On a workload, what nobody else goes by."""
    reserved.check(target("deployment"), "labels", [key])
    reserved.check(target("deployment"), "annotations", [key])
