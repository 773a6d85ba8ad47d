"""What the server says it can do: /api, /apis, their aggregated form, and /version.

Formats: meta/v1 APIGroupList and APIResourceList; apidiscovery.k8s.io/v2 (k8s.io/api/apidiscovery/v2), v1.36.
"""

from __future__ import annotations

from functools import cache

from workers.demo.apiserver import negotiation
from workers.demo.apiserver.resources import Object, Resource, groups

VERSION: Object = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.0",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-04-22T00:00:00Z",
    "goVersion": "go1.26.2",
    "compiler": "gc",
    "platform": "linux/amd64",
}
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

# subresource -> group, version, kind and verbs, where they are not its parent's
SUBRESOURCES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "scale": ("autoscaling", "v1", "Scale", ("get", "patch", "update")),
    "eviction": ("policy", "v1", "Eviction", ("create",)),
    "exec": ("", "v1", "PodExecOptions", ("create", "get")),
}
SUB_VERBS: dict[str, tuple[str, ...]] = {"status": ("get", "patch", "update"), "log": ("get",)}


def answer(path: str, accept: str, address: str) -> tuple[Object, str] | None:
    """The document and its content type; None if the path is no discovery path."""
    parts = [part for part in path.split("/") if part]
    aggregated = any(
        one.get("as") == "APIGroupDiscoveryList" and one.get("v") == "v2" for _, one in negotiation.parse(accept)
    )
    if aggregated and parts in (["api"], ["apis"]):
        return _aggregated(core=parts == ["api"]), AGGREGATED
    found = _plain(parts, address)
    return (found, "application/json") if found is not None else None


def _plain(parts: list[str], address: str) -> Object | None:
    found: Object | None = None
    match parts:
        case ["api"]:
            served = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
            found = {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": served}
        case ["apis"]:
            found = {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(one) for one in groups() if one]}
        case ["api", "v1"]:
            found = _resources("", "v1")
        case ["apis", group] if group in groups():
            found = {"kind": "APIGroup", "apiVersion": "v1", **_group(group)}
        case ["apis", group, version] if version in groups().get(group, {}):
            found = _resources(group, version)
        case ["version"]:
            found = VERSION
    return found


def _group(group: str) -> Object:
    versions = [{"groupVersion": f"{group}/{version}", "version": version} for version in groups()[group]]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


@cache
def _resources(group: str, version: str) -> Object:
    rows = groups()[group][version]
    listed: list[Object] = []
    for row in rows:
        entry: Object = {
            "name": row.plural,
            "singularName": row.singular if group != "metrics.k8s.io" else "",
            "namespaced": row.namespaced,
            "kind": row.kind,
            "verbs": list(row.verbs),
        }
        if row.short_names:
            entry["shortNames"] = list(row.short_names)
        if row.categories:
            entry["categories"] = list(row.categories)
        listed.append(entry)
        listed += [_subresource(row, name) for name in row.subresources]
    name = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": listed}


def _subresource(row: Resource, name: str) -> Object:
    entry: Object = {"name": f"{row.plural}/{name}", "singularName": "", "namespaced": row.namespaced}
    if name in SUBRESOURCES:
        group, version, kind, verbs = SUBRESOURCES[name]
        return {**entry, "group": group, "version": version, "kind": kind, "verbs": list(verbs)}
    return {**entry, "kind": row.kind, "verbs": list(SUB_VERBS[name])}


@cache
def _aggregated(*, core: bool) -> Object:
    items = []
    for group, versions in groups().items():
        if (group == "") is not core:
            continue
        listed = [
            {"version": version, "resources": [_discovered(row) for row in rows], "freshness": "Current"}
            for version, rows in versions.items()
        ]
        items.append({"metadata": {"name": group} if group else {"creationTimestamp": None}, "versions": listed})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _discovered(row: Resource) -> Object:
    entry: Object = {
        "resource": row.plural,
        "responseKind": {"group": row.group, "version": row.version, "kind": row.kind},
        "scope": "Namespaced" if row.namespaced else "Cluster",
        "singularResource": row.singular,
        "verbs": list(row.verbs),
    }
    if row.short_names:
        entry["shortNames"] = list(row.short_names)
    if row.categories:
        entry["categories"] = list(row.categories)
    if row.subresources:
        entry["subresources"] = [_discovered_below(row, name) for name in row.subresources]
    return entry


def _discovered_below(row: Resource, name: str) -> Object:
    group, version, kind, verbs = SUBRESOURCES.get(name, (row.group, row.version, row.kind, ()))
    response = {"group": group, "version": version, "kind": kind}
    return {"subresource": name, "responseKind": response, "verbs": list(verbs or SUB_VERBS[name])}
