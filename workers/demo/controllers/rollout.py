"""The arithmetic of a rolling update.

The rules are those of k8s.io/kubernetes/pkg/controller/deployment (rolling.go, sync.go, util/deployment_util.go).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Size:
    """One ReplicaSet as the arithmetic sees it."""

    name: str
    wanted: int
    available: int


@dataclass(frozen=True)
class Limits:
    """What a rolling update must respect, in pods."""

    replicas: int
    surge: int
    unavailable: int

    @property
    def most(self) -> int:
        return self.replicas + self.surge if self.replicas else 0

    @property
    def least_available(self) -> int:
        return self.replicas - min(self.unavailable, self.replicas)


def limits(spec: Mapping[str, Any]) -> Limits:
    """The limits of a Deployment's spec; percentages round surge up and unavailable down."""
    replicas = spec.get("replicas", 1)
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return Limits(replicas, 0, replicas)
    rolling = strategy.get("rollingUpdate") or {}
    surge = _pods(rolling.get("maxSurge", "25%"), replicas, math.ceil)
    unavailable = _pods(rolling.get("maxUnavailable", "25%"), replicas, math.floor)
    # Both zero would never move, so the real controller falls back to one unavailable pod.
    return Limits(replicas, surge, unavailable if surge or unavailable else 1)


def _pods(value: int | str, replicas: int, rounded: Any) -> int:
    if isinstance(value, str):
        return int(rounded(replicas * int(value.rstrip("%")) / 100))
    return value


def grow(new: Size, old: Sequence[Size], bounds: Limits) -> int:
    """The new ReplicaSet's next size."""
    if new.wanted >= bounds.replicas:
        return bounds.replicas
    room = bounds.most - new.wanted - sum(one.wanted for one in old)
    return new.wanted + max(0, min(room, bounds.replicas - new.wanted))


def shrink(new: Size, old: Sequence[Size], bounds: Limits) -> dict[str, int]:
    """The next sizes of the old ReplicaSets that shrink; `old` is sorted oldest first.

    Unhealthy pods go first, then healthy ones as far as enough pods stay available.
    """
    sizes = {one.name: one.wanted for one in old}
    total = new.wanted + sum(sizes.values())
    spare = total - bounds.least_available - (new.wanted - new.available)
    if spare <= 0:
        return {}
    for one in old:
        gone = max(0, min(spare, one.wanted - one.available))
        sizes[one.name] -= gone
        spare -= gone
    surplus = new.available + sum(one.available for one in old) - bounds.least_available
    for one in old:
        gone = max(0, min(surplus, sizes[one.name]))
        sizes[one.name] -= gone
        surplus -= gone
    return {one.name: sizes[one.name] for one in old if sizes[one.name] != one.wanted}


def spread(sets: Sequence[Size], bounds: Limits) -> dict[str, int]:
    """New sizes when the number of replicas changes in the middle of a rollout: each set by its share.

    `sets` holds the sets that have pods, the new one included.
    """
    total = sum(one.wanted for one in sets)
    change = bounds.most - total
    if not total or not change:
        return {}
    ordered = sorted(sets, key=lambda one: (-one.wanted, one.name))
    sizes, left = {}, change
    for one in ordered:
        share = round(one.wanted * change / total)
        share = min(share, left) if change > 0 else max(share, left)
        sizes[one.name] = max(0, one.wanted + share)
        left -= share
    sizes[ordered[0].name] = max(0, sizes[ordered[0].name] + left)
    return {one.name: sizes[one.name] for one in sets if sizes[one.name] != one.wanted}
