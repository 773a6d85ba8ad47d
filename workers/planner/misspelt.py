"""Typing mistakes in the words of reads and in kinds; names of the fleet are never touched."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from rapidfuzz.distance import OSA

from workers.planner.change_words import HEADS
from workers.planner.filler import ASKING, GLUE, POLITE
from workers.planner.kinds import KIND_WORDS
from workers.planner.read_words import READS, STATUSES
from workers.planner.tokens import Token, vocabulary

SHORTEST = 6  # letters of a keyword; shorter ones are too near to other words
MOST_WORDS = 60  # of a message that is mended; a longer one is pasted
KEYWORDS = vocabulary(
    """
    describe details inspect events status rollout history revision revisions restarts diagnose investigate troubleshoot
    healthy health services deployment deployments deploys namespace namespaces secrets configmap configmaps statefulset
    statefulsets daemonset daemonsets cronjob cronjobs ingress ingresses replicas replicaset replicasets pending failed
    crashlooping running evicted previous container containers memory warnings cluster clusters service version versions
    """
)
ENGLISH = vocabulary(
    """
    contained served severs contains evident stale prune pruned defect serviced sailed detailed retails statue stages
    """
)


def _words(patterns: Collection[str]) -> set[str]:
    return {word for pattern in patterns for part in pattern.split() for word in part.split("|")}


KNOWN = frozenset(
    {word for table in (HEADS, READS) for patterns in table.values() for word in _words(patterns)}
    | _words((*POLITE, *ASKING))
    | GLUE
    | ENGLISH
    | KIND_WORDS.keys()
    | STATUSES.keys()
)
_BY_INITIAL: dict[str, list[str]] = defaultdict(list)
for _word in sorted(KEYWORDS):
    _BY_INITIAL[_word[0]].append(_word)


ORDERS = frozenset(
    pattern for patterns in HEADS.values() for pattern in patterns if pattern.isalpha() and len(pattern) >= SHORTEST - 1
)


def mend_head(tokens: Sequence[Token], at: int) -> None:
    """A first word that no table and no name knows, one letter away from words of one order, is that order.

    Never another first letter (`crash` is no `trash`), nor a letter at the end (`deleted` is no order).
    """
    token = tokens[at]
    if token.low in KNOWN or token.quoted or not token.low.isalpha() or len(token.low) < SHORTEST - 1:
        return
    near = [
        word
        for word in sorted(ORDERS)
        if word[0] == token.low[0] and token.low[:-1] != word and OSA.distance(token.low, word, score_cutoff=1) < 2
    ]
    if len(near) == 1:
        token.low = near[0]


def mend(tokens: Sequence[Token], names: Collection[str]) -> None:
    """A word that no table knows and that is one letter away from exactly one keyword is that keyword."""
    if len(tokens) > MOST_WORDS:
        return
    for token in tokens:
        low = token.low
        if not token.free or token.quoted or len(low) < SHORTEST - 1 or not low.isalpha():
            continue
        if low in KNOWN or low in names:
            continue
        near = [
            word
            for word in _BY_INITIAL.get(low[0], ())
            if abs(len(word) - len(low)) < 2 and OSA.distance(low, word, score_cutoff=1) < 2
        ]
        if len(near) == 1 or (near and {near[0] + "s"} == set(near[1:])):
            token.low = near[0]
