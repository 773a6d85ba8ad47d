"""OpenAPI v3, as little as kubectl needs: which kinds can be patched with which query parameters.

kubectl apply looks for a PATCH operation of the kind that takes `fieldValidation` and `dryRun`
(k8s.io/cli-runtime/pkg/resource/query_param_verifier_v3.go); having found it, it leaves validation to the server.
"""

from __future__ import annotations

import hashlib
from functools import cache

from workers.demo.apiserver.discovery import VERSION
from workers.demo.apiserver.resources import Object, Resource, groups

PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")


@cache
def index() -> Object:
    paths: Object = {}
    for group, versions in groups().items():
        for version in versions:
            path = f"apis/{group}/{version}" if group else f"api/{version}"
            digest = hashlib.sha256(path.encode()).hexdigest()[:32].upper()
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
    return {"paths": paths}


@cache
def document(group: str, version: str) -> Object | None:
    """The document of one group version; None if there is none."""
    rows = groups().get(group, {}).get(version)
    if rows is None:
        return None
    paths: Object = {}
    for row in rows:
        if "patch" not in row.verbs:
            continue
        prefix = f"/apis/{group}/{version}" if group else f"/api/{version}"
        space = "/namespaces/{namespace}" if row.namespaced else ""
        paths[f"{prefix}{space}/{row.plural}/{{name}}"] = {"patch": _patch(row)}
    info = {"title": "Kubernetes", "version": VERSION["gitVersion"]}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": {}}}


def _patch(row: Resource) -> Object:
    return {
        "operationId": f"patch{row.kind}",
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}} for name in PARAMETERS
        ],
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": {"group": row.group, "version": row.version, "kind": row.kind},
    }
