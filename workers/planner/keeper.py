"""Keeps an index of names fresh: one list of each kind of each cluster, then a watch that brings only what changes.

Metadata only. A watch that ends is taken up where it was; one that the server cannot resume (410) begins with a list.
Protocol: Kubernetes API concepts, "Efficient detection of changes", v1.36.
"""

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

import msgspec

from workers.domain.actor import Account, Actor
from workers.domain.call import Call, Shape, list_of
from workers.domain.errors import KubechatError
from workers.domain.kind import KINDS
from workers.domain.value import ClusterName, PersonId
from workers.planner.live import named_of
from workers.planner.name_index import KEPT, NameIndex
from workers.ports import Fleet

WATCH_SECONDS = 25.0  # of one watch: well below what an index is believed for without news
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0  # after an error


class Keeper:
    """Threads that keep `index` as the clusters are; they end with the process.

    They list and watch as `person`, who needs no more than `list` and `watch` on the kinds kept.
    """

    def __init__(self, fleet: Fleet, index: NameIndex, person: PersonId, watch_seconds: float = WATCH_SECONDS) -> None:
        account = Account(system="kubechat", workspace="", user_id=person)
        self._actor = Actor(person_id=person, name=person, groups=frozenset(), account=account, verified_by="token")
        self._fleet = fleet
        self._index = index
        self._watch_seconds = watch_seconds
        self._threads: list[threading.Thread] = []
        self._ended = threading.Event()
        self._lost: SimpleQueue[str] = SimpleQueue()

    def start(self) -> None:
        """Returns at once."""
        for cluster in self._fleet.clusters():
            if not cluster.reachable:
                continue
            for kind in KEPT:
                name = f"names {cluster.name} {kind}"
                thread = threading.Thread(target=self._keep, args=(cluster.name, kind), daemon=True, name=name)
                self._threads.append(thread)
                thread.start()

    def lost(self) -> Iterator[str]:
        """What could not be kept since the last call; the threads log nothing, for a fork may happen at any moment."""
        with suppress(Empty):
            while True:
                yield self._lost.get_nowait()

    def stop(self) -> None:
        """Waits until every watch has come to its end."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _keep(self, cluster: ClusterName, kind: str) -> None:
        version, pause = "", FIRST_PAUSE_SECONDS
        while not self._ended.is_set():
            try:
                version = self._watched(cluster, kind, version) if version else self._listed(cluster, kind)
                pause = FIRST_PAUSE_SECONDS
            except KubechatError as error:
                version = ""
                if pause == FIRST_PAUSE_SECONDS:
                    self._lost.put(f"{KINDS[kind].plural} of {cluster}: {error.message}")
                self._ended.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311  # so that not all ask at once
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _listed(self, cluster: ClusterName, kind: str) -> str:
        """The resource version to watch from."""
        answer = self._fleet.send(cluster, list_of(KINDS[kind], None, shape=Shape.METADATA), self._actor)
        body: Mapping[str, Any] = answer.body
        self._index.replace(
            cluster, kind, (named_of(cluster, kind, item.get("metadata") or {}) for item in body.get("items") or ())
        )
        return str((body.get("metadata") or {}).get("resourceVersion", ""))

    def _watched(self, cluster: ClusterName, kind: str, version: str) -> str:
        """Where the next watch goes on; empty when it must begin with a list."""
        query = {
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": f"{self._watch_seconds:.0f}",
        }
        call = list_of(KINDS[kind], None, query=query, shape=Shape.METADATA)
        for event in self._events(cluster, call):
            metadata = event.object.get("metadata") or {}
            if event.type == "ERROR":
                return ""
            if event.type in ("ADDED", "MODIFIED"):
                self._index.put(named_of(cluster, kind, metadata))
            elif event.type == "DELETED":
                space = metadata.get("namespace") if KINDS[kind].namespaced else None
                self._index.drop(cluster, kind, space, str(metadata.get("name", "")))
            version = str(metadata.get("resourceVersion") or version)
            self._index.heard(cluster, kind)
        self._index.heard(cluster, kind)
        return version

    def _events(self, cluster: ClusterName, call: Call) -> Iterator["_Event"]:
        for line in self._fleet.stream(cluster, call, self._actor, seconds=self._watch_seconds + 5):
            try:
                yield _EVENT.decode(line)
            except msgspec.MsgspecError:
                yield _Event(type="ERROR", object={})  # what cannot be read is listed anew


class _Event(msgspec.Struct):
    type: str
    object: dict[str, Any]


_EVENT = msgspec.json.Decoder(_Event)
