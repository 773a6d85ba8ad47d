"""The live index over the Fleet port: metadata-only lists, as the requester, remembered for one planning."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Lock
from time import monotonic
from types import MappingProxyType
from typing import Any

from workers.domain.actor import Actor
from workers.domain.call import Shape, list_of
from workers.domain.errors import ClusterUnreachable, KubechatError, NotThere
from workers.domain.kind import KINDS
from workers.domain.value import ClusterName
from workers.planner.names import Named
from workers.ports import Fleet

PAGE = "500"  # objects a page; the API server bounds its own work by it
MANY_AT_ONCE = 16  # clusters asked concurrently
PATIENCE_SECONDS = 1.5  # with a cluster that has not answered anything since another has
LITTLE_PATIENCE_SECONDS = 0.5  # with one that did not answer the prober either
LOOK_SECONDS = 0.1
LISTED = ("deployment", "statefulset", "daemonset", "cronjob")

Rows = tuple[Named, ...]


class LiveLook:
    """Implements planner.names.Look, Prefetching and Knowing; one instance serves one planning of one person.

    A cluster that once did not answer is not asked again: it costs one time-out, not one for each list. Where several
    are asked, one that is silent costs the others moments, not its time-out. `down` are those that the prober missed.
    """

    def __init__(self, fleet: Fleet, actor: Actor, down: Collection[ClusterName] = ()) -> None:
        self._fleet = fleet
        self._actor = actor
        self._down = frozenset(down)
        self._lists: dict[tuple[ClusterName, str, str | None], Rows | KubechatError] = {}
        self._silent: dict[ClusterName, ClusterUnreachable] = {}
        self._lock = Lock()

    def prefetch(self, clusters: Sequence[ClusterName]) -> None:
        """Lists workloads and namespaces of these clusters, all clusters at once; errors wait for the reader."""
        wanted = tuple(dict.fromkeys(clusters))
        if not wanted:
            return

        begun: dict[ClusterName, float] = {}
        heard: dict[ClusterName, float] = {}

        def fill(cluster: ClusterName) -> None:
            begun[cluster] = monotonic()
            for kind in (*LISTED, "namespace"):
                try:
                    self._list(cluster, kind, None)
                except KubechatError:
                    continue  # remembered; raised again for whoever reads it
                finally:
                    heard.setdefault(cluster, monotonic())

        pool = ThreadPoolExecutor(max_workers=min(MANY_AT_ONCE, len(wanted)))
        waiting = {pool.submit(fill, cluster): cluster for cluster in wanted}
        while waiting:
            for future in wait(waiting, LOOK_SECONDS, FIRST_COMPLETED).done:
                waiting.pop(future)
                future.result()
            if heard:
                first = min(heard.copy().values())
                waiting = {
                    future: cluster
                    for future, cluster in waiting.items()
                    if cluster in heard
                    or cluster not in begun
                    or not self._is_silent(cluster, max(first, begun[cluster]))
                }
        pool.shutdown(wait=False)

    def _is_silent(self, cluster: ClusterName, since: float) -> bool:
        """Measured from the first answer of another cluster: where this machine is slow, all of them are."""
        patience = LITTLE_PATIENCE_SECONDS if cluster in self._down else PATIENCE_SECONDS
        if monotonic() - since < patience:
            return False
        said = f"{cluster} did not answer within {patience:g} s of others"
        with self._lock:
            self._silent[cluster] = ClusterUnreachable(said, now="others did", then="try again later")
        return True

    def workloads(self, cluster: ClusterName) -> Rows:
        found: list[Named] = []
        denied: list[KubechatError] = []
        for kind in LISTED:
            try:
                found += self._list(cluster, kind, None)
            except ClusterUnreachable:
                raise
            except KubechatError as error:
                denied.append(error)
        if len(denied) == len(LISTED):
            raise denied[0]
        return tuple(found)

    def namespaces(self, cluster: ClusterName) -> tuple[str, ...]:
        return tuple(named.name for named in self._list(cluster, "namespace", None))

    def pods(self, cluster: ClusterName, namespace: str | None) -> Rows:
        return self._list(cluster, "pod", namespace)

    def nodes(self, cluster: ClusterName) -> Rows:
        return self._list(cluster, "node", None)

    def called(self, cluster: ClusterName, kind: str, name: str) -> Rows:
        """One short list with a field selector, unless the whole list is there already."""
        with self._lock:
            listed = self._lists.get((cluster, kind, None))
        if isinstance(listed, tuple):
            return tuple(named for named in listed if named.name == name)
        return self._list(cluster, kind, None, name)

    def objects(self, cluster: ClusterName, kind: str, namespace: str | None) -> Rows:
        return self._list(cluster, kind, namespace)

    def _list(self, cluster: ClusterName, kind: str, namespace: str | None, name: str = "") -> Rows:
        key = (cluster, f"{kind}/{name}" if name else kind, namespace)
        with self._lock:
            known: Rows | KubechatError | None = self._lists.get(key, self._silent.get(cluster))
        if known is None:
            known = self._fetch(cluster, kind, namespace, name)
            with self._lock:
                self._lists[key] = known
                if isinstance(known, ClusterUnreachable):
                    self._silent[cluster] = known
        if isinstance(known, KubechatError):
            raise known
        return known

    def _fetch(self, cluster: ClusterName, kind: str, namespace: str | None, name: str) -> Rows | KubechatError:
        try:
            items = [
                item.get("metadata") or {}
                for body in self._pages(cluster, kind, namespace, Shape.METADATA, name)
                for item in body.get("items") or ()
            ]
            printed = self._printed(cluster, namespace) if kind == "pod" and namespace else {}
        except NotThere:  # the cluster does not serve this kind
            return ()
        except KubechatError as error:
            return error
        return tuple(named_of(cluster, kind, item, printed.get(str(item.get("name", "")), {})) for item in items)

    def _printed(self, cluster: ClusterName, namespace: str) -> dict[str, dict[str, str]]:
        """Pods by name as kubectl prints them: the server computes the status column, as people know it."""
        found: dict[str, dict[str, str]] = {}
        for body in self._pages(cluster, "pod", namespace, Shape.TABLE):
            columns = [str(column.get("name", "")).lower() for column in body.get("columnDefinitions") or ()]
            for row in body.get("rows") or ():
                cells = dict(zip(columns, map(str, row.get("cells") or ()), strict=False))
                found[cells.get("name", "")] = cells
        return found

    def _pages(
        self, cluster: ClusterName, kind: str, namespace: str | None, shape: Shape, name: str = ""
    ) -> Iterator[Mapping[str, Any]]:
        chosen = {"fieldSelector": f"metadata.name={name}"} if name else {}
        token = ""
        while True:
            query = {"limit": PAGE, **chosen, **({"continue": token} if token else {})}
            answer = self._fleet.send(cluster, list_of(KINDS[kind], namespace, query=query, shape=shape), self._actor)
            body = answer.body if isinstance(answer.body, Mapping) else {}
            yield body
            token = str(_metadata_of(body).get("continue") or "")
            if not token:
                return


def _metadata_of(body: Any) -> Mapping[str, Any]:
    found = body.get("metadata") if isinstance(body, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def named_of(
    cluster: ClusterName, kind: str, metadata: Mapping[str, Any], printed: Mapping[str, str] = MappingProxyType({})
) -> Named:
    """From an object's metadata, and what the server prints of it."""
    return Named(
        cluster=cluster,
        namespace=metadata.get("namespace") if KINDS[kind].namespaced else None,
        kind=kind,
        name=str(metadata.get("name", "")),
        labels=metadata.get("labels") or {},
        uid=str(metadata.get("uid", "")),
        status=printed.get("status", ""),
        node=printed.get("node", "").replace("<none>", ""),
    )
