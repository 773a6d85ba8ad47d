"""What must not be changed for a while, whatever anybody approves: a freeze of clusters, tiers, or everything.

Whether a freeze still stands is decided by the database's clock: the store gives only those that do.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from pydantic import AwareDatetime

from workers.domain.cluster import Cluster, tier_of
from workers.domain.value import ClusterName, PersonId, Value

RULE = "freeze"  # under what name a freeze refuses


class FreezeRights(Value):
    """Whose word freezes, and whose lifts: the policy's section `freeze`."""

    groups: frozenset[str] = frozenset({"sre"})
    unfreeze_groups: frozenset[str] = frozenset({"sre"})


class Freeze(Value):
    """No write begins in what it holds until it ends or is lifted; reads go on, and so does the watch of a rollout."""

    id: str  # "frz-7f3k2m9q"
    what: str  # as people call it, and lift it: "prod", "everything"
    clusters: frozenset[str] = frozenset()  # names or shell patterns
    tiers: frozenset[str] = frozenset()
    everything: bool = False
    by: PersonId
    reason: str
    at: AwareDatetime
    until: AwareDatetime | None = None  # None: until somebody lifts it

    @property
    def extent(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """What it holds, to be compared with what another one does."""
        return self.clusters, self.tiers, self.everything

    @property
    def end(self) -> str:
        return f"until {self.until:%m-%d %H:%M} UTC" if self.until else "until somebody lifts it"

    @property
    def text(self) -> str:
        """`prod is frozen by alice since 11-23 14:02 UTC, until 11-23 16:02 UTC: game night`."""
        return f"{self.what} is frozen by {self.by} since {self.at:%m-%d %H:%M} UTC, {self.end}: {self.reason}"

    @property
    def lifting(self) -> str:
        """What to type to end it."""
        return f"`unfreeze {self.what} because ...`"


def holds(freeze: Freeze, cluster: ClusterName, clusters: Mapping[ClusterName, Cluster]) -> bool:
    """Whether nothing may be changed in that cluster; one that is not known counts as production."""
    return (
        freeze.everything
        or any(fnmatchcase(cluster, pattern) for pattern in freeze.clusters)
        or tier_of(clusters, cluster) in freeze.tiers
    )


def holding(
    freezes: Iterable[Freeze], touched: Iterable[ClusterName], clusters: Mapping[ClusterName, Cluster]
) -> tuple[Freeze, ...]:
    """Those that hold at least one of these clusters."""
    names = tuple(touched)
    return tuple(freeze for freeze in freezes if any(holds(freeze, name, clusters) for name in names))
