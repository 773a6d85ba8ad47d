"""All that a policy decides by: the steps, who asks and why, when, and what was seen of the clusters."""

from collections.abc import Mapping
from functools import cached_property

from pydantic import AwareDatetime

from workers.domain.action import Effect
from workers.domain.actor import Actor
from workers.domain.cluster import Cluster
from workers.domain.freeze import Freeze
from workers.domain.observed import Observed
from workers.domain.plan import Step
from workers.domain.value import ClusterName, Value


class Circumstances(Value):
    """As of one moment; never changed, so what is counted from it is counted once."""

    steps: tuple[Step, ...]
    clusters: Mapping[ClusterName, Cluster]
    actor: Actor  # who asks
    reason: str | None = None
    ticket: str | None = None  # found in the reason by the policy's pattern
    at: AwareDatetime  # by the database's clock
    observed: Mapping[int, Observed] = {}  # by the step's number; missing is unknown, and unknown is never safe
    freezes: tuple[Freeze, ...] = ()  # that stand at that moment
    break_glass: bool = False

    @cached_property
    def objects(self) -> int:
        """How many different objects are changed."""
        return len({step.action.target for step in self._changing})

    @cached_property
    def pods(self) -> int | None:
        """How many pods the changes touch together; of several steps on one object the widest counts."""
        touched: dict[tuple[str, str], int] = {}
        for step in self._changing:
            seen = self.observed.get(step.number)
            if seen is None or seen.pods is None:
                return None
            key = seen.cluster_uid, seen.uid or seen.target.text
            touched[key] = max(seen.pods, touched.get(key, 0))
        return sum(touched.values())

    @cached_property
    def _changing(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action.effect is not Effect.READ)
