"""Which lists of the API are maps or sets in disguise: one row each, for strategic merge and for server-side apply.

Sources: x-kubernetes-patch-merge-key, x-kubernetes-patch-strategy, x-kubernetes-list-type and -list-map-keys in
api/openapi-spec/swagger.json, v1.36. A list that is not here is atomic: replaced as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ListRule:
    merge_key: str = ""  # strategic merge; "" with `is_set` means a set of plain values
    map_keys: tuple[str, ...] = ()  # server-side apply
    is_set: bool = False


def _by(key: str, *more: str) -> ListRule:
    return ListRule(key, (key, *more))


SET = ListRule(is_set=True)
_CONTAINER = _by("name")
_CONTAINER_PORTS = _by("containerPort", "protocol")

# (parent field or "", field) -> rule; the row with the parent wins.
RULES: dict[tuple[str, str], ListRule] = {
    ("", "containers"): _CONTAINER,
    ("", "initContainers"): _CONTAINER,
    ("", "ephemeralContainers"): _CONTAINER,
    ("containers", "ports"): _CONTAINER_PORTS,
    ("initContainers", "ports"): _CONTAINER_PORTS,
    ("ephemeralContainers", "ports"): _CONTAINER_PORTS,
    ("spec", "ports"): _by("port", "protocol"),  # Service
    ("", "env"): _by("name"),
    ("", "volumeMounts"): _by("mountPath"),
    ("", "volumeDevices"): _by("devicePath"),
    ("spec", "volumes"): _by("name"),
    ("", "conditions"): _by("type"),
    ("", "imagePullSecrets"): _by("name"),
    ("", "hostAliases"): _by("ip"),
    ("", "topologySpreadConstraints"): _by("topologyKey", "whenUnsatisfiable"),
    ("", "resourceClaims"): _by("name"),
    ("", "schedulingGates"): _by("name"),
    ("metadata", "ownerReferences"): _by("uid"),
    ("metadata", "finalizers"): SET,
    ("spec", "finalizers"): ListRule(),  # Namespace: atomic
    ("", "podIPs"): _by("ip"),
    ("", "hostIPs"): ListRule("ip"),
    ("status", "addresses"): _by("type"),
    ("", "podCIDRs"): SET,
    ("", "loadBalancerSourceRanges"): ListRule(),
    ("", "secrets"): _by("name"),  # ServiceAccount
}

# What a missing map key counts as: defaulting happens after applying.
KEY_DEFAULTS: dict[str, Any] = {"protocol": "TCP"}

# Maps that server-side apply treats as one value (x-kubernetes-map-type: atomic).
ATOMIC_MAPS = frozenset(
    {
        "selector",
        "nodeSelector",
        "labelSelector",
        "podSelector",
        "namespaceSelector",
        "configMapKeyRef",
        "secretKeyRef",
        "fieldRef",
        "resourceFieldRef",
        "roleRef",
        "involvedObject",
        "targetRef",
        "defaultBackend.resource",
        "localObjectReference",
    }
)


def rule(parent: str, name: str) -> ListRule | None:
    """The rule of the list called `name` inside `parent`; None is atomic."""
    found = RULES.get((parent, name)) or RULES.get(("", name))
    return found if found and (found.merge_key or found.is_set) else None
