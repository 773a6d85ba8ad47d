"""Which words of a clause name a kind, and whose: `the payment-config configmap`, `network policies`, `hpa of web`."""

import re
from collections.abc import Sequence

from workers.domain.kind import KIND_BY_WORD, KINDS
from workers.domain.value import ClusterName
from workers.planner.ask import Mention, Seen
from workers.planner.index import Index
from workers.planner.tokens import Token, vocabulary

# Short names that mean something else in a sentence.
NOT_KINDS = frozenset({"no", "ev", "event", "events", "deploy", "all", "sa", "limits", "rc", "pc", "lease", "role"})
KIND_WORDS = {word: kind.name for word, kind in KIND_BY_WORD.items() if word not in NOT_KINDS} | {
    "quotas": "resourcequota", "volumes": "persistentvolume", "autoscaler": "horizontalpodautoscaler",
    "autoscalers": "horizontalpodautoscaler", "endpoint": "endpoints", "netpols": "networkpolicy",
    "replica-sets": "replicaset", "crons": "cronjob", "claims": "persistentvolumeclaim", "svcs": "service",
    "machines": "node", "cms": "configmap", "svcaccounts": "serviceaccount"}  # fmt: skip
MORE_PHRASES = {
    "volume claim": "persistentvolumeclaim", "volume claims": "persistentvolumeclaim",
    "disruption budget": "poddisruptionbudget", "disruption budgets": "poddisruptionbudget"}  # fmt: skip
STRANGE_KINDS = vocabulary(
    """
    virtualservice virtualservices certificate certificates volumesnapshot volumesnapshots servicemonitor
    servicemonitors prometheusrule prometheusrules helmrelease helmreleases kustomization kustomizations
    destinationrule destinationrules httproute httproutes podmonitor podmonitors
    """
)  # kinds of add-ons that people name
CALLED = frozenset({"called", "named"})
BRIDGES = vocabulary("on status of backing labelled is behind called for named the")
NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
LONGEST = 3


def _phrases() -> dict[tuple[str, ...], str]:
    """`persistent volume claims` and the like, from the kinds' own titles."""
    found = {tuple(phrase.split()): kind for phrase, kind in MORE_PHRASES.items()}
    for kind in KINDS.values():
        words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", kind.title)
        if len(words) > 1:
            *first, last = (word.lower() for word in words)
            found[*first, last] = kind.name
            found[*first, kind.plural[len("".join(first)) :]] = kind.name
    return found


PHRASES = _phrases()


def mark_kinds(tokens: Sequence[Token], seen: Seen, index: Index, clusters: Sequence[ClusterName]) -> None:
    """A kind beside a name belongs to it; a kind beside an unknown name makes it a name; others stand for all."""
    i = 0
    while i < len(tokens):
        kind, size = kind_at(tokens, i)
        if not kind:
            _called(tokens, seen, i)
            i += 1
            continue
        for token in tokens[i : i + size]:
            token.role = "kind"
        if not _belongs(tokens, seen, i, size, kind) and not _names(
            tokens, seen, (i + size, i - 1), kind, index, clusters
        ):
            seen.kinds.append(kind)
        i += size
    seen.strange = [t.low for t in tokens if t.free and t.low in STRANGE_KINDS]


def kind_at(tokens: Sequence[Token], i: int) -> tuple[str, int]:
    """The kind that the words at `i` name, and how many words do; "" when none."""
    if not tokens[i].free or tokens[i].quoted:
        return "", 0
    for size in range(min(LONGEST, len(tokens) - i), 1, -1):
        part = tokens[i : i + size]
        if all(token.free for token in part) and (kind := PHRASES.get(tuple(token.low for token in part))):
            return kind, size
    return KIND_WORDS.get(tokens[i].low, ""), 1


def _called(tokens: Sequence[Token], seen: Seen, i: int) -> None:
    """`called X` and `named X` are names, whatever there is."""
    following = tokens[i + 1] if i + 1 < len(tokens) else None
    if tokens[i].free and tokens[i].low in CALLED and following and following.free and NAME.fullmatch(following.low):
        seen.mentions.append(Mention(name=following.low))
        seen.places.append(i + 1)
        tokens[i].role, following.role = "glue", "name"


def _belongs(tokens: Sequence[Token], seen: Seen, i: int, size: int, kind: str) -> bool:
    """Gives the kind to the name beside it, or behind `of`, `for`, `on`, when that name has none yet."""
    ahead = i + size
    while (
        ahead < len(tokens) and ahead < i + size + 4 and (tokens[ahead].low in BRIDGES) and tokens[ahead].role != "name"
    ):
        ahead += 1
    for beside in (ahead, i - 1):
        if beside not in seen.places:
            continue
        at = seen.places.index(beside)
        mention = seen.mentions[at]
        if mention.kind is not None:
            return mention.kind == kind
        if kind == "pod" and tokens[i].low == "pods":
            seen.kinds.append(kind)
        else:
            seen.mentions[at] = Mention(name=mention.name, kind=kind, written=mention.written)
        return True
    return False


def _names(
    tokens: Sequence[Token],
    seen: Seen,
    places: Sequence[int],
    kind: str,
    index: Index,
    clusters: Sequence[ClusterName],
) -> bool:
    """`quota payments-quota`, `the payments-quota quota`: a word that looks like a name, or is one of that kind."""
    behind = places[0]
    for at in places:
        token = tokens[at] if 0 <= at < len(tokens) else None
        if token is None or not token.free or not NAME.fullmatch(token.low) or token.low.isdecimal():
            continue
        looks = token.quoted or "-" in token.low or any(c.isdigit() for c in token.low)
        if (looks and at == behind) or ((looks or at == behind) and index.called(kind, token.low, clusters)):
            seen.mentions.append(Mention(name=token.low, kind=kind))
            seen.places.append(at)
            token.role = "name"
            return True
    return False
