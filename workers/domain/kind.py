"""The Kubernetes kinds that Kubechat names, as data.

Groups, versions and plural names: Kubernetes API reference 1.36.
"""

from workers.domain.value import Value


class Kind(Value):
    name: str  # singular, lower case, long: "deployment"
    title: str  # as in manifests: "Deployment"
    group: str  # "" is the core group
    version: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()

    @property
    def resource(self) -> str:
        """`deployments.apps`, or `pods` in the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def _kind(
    name: str, title: str, group: str, version: str, plural: str, short: str = "", *, namespaced: bool = True
) -> Kind:
    return Kind(
        name=name,
        title=title,
        group=group,
        version=version,
        plural=plural,
        namespaced=namespaced,
        short=tuple(short.split()),
    )


RBAC = "rbac.authorization.k8s.io"
ALL = "all"  # no kind of the API: a place as a whole, for `get all` and for a diagnosis of a namespace or a cluster

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind("pod", "Pod", "", "v1", "pods", "po"),
        _kind("service", "Service", "", "v1", "services", "svc"),
        _kind("node", "Node", "", "v1", "nodes", "no", namespaced=False),
        _kind("namespace", "Namespace", "", "v1", "namespaces", "ns", namespaced=False),
        _kind("event", "Event", "", "v1", "events", "ev"),
        _kind("configmap", "ConfigMap", "", "v1", "configmaps", "cm"),
        _kind("secret", "Secret", "", "v1", "secrets"),
        _kind("serviceaccount", "ServiceAccount", "", "v1", "serviceaccounts", "sa"),
        _kind("endpoints", "Endpoints", "", "v1", "endpoints", "ep"),
        _kind("resourcequota", "ResourceQuota", "", "v1", "resourcequotas", "quota"),
        _kind("persistentvolumeclaim", "PersistentVolumeClaim", "", "v1", "persistentvolumeclaims", "pvc pvcs"),
        _kind("persistentvolume", "PersistentVolume", "", "v1", "persistentvolumes", "pv pvs", namespaced=False),
        _kind("deployment", "Deployment", "apps", "v1", "deployments", "deploy"),
        _kind("statefulset", "StatefulSet", "apps", "v1", "statefulsets", "sts"),
        _kind("daemonset", "DaemonSet", "apps", "v1", "daemonsets", "ds"),
        _kind("replicaset", "ReplicaSet", "apps", "v1", "replicasets", "rs"),
        _kind("controllerrevision", "ControllerRevision", "apps", "v1", "controllerrevisions"),
        _kind("job", "Job", "batch", "v1", "jobs"),
        _kind("cronjob", "CronJob", "batch", "v1", "cronjobs", "cj"),
        _kind(
            "horizontalpodautoscaler",
            "HorizontalPodAutoscaler",
            "autoscaling",
            "v2",
            "horizontalpodautoscalers",
            "hpa hpas",
        ),
        _kind("poddisruptionbudget", "PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets", "pdb pdbs"),
        _kind("ingress", "Ingress", "networking.k8s.io", "v1", "ingresses", "ing"),
        _kind("networkpolicy", "NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies", "netpol"),
        _kind("storageclass", "StorageClass", "storage.k8s.io", "v1", "storageclasses", "sc", namespaced=False),
        _kind("volumeattachment", "VolumeAttachment", "storage.k8s.io", "v1", "volumeattachments", namespaced=False),
        _kind("csidriver", "CSIDriver", "storage.k8s.io", "v1", "csidrivers", namespaced=False),
        _kind("csinode", "CSINode", "storage.k8s.io", "v1", "csinodes", namespaced=False),
        _kind("limitrange", "LimitRange", "", "v1", "limitranges", "limits"),
        _kind("replicationcontroller", "ReplicationController", "", "v1", "replicationcontrollers", "rc"),
        _kind("podtemplate", "PodTemplate", "", "v1", "podtemplates"),
        _kind("lease", "Lease", "coordination.k8s.io", "v1", "leases"),
        _kind("endpointslice", "EndpointSlice", "discovery.k8s.io", "v1", "endpointslices"),
        _kind("ingressclass", "IngressClass", "networking.k8s.io", "v1", "ingressclasses", namespaced=False),
        _kind("priorityclass", "PriorityClass", "scheduling.k8s.io", "v1", "priorityclasses", "pc", namespaced=False),
        _kind("runtimeclass", "RuntimeClass", "node.k8s.io", "v1", "runtimeclasses", namespaced=False),
        _kind("role", "Role", RBAC, "v1", "roles"),
        _kind("rolebinding", "RoleBinding", RBAC, "v1", "rolebindings"),
        _kind("clusterrole", "ClusterRole", RBAC, "v1", "clusterroles", namespaced=False),
        _kind("clusterrolebinding", "ClusterRoleBinding", RBAC, "v1", "clusterrolebindings", namespaced=False),
        _kind(
            "customresourcedefinition",
            "CustomResourceDefinition",
            "apiextensions.k8s.io",
            "v1",
            "customresourcedefinitions",
            "crd crds",
            namespaced=False,
        ),
        _kind("apiservice", "APIService", "apiregistration.k8s.io", "v1", "apiservices", namespaced=False),
        _kind(
            "certificatesigningrequest",
            "CertificateSigningRequest",
            "certificates.k8s.io",
            "v1",
            "certificatesigningrequests",
            "csr",
            namespaced=False,
        ),
        _kind(
            "validatingwebhookconfiguration",
            "ValidatingWebhookConfiguration",
            "admissionregistration.k8s.io",
            "v1",
            "validatingwebhookconfigurations",
            namespaced=False,
        ),
        _kind(
            "mutatingwebhookconfiguration",
            "MutatingWebhookConfiguration",
            "admissionregistration.k8s.io",
            "v1",
            "mutatingwebhookconfigurations",
            namespaced=False,
        ),
        _kind(ALL, "All", "", "v1", "all"),
    )
}

# What `kubectl get all` lists: the kinds of the API category "all".
IN_ALL = (
    "pod",
    "service",
    "deployment",
    "statefulset",
    "daemonset",
    "replicaset",
    "horizontalpodautoscaler",
    "job",
    "cronjob",
)

WORKLOADS = ("deployment", "statefulset", "daemonset")  # what owns pods over a rollout

KIND_BY_WORD: dict[str, Kind] = {
    word: kind
    for kind in KINDS.values()
    for word in (
        kind.name,
        kind.plural,
        *kind.short,
        kind.resource,
        f"{kind.name}.{kind.group}" if kind.group else kind.name,
    )
}
