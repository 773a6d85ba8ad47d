"""Carries verbs' conversations to clusters as a person, several at a time."""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from workers.domain.actor import Actor
from workers.domain.call import Answer, Call, Right
from workers.domain.cluster import Cluster, Identity
from workers.domain.errors import KubechatError
from workers.domain.observed import Access
from workers.domain.transcript import Bounds, Transcript
from workers.domain.value import ClusterName
from workers.ports import Fleet

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
PARALLEL = 8


def converse(fleet: Fleet, cluster: ClusterName, actor: Actor, talk: Generator[Call, Answer, T]) -> T:
    """What the conversation returns; the server's refusals are raised inside it, where it may handle them."""
    try:
        call = next(talk)
        while True:
            if call.writes:
                raise AssertionError(f"a conversation only reads, but asked to {call.method} {call.path}")
            try:
                answer = fleet.send(cluster, call, actor)
            except KubechatError as error:
                call = talk.throw(error)
            else:
                call = talk.send(answer)
    except StopIteration as end:
        found: T = end.value
        return found


def each(work: Callable[[A], B], items: Sequence[A]) -> list[B]:
    """The results in order; several at a time, because each waits for a cluster."""
    if len(items) == 1:
        return [work(items[0])]
    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        return list(pool.map(work, items))


class Recording:
    """A fleet that remembers the Audit-Id of every call sent through it, also of those that were refused."""

    def __init__(self, fleet: Fleet) -> None:
        self.audit_ids: list[str] = []
        self._fleet = fleet.noting(self.audit_ids.append)

    def clusters(self) -> tuple[Cluster, ...]:
        return self._fleet.clusters()

    def noting(self, note: Callable[[str], None]) -> Fleet:
        """Told to both."""

        def both(audit_id: str) -> None:
            self.audit_ids.append(audit_id)
            note(audit_id)

        return self._fleet.noting(both)

    def identity(self, cluster: ClusterName, actor: Actor) -> Identity:
        return self._fleet.identity(cluster, actor)

    def send(self, cluster: ClusterName, call: Call, actor: Actor, *, dry_run: bool = False, mark: str = "") -> Answer:
        return self._fleet.send(cluster, call, actor, dry_run=dry_run, mark=mark)

    def stream(self, cluster: ClusterName, call: Call, actor: Actor, *, seconds: float) -> Iterator[str]:
        return self._fleet.stream(cluster, call, actor, seconds=seconds)

    def execute(self, cluster: ClusterName, call: Call, actor: Actor, *, mark: str, bounds: Bounds) -> Transcript:
        return self._fleet.execute(cluster, call, actor, mark=mark, bounds=bounds)

    def review(self, cluster: ClusterName, rights: Sequence[Right], actor: Actor) -> tuple[Access, ...]:
        return self._fleet.review(cluster, rights, actor)
