"""Whom a cluster takes a person's own kubeconfig for: a SelfSubjectReview, authentication.k8s.io/v1.

The answer proves something only when it comes from a cluster of ours. So the kubeconfig must lead to the address that
the workers use for it, over TLS with the same certificate authorities; nothing of it is executed and nothing of it is
kept. Source: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/self-subject-review-v1/
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workers.clusters import answers, asking, kubeconfig, statuses
from workers.clusters.identity import authorities
from workers.clusters.kubeconfig import Context
from workers.clusters.transport import Transport
from workers.domain.actor import Actor
from workers.domain.call import Call
from workers.domain.cluster import Cluster
from workers.domain.errors import AccessDenied, InvalidConfiguration
from workers.domain.redact import visible
from workers.identity.linking import Whoami

REVIEW = Call(
    method="POST",
    group="authentication.k8s.io",
    version="v1",
    resource="selfsubjectreviews",
    body={"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
)
CONSOLE = "or confirm the code in a session of yours: kubechat chat, then `link CODE`"
_NOBODY: Actor | None = None  # the account of the kubeconfig itself: nobody is impersonated


def whoami(
    path: Path, name: str, known: Sequence[Cluster], data: Path, *, connect_seconds: float, read_seconds: float
) -> Whoami:
    """As the context of that name, or the current one.

    Raises InvalidConfiguration for a context that may not be used or leads elsewhere, AccessDenied and
    ClusterUnreachable as any call.
    """
    context = _context(path, name)
    cluster = _ours(context, known)
    transport = Transport(context, data, connect_seconds, read_seconds)
    try:
        request = asking.request_for(cluster.name, REVIEW, _NOBODY)
        reply = transport.exchange(request)
    finally:
        transport.close()
    if reply.status == 401:
        raise AccessDenied(f"{cluster.name} does not accept the credentials of {context.name}", then=CONSOLE)
    if reply.status >= 300:
        raise statuses.error_for(reply, request, REVIEW, cluster.name, _NOBODY)
    return _read(answers.answer(REVIEW, request, reply).body, cluster)


def _context(path: Path, name: str) -> Context:
    """Read as strictly as can be: no plugin, no plain HTTP, no unverified TLS, whatever is allowed elsewhere."""
    wanted = name or kubeconfig.current(path)
    contexts = kubeconfig.read(path, frozenset(), frozenset())
    found = next((one for one in contexts if one.name == wanted), None)
    if found is None:
        have = ", ".join(one.name for one in contexts)
        raise InvalidConfiguration(
            f"{path} has no context '{wanted}'", now=f"it has {have}", then="name one: --context"
        )
    if found.problem:
        raise InvalidConfiguration(f"the context '{wanted}' cannot be used: {found.problem}", then=CONSOLE)
    return found


def _ours(context: Context, known: Sequence[Cluster]) -> Cluster:
    """The cluster that the workers know by the same address and authorities."""
    trusted = authorities(context.authority)
    if "tls-server-name" in context.config["clusters"][0]["cluster"]:
        raise InvalidConfiguration(
            f"the context '{context.name}' names another server in its certificate", then=CONSOLE
        )
    for cluster in known:
        if trusted and (cluster.server, cluster.authorities) == (context.server, trusted):
            return cluster
    have = ", ".join(f"{cluster.name} {cluster.server}" for cluster in known if cluster.authorities) or "none"
    raise InvalidConfiguration(
        f"'{context.name}' leads to {context.server}, which is no cluster of Kubechat's by address and authority",
        now=f"known: {have}",
        then=CONSOLE,
    )


def _read(body: Any, cluster: Cluster) -> Whoami:
    status = body.get("status") if isinstance(body, Mapping) else None
    info = status.get("userInfo") if isinstance(status, Mapping) else None
    username = info.get("username") if isinstance(info, Mapping) else None
    groups = info.get("groups") if isinstance(info, Mapping) else None
    if not isinstance(username, str) or not username or username == "system:anonymous":
        raise AccessDenied(f"{cluster.name} did not say who you are", then=CONSOLE)
    named = (group for group in groups or () if isinstance(group, str) and visible(group) == group)
    return Whoami(username=username, groups=frozenset(named), cluster=cluster.name)
