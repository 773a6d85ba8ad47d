"""Which clusters the words name: names, aliases, groups and exclusions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from workers.domain.cluster import Cluster
from workers.domain.policy import ClusterNames
from workers.domain.value import ClusterName
from workers.planner.tokens import Token, vocabulary

EVERYWHERE = ("everywhere", "all clusters", "every cluster", "each cluster", "the fleet", "whole fleet", "fleet",
    "fleet-wide", "all the clusters",
              "all environments", "every environment", "all envs", "all our clusters", "all regions",
              "all four clusters", "across the board", "any cluster")  # fmt: skip
EXCLUDING = vocabulary(
    """
    apart excluding without except minus excl not besides other but
    """
)
BETWEEN = frozenset({"for", "from", "than", "the", "in", "on", "and", "or", "&", "both", "cluster", ","})
QUANTIFIERS = frozenset(
    {"all", "every", "any", "each", "the"}
)  # a group may be called so; alone the word means objects
PRONOUN = "us"  # also what people call a region
PERSON_BEFORE = vocabulary(
    """
    give show tell let help get send for with of make want need needs bring hit hits hitting affects affecting causing
    costs cost killing kills bit bites remind ask asks call ping page pages paging alert alerts alerted warn warns told
    gave sent bothering lets save saves block blocks blocking
    """
)  # behind these, "us" are people
PLACE_BEFORE = vocabulary(
    """
    in on to from at and & prod both eu cluster across vs over context than not except or , /
    """
)
LONGEST = 4


@dataclass(frozen=True, slots=True)
class Said:
    """Clusters that words named, in fleet order; `unknown` are names that no cluster has."""

    clusters: tuple[ClusterName, ...] = ()
    unknown: tuple[str, ...] = ()
    how: str = ""  # the words
    origins: tuple[ClusterName, ...] = ()  # of these, the ones after "from"

    def __bool__(self) -> bool:
        return bool(self.clusters or self.unknown)


class Book:
    """Every word for every cluster of the fleet."""

    def __init__(self, clusters: Sequence[Cluster], names: ClusterNames) -> None:
        self.order = tuple(cluster.name for cluster in clusters)
        self.tiers = {cluster.name: cluster.tier for cluster in clusters}
        self._words: dict[tuple[str, ...], tuple[ClusterName, ...]] = {}
        for group, patterns in names.groups.items():
            members = tuple(c for c in self.order if any(fnmatchcase(c, pattern) for pattern in patterns))
            self._add((group, *names.group_aliases.get(group, ())), members)
        for cluster in clusters:
            for group in cluster.groups:
                self._add((group,), tuple(c.name for c in clusters if group in c.groups))
        self._add(EVERYWHERE, self.order)
        for cluster in clusters:
            self._add((cluster.name, *cluster.aliases, *names.aliases.get(cluster.name, ())), (cluster.name,))
        self._firsts = frozenset(words[0] for words in self._words)

    def _add(self, phrases: Iterable[str], clusters: tuple[ClusterName, ...]) -> None:
        for phrase in phrases:
            if clusters and phrase.lower() not in QUANTIFIERS:
                for spelling in (phrase, phrase + "s"):
                    self._words[tuple(spelling.lower().split())] = clusters

    def meaning(self, phrase: str) -> tuple[ClusterName, ...]:
        """The clusters of one name, alias or group; empty when there is none."""
        return self._words.get(tuple(phrase.lower().split()), ())

    def spellings(self) -> tuple[str, ...]:
        return tuple(" ".join(words) for words in self._words)

    def read(self, tokens: Sequence[Token]) -> Said:
        """Marks the tokens that name clusters."""
        named: dict[ClusterName, None] = {}
        excluded: set[ClusterName] = set()
        origins: dict[ClusterName, None] = {}
        how: list[str] = []
        i, end, excluding = 0, 0, False
        while i < len(tokens):
            hit = self._at(tokens, i)
            if hit is None:
                i += 1
                continue
            size, clusters = hit
            excluding = self._excluded(tokens, end, i, before=excluding)
            for token in tokens[i : i + size]:
                token.role = "scope"
            if excluding:
                excluded |= set(clusters)
            else:
                named |= dict.fromkeys(clusters)
                origins |= dict.fromkeys(clusters if i and tokens[i - 1].low == "from" else ())
            how.append(" ".join(token.text for token in tokens[i : i + size]))
            i = end = i + size
        if excluded and not named:
            named = dict.fromkeys(self.order)
        return Said(
            clusters=tuple(c for c in self.order if c in named and c not in excluded),
            how=", ".join(how),
            origins=tuple(origins),
        )

    @staticmethod
    def _excluded(tokens: Sequence[Token], end: int, start: int, *, before: bool) -> bool:
        """Whether `except`, `but not`, ... governs the cluster at `start`; a list goes on with what it began as."""
        i = start - 1
        while i >= end and tokens[i].low in BETWEEN:
            i -= 1
        if i < end:
            return before and end > 0
        found = False
        while i >= end and tokens[i].low in EXCLUDING:
            tokens[i].role, found, i = "scope", True, i - 1
        if found:
            for token in tokens[i + 1 : start]:
                token.role = token.role or ("scope" if token.kind == "word" else "")
        return found

    def _at(self, tokens: Sequence[Token], start: int) -> tuple[int, tuple[ClusterName, ...]] | None:
        if tokens[start].low not in self._firsts:
            return None
        for size in range(min(LONGEST, len(tokens) - start), 0, -1):
            part = tokens[start : start + size]
            if any(not token.free for token in part):
                continue
            clusters = self._words.get(tuple(token.low for token in part))
            if clusters and not (part[0].low == PRONOUN and size == 1 and not self._is_place(tokens, start)):
                return size, clusters
        return None

    def _is_place(self, tokens: Sequence[Token], at: int) -> bool:
        """`us` is a region after a word of place, or at the end; after give, show, tell, let it is a pronoun."""
        before = tokens[at - 1].low if at else ""
        return before in PLACE_BEFORE or bool(before and before not in PERSON_BEFORE)
