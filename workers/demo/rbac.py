"""Who may do what in the simulated clusters, as RBAC objects.

Reading is granted resource by resource, because RBAC has no "everything but secrets".
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from workers.demo.apiserver.resources import CREATE_ONLY, RESOURCES
from workers.demo.identity import Json
from workers.demo.objects import make
from workers.demo.workloads import Site

PEOPLE: Mapping[str, tuple[str, ...]] = MappingProxyType({"alice": ("sre",), "bob": ("sre",), "carol": ("developers",)})
GROUPS = ("sre", "developers", "auditors")
NAMES = "kubechat-names"  # as whom the index of names is kept
BOT = "system:serviceaccount:kubechat:kubechat"
DEVELOPER_NAMESPACES = ("payments", "checkout", "search", "platform")
DEVELOPER_CLUSTERS = ("staging", "dev")

READ = ("get", "list", "watch")
CHANGE = ("create", "delete", "patch", "update")
GROUP = "rbac.authorization.k8s.io"


def make_rbac(site: Site) -> list[Json]:
    """The roles and bindings of one cluster."""
    made = [
        _role(site, "kubechat-reader", reading()),
        _role(site, "kubechat-operator", [*reading(), *operating(), *keeping()]),
        _role(site, "kubechat-developer", operating()),
        _role(site, "kubechat-impersonator", impersonating()),
        _role(site, "system:discovery", discovering()),
        _binding(site, "kubechat-operator", "kubechat-operator", [_group("sre")]),
        _binding(site, "kubechat-reader", "kubechat-reader", [_group("developers"), _group("auditors")]),
        _binding(
            site,
            "kubechat-impersonator",
            "kubechat-impersonator",
            [{"kind": "ServiceAccount", "name": "kubechat", "namespace": "kubechat"}],
        ),
        _role(site, "kubechat-names", naming()),
        _binding(site, "kubechat-names", "kubechat-names", [{"kind": "User", "apiGroup": GROUP, "name": NAMES}]),
        _binding(site, "system:discovery", "system:discovery", [_group("system:authenticated")]),
        _binding(site, "system:basic-user", "system:basic-user", [_group("system:authenticated")]),
        _role(site, "system:basic-user", asking_about_oneself()),
        _role(site, "cluster-admin", [_rule(["*"], ["*"], ["*"]), {"nonResourceURLs": ["*"], "verbs": ["*"]}]),
        _binding(site, "cluster-admin", "cluster-admin", [_group("system:masters")]),
    ]
    if site.cluster in DEVELOPER_CLUSTERS:
        made += [
            _binding(site, "kubechat-developer", "kubechat-developer", [_group("developers")], namespace)
            for namespace in DEVELOPER_NAMESPACES
        ]
    return made


def asking_about_oneself() -> list[Json]:
    return [
        _rule(["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
        _rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]),
    ]


def reading() -> list[Json]:
    """Read everything but secrets; logs are read through their own subresource."""
    by_group: dict[str, list[str]] = {}
    for one in RESOURCES:
        known = by_group.setdefault(one.group, [])
        if one.plural != "secrets" and one.verbs != CREATE_ONLY and one.plural not in known:
            known.append(one.plural)
            known += [f"{one.plural}/{sub}" for sub in one.subresources if sub in ("log", "scale", "status")]
    return [_rule([group], plurals, READ) for group, plurals in by_group.items() if plurals]


def operating() -> list[Json]:
    """Change, make and delete what applications are made of, but no secrets and no rights; evict pods."""
    return [
        _rule(["apps"], ["deployments/scale", "statefulsets/scale"], ["patch", "update"]),
        _rule(["apps"], ["deployments", "statefulsets", "daemonsets", "replicasets"], CHANGE),
        _rule(["batch"], ["jobs", "cronjobs"], CHANGE),
        _rule([""], ["pods", "services", "configmaps", "serviceaccounts", "persistentvolumeclaims"], CHANGE),
        _rule(["autoscaling"], ["horizontalpodautoscalers"], CHANGE),
        _rule(["policy"], ["poddisruptionbudgets"], CHANGE),
        _rule(["networking.k8s.io"], ["ingresses", "networkpolicies"], CHANGE),
        _rule([""], ["pods/eviction"], ["create"]),
        _rule([""], ["pods/exec"], ["create", "get"]),  # a WebSocket begins as a GET
    ]


def keeping() -> list[Json]:
    """What belongs to a cluster rather than to an application."""
    return [
        _rule([""], ["nodes"], ["patch"]),
        _rule([""], ["namespaces", "resourcequotas", "limitranges"], CHANGE),
    ]


def impersonating() -> list[Json]:
    """All that the bot's own account may do."""
    return [
        {**_rule([""], ["users"], ["impersonate"]), "resourceNames": [*PEOPLE, NAMES]},
        {**_rule([""], ["groups"], ["impersonate"]), "resourceNames": list(GROUPS)},
        {**_rule([""], ["namespaces"], ["get"]), "resourceNames": ["kube-system"]},
    ]


def naming() -> list[Json]:
    """What the index of names holds; RBAC cannot say "only their names"."""
    watching = ("list", "watch")
    return [
        _rule([""], ["namespaces", "nodes", "pods"], watching),
        _rule(["apps"], ["deployments", "statefulsets", "daemonsets"], watching),
        _rule(["batch"], ["cronjobs"], watching),
    ]


def discovering() -> list[Json]:
    paths = [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/readyz",
        "/version",
        "/version/",
        "/openapi/*",
    ]
    return [{"nonResourceURLs": paths, "verbs": ["get"]}]


def _rule(groups: Sequence[str], resources: Sequence[str], verbs: Sequence[str]) -> Json:
    return {"apiGroups": list(groups), "resources": list(resources), "verbs": list(verbs)}


def _role(site: Site, name: str, rules: list[Json]) -> Json:
    created = site.ago(390, 400, "rbac")
    return make(site.origin, f"{GROUP}/v1", "ClusterRole", name, None, created, rules=rules)


def _group(name: str) -> Json:
    return {"kind": "Group", "apiGroup": GROUP, "name": name}


def _binding(site: Site, name: str, role: str, subjects: list[Json], namespace: str | None = None) -> Json:
    return make(
        site.origin,
        f"{GROUP}/v1",
        "RoleBinding" if namespace else "ClusterRoleBinding",
        name,
        namespace,
        site.ago(390, 400, "rbac"),
        roleRef={"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
        subjects=subjects,
    )
