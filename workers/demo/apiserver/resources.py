"""Which resources the server knows: one row each; everything else in the package is driven by these rows.

Names, short names, categories, subresources and verbs are those `kubectl api-resources -o wide` shows on v1.36.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

Object = dict[str, Any]  # one Kubernetes object as JSON

EVERY_VERB = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READ_ONLY = ("get", "list")
CREATE_ONLY = ("create",)


@dataclass(frozen=True)
class Resource:
    group: str  # "" is the core group
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = EVERY_VERB
    categories: tuple[str, ...] = ()
    stored_as: str = field(default="", compare=False)  # "events": another row's storage, seen through another version

    @property
    def qualified(self) -> str:
        """`deployments.apps`, or `pods` in the core group, as error messages write it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def storage(self) -> str:
        return self.stored_as or self.qualified

    def __hash__(self) -> int:
        return hash((self.group, self.version, self.plural))


def _row(
    api_version: str,
    kind: str,
    plural: str,
    scope: str,
    short: str = "",
    sub: str = "",
    *,
    verbs: tuple[str, ...] = EVERY_VERB,
    categories: str = "",
    stored_as: str = "",
) -> Resource:
    group, _, version = api_version.rpartition("/")
    return Resource(
        group,
        version,
        plural,
        kind.lower(),
        kind,
        scope == "ns",
        tuple(short.split()),
        tuple(sub.split()),
        verbs,
        tuple(categories.split()),
        stored_as,
    )


# The order of groups is the order discovery lists them in: the first version of a group is the preferred one.
RESOURCES: tuple[Resource, ...] = (
    _row("v1", "ConfigMap", "configmaps", "ns", "cm"),
    _row("v1", "Endpoints", "endpoints", "ns", "ep"),
    _row("v1", "Event", "events", "ns", "ev"),
    _row("v1", "LimitRange", "limitranges", "ns", "limits"),
    _row("v1", "Namespace", "namespaces", "cluster", "ns", "status"),
    _row("v1", "Node", "nodes", "cluster", "no", "status"),
    _row("v1", "PersistentVolumeClaim", "persistentvolumeclaims", "ns", "pvc", "status"),
    _row("v1", "PersistentVolume", "persistentvolumes", "cluster", "pv", "status"),
    _row("v1", "Pod", "pods", "ns", "po", "status log eviction exec", categories="all"),
    _row("v1", "ReplicationController", "replicationcontrollers", "ns", "rc", "status scale", categories="all"),
    _row("v1", "ResourceQuota", "resourcequotas", "ns", "quota", "status"),
    _row("v1", "Secret", "secrets", "ns"),
    _row("v1", "ServiceAccount", "serviceaccounts", "ns", "sa"),
    _row("v1", "Service", "services", "ns", "svc", "status", categories="all"),
    _row("apps/v1", "ControllerRevision", "controllerrevisions", "ns"),
    _row("apps/v1", "DaemonSet", "daemonsets", "ns", "ds", "status", categories="all"),
    _row("apps/v1", "Deployment", "deployments", "ns", "deploy", "status scale", categories="all"),
    _row("apps/v1", "ReplicaSet", "replicasets", "ns", "rs", "status scale", categories="all"),
    _row("apps/v1", "StatefulSet", "statefulsets", "ns", "sts", "status scale", categories="all"),
    _row("events.k8s.io/v1", "Event", "events", "ns", "ev", stored_as="events"),
    _row("authentication.k8s.io/v1", "SelfSubjectReview", "selfsubjectreviews", "cluster", verbs=CREATE_ONLY),
    _row("authorization.k8s.io/v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", "ns", verbs=CREATE_ONLY),
    _row(
        "authorization.k8s.io/v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", "cluster", verbs=CREATE_ONLY
    ),
    _row("authorization.k8s.io/v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", "cluster", verbs=CREATE_ONLY),
    _row("authorization.k8s.io/v1", "SubjectAccessReview", "subjectaccessreviews", "cluster", verbs=CREATE_ONLY),
    _row(
        "autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "ns", "hpa", "status", categories="all"
    ),
    _row(
        "autoscaling/v1",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        "ns",
        "hpa",
        "status",
        categories="all",
    ),
    _row("batch/v1", "CronJob", "cronjobs", "ns", "cj", "status", categories="all"),
    _row("batch/v1", "Job", "jobs", "ns", "", "status", categories="all"),
    _row("networking.k8s.io/v1", "IngressClass", "ingressclasses", "cluster"),
    _row("networking.k8s.io/v1", "Ingress", "ingresses", "ns", "ing", "status"),
    _row("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "ns", "netpol"),
    _row("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", "ns", "pdb", "status"),
    _row("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", "cluster"),
    _row("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", "cluster"),
    _row("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", "ns"),
    _row("rbac.authorization.k8s.io/v1", "Role", "roles", "ns"),
    _row("storage.k8s.io/v1", "StorageClass", "storageclasses", "cluster", "sc"),
    _row(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "cluster",
        "crd crds",
        "status",
        categories="api-extensions",
    ),
    _row("coordination.k8s.io/v1", "Lease", "leases", "ns"),
    _row("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", "ns"),
    _row("metrics.k8s.io/v1beta1", "NodeMetrics", "nodes", "cluster", verbs=READ_ONLY),
    _row("metrics.k8s.io/v1beta1", "PodMetrics", "pods", "ns", verbs=READ_ONLY),
)


@cache
def groups() -> dict[str, dict[str, tuple[Resource, ...]]]:
    """Group -> version -> its resources, in table order."""
    tree: dict[str, dict[str, tuple[Resource, ...]]] = {}
    for one in RESOURCES:
        versions = tree.setdefault(one.group, {})
        versions[one.version] = (*versions.get(one.version, ()), one)
    return tree


@cache
def find(group: str, version: str, plural: str) -> Resource | None:
    rows = groups().get(group, {}).get(version, ())
    return next((one for one in rows if one.plural == plural), None)


@cache
def resource(first: str, version: str = "", plural: str = "") -> Resource:
    """The row for `resource("deployments")` or `resource("apps", "v1", "deployments")`; KeyError if there is none."""
    if plural:
        found = find(first, version, plural)
    else:
        found = next((one for one in RESOURCES if first in {one.plural, one.qualified}), None)
    if found is None:
        raise KeyError((first, version, plural))
    return found


@cache
def by_kind(api_version: str, kind: str) -> Resource | None:
    """The row an ownerReference or a manifest names; None when the server does not know it."""
    return next((one for one in RESOURCES if one.kind == kind and one.api_version == api_version), None)
