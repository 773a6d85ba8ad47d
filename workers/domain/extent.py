"""What people mean when they say what is to be frozen: the policy's names, groups and tiers."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from workers.domain.cluster import Cluster
from workers.domain.errors import UnknownCluster
from workers.domain.freeze import Freeze, holds
from workers.domain.policy import Policy
from workers.domain.value import ClusterName, Value

EVERYTHING = "everything"
_EVERYTHING = frozenset({EVERYTHING, "all", "all clusters", "every cluster", "*"})


class Extent(Value):
    """What a freeze holds, before it is one."""

    what: str  # a word that means exactly this
    clusters: frozenset[str] = frozenset()  # names or shell patterns
    tiers: frozenset[str] = frozenset()
    everything: bool = False

    def is_of(self, freeze: Freeze) -> bool:
        return (self.clusters, self.tiers, self.everything) == freeze.extent


def extent(policy: Policy, clusters: Mapping[ClusterName, Cluster], said: str) -> Extent:
    """Everything that the word can mean, taken together; raises UnknownCluster with what there is."""
    word = " ".join(said.lower().split()).removeprefix("the ")
    if word in _EVERYTHING:
        return Extent(what=EVERYTHING, everything=True)
    meanings = tuple(_meanings(policy, clusters))
    found = [one for one, words in meanings if word in words]
    if not found:
        raise _unknown(policy, clusters, said, word)
    short = found[0].what
    same = [one for one, words in meanings if short.lower() in words] == found
    return Extent(
        what=short if same else word,
        clusters=frozenset[str]().union(*(one.clusters for one in found)),
        tiers=frozenset[str]().union(*(one.tiers for one in found)),
    )


def held(freeze: Freeze, clusters: Mapping[ClusterName, Cluster]) -> tuple[ClusterName, ...]:
    """The clusters known now that it holds, by name."""
    return tuple(sorted(name for name in clusters if holds(freeze, name, clusters)))


def _meanings(policy: Policy, clusters: Mapping[ClusterName, Cluster]) -> Iterator[tuple[Extent, frozenset[str]]]:
    """Each thing that can be named, with its words in small letters."""
    names = policy.names
    for name in dict.fromkeys((*clusters, *names.aliases)):  # the policy may name one that no worker has seen yet
        seen = clusters[name].aliases if name in clusters else ()
        words = {name, *seen, *names.aliases.get(name, ())}
        yield Extent(what=name, clusters=frozenset({name})), _small(words)
    for group, patterns in names.groups.items():
        words = {group, *names.group_aliases.get(group, ())}
        yield Extent(what=group, clusters=frozenset(patterns)), _small(words)
    for tier in sorted({"production", *(line.tier for line in policy.tiers), *(c.tier for c in clusters.values())}):
        yield Extent(what=tier, tiers=frozenset({tier})), _small({tier, f"tier {tier}", f"{tier} tier"})


def _small(words: set[str]) -> frozenset[str]:
    return frozenset(word.lower() for word in words)


def _unknown(policy: Policy, clusters: Mapping[ClusterName, Cluster], said: str, word: str) -> UnknownCluster:
    meanings = list(_meanings(policy, clusters))
    near = get_close_matches(word, sorted({word for _, words in meanings for word in words}), n=1, cutoff=0.75)
    tiers = [one.what for one, _ in meanings if one.tiers]
    parts = (
        f"clusters {', '.join(sorted(clusters)) or 'none yet'}",
        f"groups {', '.join(sorted(policy.names.groups)) or 'none'}",
        f"tiers {', '.join(tiers)}",
    )
    return UnknownCluster(
        f"'{said}' is no cluster, group or tier",
        now="; ".join(parts),
        then=f"did you mean '{near[0]}'?" if near else f"name one of them, or '{EVERYTHING}'",
    )
