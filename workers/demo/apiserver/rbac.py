"""May this user do this: RBAC over the roles and bindings in the store.

Rules: plugin/pkg/auth/authorizer/rbac and pkg/apis/rbac/v1/evaluation_helpers.go, v1.36. Only the bootstrap rights
every authenticated user has (discovery, asking about oneself) are built in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workers.demo.apiserver.resources import Object, resource
from workers.demo.apiserver.selectors import matches_selector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workers.demo.apiserver.authn import User
    from workers.demo.apiserver.store import Store

MASTERS = "system:masters"


@dataclass(frozen=True)
class Attributes:
    """What is to be decided about. `path` is set only for requests that are about no resource."""

    verb: str
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


@dataclass(frozen=True)
class Decision:
    allowed: bool
    reason: str


_PATHS = ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version"]
# Name of the bootstrap role and of its binding to system:authenticated -> its rules.
BOOTSTRAP: dict[str, list[Object]] = {
    "system:discovery": [{"verbs": ["get"], "nonResourceURLs": [*_PATHS, "/version/"]}],
    "system:basic-user": [
        {
            "verbs": ["create"],
            "apiGroups": ["authorization.k8s.io"],
            "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        },
        {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
    ],
}

_ROLES = resource("roles")
_CLUSTER_ROLES = resource("clusterroles")
_ROLE_BINDINGS = resource("rolebindings")
_CLUSTER_ROLE_BINDINGS = resource("clusterrolebindings")


def decide(store: Store, user: User, what: Attributes) -> Decision:
    """Allowed by the first rule found, with the sentence a real server gives as reason."""
    if MASTERS in user.all_groups:
        return Decision(True, "")
    for rule, reason in rules_for(store, user, what.namespace):
        if allows(rule, what):
            return Decision(True, reason)
    missing = [f'{kind}.rbac.authorization.k8s.io "{name}" not found' for kind, name in _missing(store, user, what)]
    texts = missing[0] if len(missing) == 1 else "[" + ", ".join(missing) + "]"
    return Decision(False, f"RBAC: {texts}" if missing else "")


def _missing(store: Store, user: User, what: Attributes) -> list[tuple[str, str]]:
    """The roles that bindings of the user name and nobody made."""
    bindings = [("", stored.value) for stored in store.rows(_CLUSTER_ROLE_BINDINGS)]
    if what.namespace:
        bindings += [(what.namespace, stored.value) for stored in store.rows(_ROLE_BINDINGS, what.namespace)]
    return [
        (role["kind"].lower(), role["name"])
        for space, binding in bindings
        for role in [binding["roleRef"]]
        if _subject(binding, user) is not None
        and store.shelf(_ROLES if role["kind"] == "Role" else _CLUSTER_ROLES).get(
            space if role["kind"] == "Role" else "", role["name"]
        )
        is None
    ]


def rules_for(store: Store, user: User, namespace: str) -> Iterator[tuple[Object, str]]:
    """Every rule that holds for the user in the namespace ("" is the cluster), with why."""
    for name, rules in BOOTSTRAP.items():
        for rule in rules:
            yield rule, _reason("ClusterRoleBinding", name, "ClusterRole", name, 'Group "system:authenticated"')
    places: list[tuple[str, list[Object]]] = [
        ("", [stored.value for stored in store.rows(_CLUSTER_ROLE_BINDINGS)]),
    ]
    if namespace:
        places.append((namespace, [stored.value for stored in store.rows(_ROLE_BINDINGS, namespace)]))
    for space, bindings in places:
        for binding in bindings:
            subject = _subject(binding, user)
            if subject is None:
                continue
            role = binding["roleRef"]
            name = binding["metadata"]["name"] + (f"/{space}" if space else "")
            for rule in _role_rules(store, role, space):
                yield rule, _reason(binding["kind"], name, role["kind"], role["name"], subject)


def allows(rule: Object, what: Attributes) -> bool:
    if not _has(rule.get("verbs"), what.verb):
        return False
    if what.path:
        return any(_path_matches(pattern, what.path) for pattern in rule.get("nonResourceURLs") or ())
    full = f"{what.resource}/{what.subresource}" if what.subresource else what.resource
    resources = rule.get("resources") or ()
    fits = full in resources or "*" in resources or bool(what.subresource and f"*/{what.subresource}" in resources)
    names = rule.get("resourceNames")
    return fits and _has(rule.get("apiGroups"), what.group) and (not names or what.name in names)


def why_not(user: User, what: Attributes) -> str:
    """`User "alice" cannot patch resource "deployments" in API group "apps" in the namespace "payments"`."""
    who = f'User "{user.name}"'
    if what.path:
        return f'{who} cannot {what.verb} path "{what.path}"'
    full = f"{what.resource}/{what.subresource}" if what.subresource else what.resource
    where = f'in the namespace "{what.namespace}"' if what.namespace else "at the cluster scope"
    return f'{who} cannot {what.verb} resource "{full}" in API group "{what.group}" {where}'


def _has(listed: list[str] | None, one: str) -> bool:
    return listed is not None and ("*" in listed or one in listed)


def _path_matches(pattern: str, path: str) -> bool:
    return pattern in {"*", path} or (pattern.endswith("*") and path.startswith(pattern[:-1]))


def _role_rules(store: Store, reference: Object, namespace: str) -> list[Object]:
    if reference["kind"] == "Role":
        role = store.shelf(_ROLES).get(namespace, reference["name"])
        return (role.value.get("rules") or []) if role else []
    found = store.shelf(_CLUSTER_ROLES).get("", reference["name"])
    if found is None:
        return []
    rules: list[Object] = list(found.value.get("rules") or [])
    for selector in (found.value.get("aggregationRule") or {}).get("clusterRoleSelectors") or ():
        for other in store.rows(_CLUSTER_ROLES):
            if other is not found and matches_selector(selector, other.value["metadata"].get("labels") or {}):
                rules += other.value.get("rules") or []
    return rules


def _subject(binding: Object, user: User) -> str | None:
    """`User "alice"`: the subject of the binding that is this user; None if none is."""
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name")
        if (kind == "User" and name == user.name) or (kind == "Group" and name in user.all_groups):
            return f'{kind} "{name}"'
        space = subject.get("namespace") or binding["metadata"].get("namespace", "")
        if kind == "ServiceAccount" and user.name == f"system:serviceaccount:{space}:{name}":
            return f'ServiceAccount "{name}/{space}"'
    return None


def _reason(binding_kind: str, binding: str, role_kind: str, role: str, subject: str) -> str:
    return f'RBAC: allowed by {binding_kind} "{binding}" of {role_kind} "{role}" to {subject}'
