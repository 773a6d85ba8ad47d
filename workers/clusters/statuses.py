"""What the API server says when it says no, in our words: a Status becomes one of the domain's errors.

Whatever is raised here other than OutcomeUnknown means that nothing was changed.
Reasons and texts: k8s.io/apimachinery/pkg/api/errors and k8s.io/apiserver, Kubernetes 1.36.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from workers.clusters.answers import audit_id
from workers.clusters.asking import doing, one, place
from workers.clusters.rules import advice, resource, rule, who
from workers.clusters.transport import Reply, Request
from workers.domain.actor import Actor
from workers.domain.call import JSON_PATCH, Call, Right
from workers.domain.errors import (
    AccessDenied,
    ClusterChanged,
    ClusterUnreachable,
    KubechatError,
    NotNow,
    NotThere,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from workers.domain.redact import redact, visible
from workers.domain.value import ClusterName

LONGEST_TEXT = 2000
# RBAC, Node and webhook authorizers all speak through k8s.io/apiserver responsewriters.ForbiddenStatus; a 403 in other
# words comes from admission (a quota, pod security, a policy) and is not about the person's rights.
NO_RIGHT = re.compile(r'User "(?P<user>[^"]*)" cannot (?P<verb>[\w:-]+) (?:resource|path) "(?P<resource>[^"]*)"')
ASKED_AS = re.compile(r'^(?P<kind>users|groups|serviceaccounts|uids|userextras\S*)\S* "(?P<name>[^"]*)" is forbidden')
WEBHOOK_DOWN = ("failed calling webhook", "failed to call webhook")


def error_for(reply: Reply, request: Request, call: Call, cluster: ClusterName, actor: Actor | None) -> KubechatError:  # noqa: PLR0911  # one for each status code
    """The error that a refusal stands for."""
    status = _status(reply)
    text = _text(status, reply)
    reason = str(status.get("reason") or "")
    facts = {
        "cluster": str(cluster),
        "status": str(reply.status),
        "reason": reason,
        "audit_id": audit_id(reply.headers),
    }
    code = reply.status
    match code:
        case 401:
            return _unauthorized(cluster, request, facts)
        case 403:
            return _forbidden(text, call, cluster, actor, request, facts)
        case 404:
            return _missing(status, call, cluster, text, facts)
        case 409 | 410:
            return _conflict(reason, text, request, facts)
        case 422 if _is_stale(status, call):
            return _changed(text, request, facts)
        case 429:
            return _later(reply, text, request, call, facts)
    # Admission comes before storage: a webhook that could not be called has kept the write from being applied.
    if (400 <= code < 500 and code != 408) or any(words in text for words in WEBHOOK_DOWN):
        return _rejected(text, request, facts)
    return _unclear(code, text, request, facts)


def access_denied(cluster: ClusterName, right: Right, actor: Actor, facts: Mapping[str, str]) -> AccessDenied:
    """Names verb, resource, place, person and groups, and the rule that would allow it."""
    named = f" '{right.name}'" if right.name else ""
    where = f"namespace {right.namespace} of {cluster}" if right.namespace else f"all of {cluster}"
    return AccessDenied(
        f"{who(actor)} may not {right.verb} {resource(right)}{named} in {where}",
        now="the cluster's RBAC says no; nothing was done",
        then=advice(right, actor),
        facts={
            **facts,
            "verb": right.verb,
            "resource": resource(right),
            "namespace": right.namespace,
            "person": actor.person_id,
            "groups": ",".join(sorted(actor.groups)),
            "rule": rule(right),
        },
    )


def _unauthorized(cluster: ClusterName, request: Request, facts: dict[str, str]) -> Unavailable:
    return Unavailable(
        f"{request.doing}: {cluster} does not accept the bot's own credentials",
        now="nothing was done",
        then="renew the token or certificate in Kubechat's kubeconfig",
        facts=facts,
    )


def _unclear(code: int, text: str, request: Request, facts: dict[str, str]) -> Unavailable:
    """A server in trouble: it may have stored a change before it answered so."""
    if request.changes and code >= 400:
        return OutcomeUnknown(
            f"{request.doing}: the server answered {code}: {text}",
            now="whether the cluster applied it is unknown; it was not sent again",
            then="look at the object before doing it again",
            facts=facts,
        )
    if 300 <= code < 400:
        text = "a redirect, which is not followed"
    return ClusterUnreachable(
        f"{request.doing}: the server answered {code}: {text}",
        now="nothing was changed",
        then="ask again in a moment",
        facts=facts,
    )


def _forbidden(
    text: str, call: Call, cluster: ClusterName, actor: Actor | None, request: Request, facts: dict[str, str]
) -> KubechatError:
    said = NO_RIGHT.search(text)
    if said and said["verb"].partition("-on:")[0] == "impersonate":  # KEP-5284 asks for `impersonate-on:...` first
        return _not_impersonating(text, said, cluster, actor, request, facts)
    if actor is None:
        account = said["user"] if said else "the bot's own account"
        return AccessDenied(
            f"{request.doing}: '{account}' may not {call.right.verb} {resource(call.right)}",
            then=f"allow it with `{rule(call.right)}` in a ClusterRole bound to it",
            facts=facts,
        )
    if said or not call.writes:
        return access_denied(cluster, call.right, actor, facts)
    return _rejected(text, request, facts)


def _not_impersonating(
    text: str,
    said: re.Match[str],
    cluster: ClusterName,
    actor: Actor | None,
    request: Request,
    facts: dict[str, str],
) -> AccessDenied:
    """The bot's account lacks a right, not the person. A server with constrained impersonation does not say which."""
    asked = ASKED_AS.match(text)
    lacking: list[tuple[str, str]] = (
        [(asked["kind"], asked["name"])] if asked else [("users", actor.person_id)] if actor else []
    )
    if actor and not asked and actor.groups:
        lacking.append(("groups", ", ".join(sorted(actor.groups))))
    needed = ", ".join(
        f'{{apiGroups: [""], resources: [{kind}], resourceNames: [{name}], verbs: [impersonate]}}'
        for kind, name in lacking
    )
    whom = " and ".join(f"{kind} '{name}'" for kind, name in lacking)
    return AccessDenied(
        f"{request.doing}: the bot's own account '{said['user']}' may not impersonate {whom} in {cluster}",
        now="nothing was done",
        then=f"allow it with `rules: [{needed}]` in a ClusterRole bound to that account",
        facts={**facts, "rule": f"rules: [{needed}]", "impersonation": "denied"},
    )


def _missing(
    status: Mapping[str, Any], call: Call, cluster: ClusterName, text: str, facts: dict[str, str]
) -> KubechatError:
    details = status.get("details")
    name = details.get("name") if isinstance(details, Mapping) else None
    if name and call.method == "POST" and name == call.namespace:
        return NotThere(f"{cluster} has no namespace '{name}'", facts=facts)
    if name and name != call.name:
        return NotThere(f"{doing(cluster, call)}: {text}", facts=facts)
    if name:
        return NotThere(f"{place(cluster, call.namespace)} has no {one(call)}", facts=facts)
    if call.subresource or status.get("reason") == "NotFound" or not status:
        kind = resource(call.right)
        return NotThere(f"{cluster} does not serve {kind}", now=text, then="check what is installed there", facts=facts)
    return NotThere(f"{doing(cluster, call)}: {text}", facts=facts)


def _conflict(reason: str, text: str, request: Request, facts: dict[str, str]) -> KubechatError:
    if reason == "AlreadyExists":
        return _rejected(text, request, facts)
    if reason in ("Expired", "Gone"):
        return ClusterChanged(
            f"{request.doing}: {text}", now="the list has moved on since its first page", then="ask again", facts=facts
        )
    return _changed(text, request, facts)


def _changed(text: str, request: Request, facts: dict[str, str]) -> ClusterChanged:
    return ClusterChanged(
        f"{request.doing}: {text}",
        now="the object is not as it was when it was read; nothing was changed",
        then="preview again",
        facts=facts,
    )


def _is_stale(status: Mapping[str, Any], call: Call) -> bool:
    """A precondition of ours that fails as 422 instead of 409.

    A patch with another uid breaks the rule that uids are immutable; of a JSON patch whose `test` failed the server
    only says that it was rejected, without causes.
    """
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    if causes:
        return any(isinstance(cause, Mapping) and cause.get("field") == "metadata.uid" for cause in causes)
    operations = call.body if isinstance(call.body, Sequence) and call.content_type == JSON_PATCH else ()
    return any(isinstance(one, Mapping) and one.get("op") == "test" for one in operations)


def _later(reply: Reply, text: str, request: Request, call: Call, facts: dict[str, str]) -> NotNow:
    """Too many requests; for an eviction, a PodDisruptionBudget that allows no more."""
    seconds = reply.headers.get("Retry-After", "")
    wait = f"in {seconds} s" if seconds.isdigit() else "in a moment"
    budget = call.subresource == "eviction"
    if budget:
        text = f"{text} {_causes(_status(reply))}".strip()
    return NotNow(
        f"{request.doing}: {text}",
        now="nothing was changed",
        then=f"wait until more pods are ready, then ask again {wait}" if budget else f"ask again {wait}",
        facts={**facts, "retry_after": seconds},
    )


def _causes(status: Mapping[str, Any]) -> str:
    """Which budget an eviction would violate, in the server's words."""
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    said = [str(cause.get("message") or "") for cause in causes or () if isinstance(cause, Mapping)]
    return visible(redact("; ".join(one for one in said if one)[:LONGEST_TEXT]))


def _rejected(text: str, request: Request, facts: dict[str, str]) -> Rejected:
    """`facts["dry_run"]` is "unsupported" when a webhook cannot try without doing."""
    if "does not support dry run" in text:
        facts = {**facts, "dry_run": "unsupported"}
    return Rejected(f"{request.doing}: {text}", now="nothing was changed", facts=facts)


def _status(reply: Reply) -> Mapping[str, Any]:
    try:
        body = msgspec.json.decode(reply.body) if reply.body else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) and body.get("kind") == "Status" else {}


def _text(status: Mapping[str, Any], reply: Reply) -> str:
    """The server's words: data from outside, so redacted, made visible, and not too long."""
    said = str(status.get("message") or "") or reply.body[: LONGEST_TEXT * 4].decode(errors="replace").strip()
    said = visible(redact(said[: LONGEST_TEXT * 2]))
    return (said[:LONGEST_TEXT] + " ...") if len(said) > LONGEST_TEXT else said or f"no text ({reply.status})"
