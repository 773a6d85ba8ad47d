"""Keys of labels and annotations that are not for chat: what writes them, or what they would allow."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal

from workers.domain.errors import PolicyRefused
from workers.domain.target import Target
from workers.domain.value import Value

Place = Literal["labels", "annotations"]
OURS = "kubechat.io/*"


class Reserved(Value):
    keys: tuple[str, ...]  # shell patterns
    places: tuple[Place, ...]
    kinds: tuple[str, ...] = ()  # empty: any
    because: str


RESERVED = (
    Reserved(
        keys=(OURS, "*.kubechat.io/*"),
        places=("labels", "annotations"),
        because="Kubechat finds its own writes by it",
    ),
    Reserved(
        keys=("*kubernetes.io/*", "*k8s.io/*"),
        places=("labels",),
        kinds=("node", "namespace"),
        because="the cluster itself goes by it: where pods may run, and what they may do",
    ),
    Reserved(
        keys=(
            "pod-template-hash",
            "controller-revision-hash",
            "statefulset.kubernetes.io/*",
            "*job-name",
            "*batch*uid",
        ),
        places=("labels",),
        because="a controller writes it, and finds its own objects by it",
    ),
    Reserved(
        keys=(
            "kubectl.kubernetes.io/last-applied-configuration",
            "deployment.kubernetes.io/*",
            "deprecated.daemonset.template.generation",
            "pv.kubernetes.io/*",
            "volume.kubernetes.io/*",
            "node.alpha.kubernetes.io/*",
            "kubeadm.alpha.kubernetes.io/*",
        ),
        places=("annotations",),
        because="a controller or kubectl keeps its own record in it",
    ),
    Reserved(
        keys=("*apparmor*", "*seccomp*"),
        places=("annotations",),
        because="it says what a container may do",
    ),
    Reserved(
        keys=("eks.amazonaws.com/*", "iam.gke.io/*", "azure.workload.identity/*"),
        places=("labels", "annotations"),
        because="it gives rights outside the cluster",
    ),
    Reserved(
        keys=("*.ingress.kubernetes.io/*", "haproxy.org/*", "traefik.ingress.*", "service.beta.kubernetes.io/*"),
        places=("annotations",),
        because="a proxy or load balancer is configured by it, up to where traffic goes",
    ),
    Reserved(
        keys=("scheduler.alpha.kubernetes.io/*",),
        places=("annotations",),
        because="it says where all pods of a namespace may run",
    ),
    Reserved(
        keys=("admission.gatekeeper.sh/*", "policies.kyverno.io/*", "control-plane", "istio-injection", "istio.io/*"),
        places=("labels",),
        kinds=("namespace",),
        because="admission goes by it: what is checked or added there",
    ),
)


def check(target: Target, place: Place, keys: Iterable[str]) -> None:
    """Raises PolicyRefused with the first reserved key."""
    for key in keys:
        for rule in RESERVED:
            if place not in rule.places or (rule.kinds and target.kind not in rule.kinds):
                continue
            if any(fnmatchcase(key, pattern) for pattern in rule.keys):
                raise PolicyRefused(
                    f"'{key}' is not changed from chat: rule 'reserved-keys'",
                    now=rule.because,
                    then="use a key of your own: 'example.com/owner=payments'",
                )
