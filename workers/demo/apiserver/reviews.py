"""Questions about rights and about oneself: access reviews, rules reviews, `kubectl auth whoami`.

Behaviour: pkg/registry/authorization and pkg/registry/authentication, v1.36.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workers.demo.apiserver import errors, rbac
from workers.demo.apiserver.authn import User
from workers.demo.apiserver.rbac import Attributes

if TYPE_CHECKING:
    from aiohttp import web

    from workers.demo.apiserver.call import Call
    from workers.demo.apiserver.resources import Object

ONE_OF = "exactly one of nonResourceAttributes or resourceAttributes must be specified"


async def review(call: Call) -> web.Response:
    of = call.row
    obj = dict(call.object)
    spec: Object = obj.get("spec") or {}
    call.dry_run()
    match of.kind:
        case "SelfSubjectReview":
            status: Object = {"userInfo": _info(call.user)}
        case "SelfSubjectRulesReview":
            status = _rules(call, spec.get("namespace", ""))
        case "SelfSubjectAccessReview":
            status = _access(call, call.user, spec)
        case _:
            if of.namespaced and (spec.get("resourceAttributes") or {}).get("namespace") != call.namespace:
                raise errors.bad_request("spec.resourceAttributes.namespace must match namespace")
            user = User(spec.get("user", ""), tuple(spec.get("groups") or ()), spec.get("uid", ""))
            if not user.name and not user.groups:
                cause = errors.required("spec.user", "at least one of user or group must be specified")
                raise errors.invalid(of.group, of.kind, "", [cause])
            status = _access(call, user, spec)
    metadata = dict(obj.get("metadata") or {})
    if of.kind == "SelfSubjectReview":
        metadata["creationTimestamp"] = call.store.timestamp()
    answer: Object = {"kind": of.kind, "apiVersion": of.api_version, "metadata": metadata}
    if spec or of.kind != "SelfSubjectReview":
        answer["spec"] = spec
    return call.answer({**answer, "status": status}, 201)


def _access(call: Call, user: User, spec: Object) -> Object:
    about, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (about is None) is (path is None):
        cause = errors.wrong(
            "spec.resourceAttributes",
            None,
            ONE_OF,
        )
        raise errors.invalid("authorization.k8s.io", call.row.kind, "", [cause])
    if path is not None:
        what = Attributes(path.get("verb", ""), path=path.get("path", ""))
    else:
        about = about or {}
        what = Attributes(
            about.get("verb", ""),
            about.get("group", ""),
            about.get("version", ""),
            about.get("resource", ""),
            about.get("subresource", ""),
            about.get("namespace", ""),
            about.get("name", ""),
        )
    decision = rbac.decide(call.store, user, what)
    status: Object = {"allowed": decision.allowed}
    if decision.reason:
        status["reason"] = decision.reason
    return status


def _rules(call: Call, namespace: str) -> Object:
    everything = rbac.MASTERS in call.user.all_groups
    rules = (
        [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, {"verbs": ["*"], "nonResourceURLs": ["*"]}]
        if everything
        else [rule for rule, _ in rbac.rules_for(call.store, call.user, namespace)]
    )
    about = [
        {key: rule[key] for key in ("verbs", "apiGroups", "resources", "resourceNames") if rule.get(key)}
        for rule in rules
        if rule.get("resources")
    ]
    paths = [{key: rule[key] for key in ("verbs", "nonResourceURLs")} for rule in rules if rule.get("nonResourceURLs")]
    return {"resourceRules": about, "nonResourceRules": paths, "incomplete": False}


def _info(user: User) -> Object:
    info: Object = {"username": user.name, "groups": list(user.all_groups)}
    if user.uid:
        info["uid"] = user.uid
    if user.extra:
        info["extra"] = {key: list(values) for key, values in user.extra.items()}
    return info
