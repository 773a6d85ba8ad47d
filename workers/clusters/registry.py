"""The clusters of one kubeconfig, as people: the adapter behind `workers.ports.Fleet`."""

import copy
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import urllib3

from workers.clusters import answers, asking, command, kubeconfig, lists, statuses, stream
from workers.clusters.identity import KUBE_SYSTEM, RULE, authorities, identity
from workers.clusters.kubeconfig import Context
from workers.clusters.review import review
from workers.clusters.transport import Request, Transport
from workers.domain.actor import Actor
from workers.domain.call import Answer, Call, Right
from workers.domain.cluster import Cluster, Identity
from workers.domain.errors import (
    AccessDenied,
    ClusterUnreachable,
    InvalidConfiguration,
    KubechatError,
    UnknownCluster,
)
from workers.domain.observed import Access
from workers.domain.policy import Policy, known_as
from workers.domain.transcript import Bounds, Transcript
from workers.domain.value import ClusterName
from workers.settings import Settings

PROBE_SECONDS = 2.0


class Clusters:
    """Implements workers.ports.Fleet; used by many threads at once.

    A context that may not be used is listed as unreachable with the reason, and does not hide the others.
    """

    def __init__(self, settings: Settings, policy: Policy) -> None:
        """Raises InvalidConfiguration when there is no readable kubeconfig; executes and contacts nothing."""
        if settings.kubeconfig is None:
            raise InvalidConfiguration(
                "no kubeconfig is set",
                then="name one with --kubeconfig or KUBECHAT_KUBECONFIG, or try `kubechat demo`",
            )
        self._policy = policy
        self._contexts: Mapping[ClusterName, Context] = {
            context.name: context
            for context in kubeconfig.read(settings.kubeconfig, settings.allow_exec, settings.allow_insecure)
        }
        self._trusted = {name: authorities(context.authority) for name, context in self._contexts.items()}
        self._transports = {
            name: Transport(context, settings.data, settings.connect_seconds, settings.read_seconds)
            for name, context in self._contexts.items()
            if not context.problem
        }
        self._as_actor: set[ClusterName] = set()  # where the bot's own account may not read kube-system
        self._note: Callable[[str], None] = lambda _audit_id: None

    def clusters(self) -> tuple[Cluster, ...]:
        """In the kubeconfig's order; nothing is contacted."""
        return tuple(
            self._cluster(name, reachable=not context.problem, detail=context.problem)
            for name, context in self._contexts.items()
        )

    def noting(self, note: Callable[[str], None]) -> "Clusters":
        """Over the same connections."""
        made = copy.copy(self)
        made._note = note
        return made

    def probe(self) -> tuple[Cluster, ...]:
        """As `clusters`, each asked for its version as the bot's own account, all at once, within two seconds."""
        details: dict[ClusterName, str] = {}

        def ask(name: ClusterName) -> None:
            details[name] = self._health(name)

        # Daemon threads, not a pool: a resolver that hangs must neither hold the result nor the end of the process.
        threads = [
            threading.Thread(target=ask, args=(name,), daemon=True, name=f"probe {name}") for name in self._transports
        ]
        for thread in threads:
            thread.start()
        deadline = _deadline(PROBE_SECONDS)
        for thread in threads:
            thread.join(deadline())
        late = f"no answer within {PROBE_SECONDS:.0f} s"
        return tuple(
            self._cluster(name, reachable=not detail, detail=detail)
            for name, context in self._contexts.items()
            for detail in [context.problem or details.get(name, late)]
        )

    def identity(self, cluster: ClusterName, actor: Actor) -> Identity:
        """Read now, as the bot's own account, else as the actor."""
        self._transport(cluster)
        accounts: list[Actor | None] = [actor, None] if cluster in self._as_actor else [None, actor]
        denied: AccessDenied | None = None
        for account in accounts:
            try:
                answer = self._once(cluster, account, KUBE_SYSTEM)
            except AccessDenied as error:
                denied = error
                if account is None:
                    self._as_actor.add(cluster)
            else:
                return identity(self._contexts[cluster], answer)
        raise AccessDenied(
            f"reading which cluster {cluster} is: neither the bot's own account nor {actor.person_id} may read the "
            "namespace kube-system",
            then=f"allow it with `{RULE}` in a ClusterRole bound to the bot's account",
            facts=denied.facts if denied else None,
        ) from denied

    def send(self, cluster: ClusterName, call: Call, actor: Actor, *, dry_run: bool = False, mark: str = "") -> Answer:
        """One call, once; a list without `limit` in pages of 500, each as the person."""
        return lists.pages(call, partial(self._once, cluster, actor, dry_run=dry_run, mark=mark))

    def stream(self, cluster: ClusterName, call: Call, actor: Actor, *, seconds: float) -> Iterator[str]:
        """Lines of a followed log; a refusal is raised by this call, not by the first line."""
        transport = self._transport(cluster)
        request = asking.request_for(cluster, call, actor)
        opened = stream.follow(transport, request, seconds)
        self._noted(answers.audit_id(opened.headers))
        if opened.status >= 300:
            raise statuses.error_for(transport.finish(opened, request), request, call, cluster, actor)
        return stream.lines(opened, request, seconds)

    def execute(self, cluster: ClusterName, call: Call, actor: Actor, *, mark: str, bounds: Bounds) -> Transcript:
        """A command in a container, as the person."""
        try:
            transcript = command.execute(self._transport(cluster), cluster, call, actor, mark=mark, bounds=bounds)
        except KubechatError as error:
            self._noted(error.facts.get("audit_id", ""))
            raise
        self._noted(transcript.audit_id)
        return transcript

    def review(self, cluster: ClusterName, rights: Sequence[Right], actor: Actor) -> tuple[Access, ...]:
        """One self-subject access review for each right, as the actor."""
        return review(rights, actor, partial(self._once, cluster, actor))

    def close(self) -> None:
        for transport in self._transports.values():
            transport.close()

    def after_fork(self) -> None:
        """To be called first in a forked child: connections of the parent must not be shared."""
        for transport in self._transports.values():
            transport.after_fork()

    def _once(
        self, cluster: ClusterName, actor: Actor | None, call: Call, *, dry_run: bool = False, mark: str = ""
    ) -> Answer:
        transport = self._transport(cluster)
        request = asking.request_for(cluster, call, actor, dry_run=dry_run, mark=mark)
        reply = transport.exchange(request)
        self._noted(answers.audit_id(reply.headers))
        if reply.status >= 300:
            raise statuses.error_for(reply, request, call, cluster, actor)
        return answers.answer(call, request, reply)

    def _noted(self, audit_id: str) -> None:
        if audit_id:
            self._note(audit_id)

    def _health(self, name: ClusterName) -> str:
        """Empty when the cluster answers as an API server; otherwise why not."""
        headers = urllib3.HTTPHeaderDict({"Accept": "application/json", "User-Agent": f"kubechat/{asking.VERSION}"})
        request = Request("GET", "/version", headers, None, changes=False, doing=f"asking {name} for its version")
        try:
            reply = self._transports[name].exchange(request, seconds=PROBE_SECONDS)
        except KubechatError as error:
            return error.message.removeprefix(f"{request.doing}: ")
        if reply.status == 401:
            return "it does not accept the bot's own credentials"
        if reply.status in (200, 403):  # 403: it is there, and hides its version
            return ""
        return f"it answered {reply.status}"

    def _transport(self, name: ClusterName) -> Transport:
        context = self._contexts.get(name)
        if context is None:
            known = ", ".join(self._contexts)
            raise UnknownCluster(f"there is no cluster '{name}'", now=f"known: {known}", then="name one of these")
        if context.problem:
            raise ClusterUnreachable(
                f"{name} is not used: {context.problem}", now="nothing was sent", then="mend the kubeconfig"
            )
        return self._transports[name]

    def take(self, policy: Policy) -> None:
        """Tiers, groups and names are from now on those of another policy."""
        self._policy = policy

    def _cluster(self, name: ClusterName, *, reachable: bool, detail: str) -> Cluster:
        known = known_as(self._policy, name)
        server, trusted = self._contexts[name].server, self._trusted[name]
        found = {"reachable": reachable, "detail": detail, "server": server, "authorities": trusted}
        return known.model_copy(update=found)


def _deadline(seconds: float) -> Callable[[], float]:
    """How many seconds are left, never negative."""
    end = time.monotonic() + seconds
    return lambda: max(0.0, end - time.monotonic())
