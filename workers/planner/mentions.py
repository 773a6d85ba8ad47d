"""Which words of a clause are names, kinds and namespaces of the live fleet. Marks what it finds."""

import re
from collections.abc import Sequence

from workers.domain.kind import KIND_BY_WORD
from workers.domain.target import EVERYWHERE
from workers.domain.value import ClusterName
from workers.planner.ask import Mention, Seen
from workers.planner.change_words import WORKLOAD_WORDS
from workers.planner.index import Index
from workers.planner.kinds import KIND_WORDS, NAME, mark_kinds
from workers.planner.near import near
from workers.planner.tokens import Token, vocabulary

INSIDE = frozenset({"in", "within", "inside", "namespace", "ns", "from", "on", "under"})
NO_SPACE = INSIDE | vocabulary(
    """
    list show get give describe this my our your which what whose how many every each any all is are to with where and
    or status of new same other another do we have there events logs pods for me see count by per across
    """
)  # beside the word namespace, these do not name one
EVERY_SPACE = frozenset({"all", "every", "each", "any", "across"})
SPACE_WORDS = frozenset({"namespace", "ns", "namespaces"})
SELECTOR = re.compile(
    r"[A-Za-z0-9./_-]{1,200}(?:==?|!=)[A-Za-z0-9._-]{0,63}(?:,[A-Za-z0-9./_-]{1,200}(?:==?|!=)[A-Za-z0-9._-]{0,63}){0,9}"
)
POD_NAME = re.compile(r"[a-z0-9.-]+-(?:[a-z0-9]{4,10}-[a-z0-9]{5}|[a-z0-9]{5}|\d{1,4})")
LABEL_KEYS = ("app", "tier", "team", "app.kubernetes.io/name", "app.kubernetes.io/instance", "component", "k8s-app")


def mark(tokens: Sequence[Token], index: Index, clusters: Sequence[ClusterName]) -> Seen:
    seen = Seen()
    by_name = {named.name for named in index.workloads(clusters)}
    spaces = set(index.namespaces(clusters))
    _slashed(tokens, seen, spaces, by_name)
    _selectors(tokens, seen)
    _every_space(tokens, seen)
    _spaces(tokens, seen, spaces, by_name)
    _names(tokens, seen, by_name, index, clusters)
    mark_kinds(tokens, seen, index, clusters)
    for token in tokens:
        if token.free and token.low in spaces and token.low != "default":
            seen.bare_namespaces.append(token.low)
            token.role = "namespace"
    return seen


def _slashed(tokens: Sequence[Token], seen: Seen, spaces: set[str], workloads: set[str]) -> None:
    """`deploy/web`, `sts/postgres`, and `payments/payment-api` with a namespace."""
    for i, token in enumerate(tokens):
        kind, slash, name = token.low.partition("/")
        if token.free and slash and kind in KIND_BY_WORD and NAME.fullmatch(name):
            seen.mentions.append(Mention(name=name, kind=KIND_BY_WORD[kind].name))
            seen.places.append(i)
            token.role = "name"
        elif token.free and kind in spaces and name in workloads:
            seen.mentions.append(Mention(name=name))
            seen.places.append(i)
            seen.namespace, token.role = kind, "name"


def _selectors(tokens: Sequence[Token], seen: Seen) -> None:
    for i, token in enumerate(tokens):
        key = re.split("[=!]", token.low, maxsplit=1)[0]
        if (
            token.free
            and SELECTOR.fullmatch(token.text)
            and (key in LABEL_KEYS or (i and tokens[i - 1].low in ("label", "labels", "selector", "-l")))
        ):
            seen.selector = token.text.replace("==", "=")
            token.role = "param"
            if i and tokens[i - 1].low in ("label", "labels", "selector", "-l", "labelled"):
                tokens[i - 1].role = "param"


def _every_space(tokens: Sequence[Token], seen: Seen) -> None:
    """`in all namespaces`, `every namespace` beside another kind; alone, the namespaces themselves are meant."""
    for i, token in enumerate(tokens):
        if not token.free or token.low not in SPACE_WORDS:
            continue
        first = i - 1
        while first >= 0 and tokens[first].low in ("the", "of", "our"):
            first -= 1
        if first < 0 or tokens[first].low not in EVERY_SPACE:
            continue
        others = any(t.free and t.low in KIND_WORDS and t.low not in SPACE_WORDS for t in tokens)
        if others or (first and tokens[first - 1].low in INSIDE | {"across", "over"}):
            seen.namespace = EVERYWHERE
            for marked in tokens[first : i + 1]:
                marked.role = "namespace"


def _spaces(tokens: Sequence[Token], seen: Seen, spaces: set[str], workloads: set[str]) -> None:
    """A namespace that is said to be one: `namespace X`, `the X namespace`, `in X`."""
    for i, token in enumerate(tokens):
        if (
            not token.free
            or token.low in ("the", "a", "all", "each", "every", "any", "and", "of")
            or not NAME.fullmatch(token.low)
        ):
            continue
        before = tokens[i - 1].low if i else ""
        if before == "the" and i > 1:
            before = tokens[i - 2].low
        after = tokens[i + 1].low if i + 1 < len(tokens) else ""
        explicit = (
            after in SPACE_WORDS and token.low not in SPACE_WORDS and (token.low in spaces or token.low not in NO_SPACE)
        ) or (before in SPACE_WORDS and (token.low in spaces or token.low not in NO_SPACE))
        implied = before in INSIDE and token.low in spaces and token.low not in workloads
        pair = f"{token.low}-{after}" in workloads
        if pair or not (explicit or implied):
            continue
        if seen.namespace is not None and seen.namespace != token.low:
            continue
        seen.namespace = token.low
        token.role = "namespace"
        for j in (i - 1, i + 1):
            if 0 <= j < len(tokens) and tokens[j].free and tokens[j].low in SPACE_WORDS:
                tokens[j].role = "namespace"


def _names(
    tokens: Sequence[Token], seen: Seen, workloads: set[str], index: Index, clusters: Sequence[ClusterName]
) -> None:
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if not token.free:
            i += 1
            continue
        joined = (
            _joined(tokens, i, workloads)
            or _mistyped(tokens, i, workloads)
            or _numbered(tokens, i, workloads, index, clusters)
        )
        low = token.low.removesuffix("'s")
        if joined:
            size = 1 if joined == low else 2
            written = "" if size == 1 else " ".join(t.text for t in tokens[i : i + 2])
            seen.mentions.append(Mention(name=joined, written=written))
            seen.places.append(i)
            for part in tokens[i : i + size]:
                part.role = "name"
        elif low in workloads:
            seen.mentions.append(Mention(name=low))
            seen.places.append(i)
            token.role = "name"
        elif "-" in low and any(low.startswith(f"{name}-") for name in workloads) and low not in KIND_WORDS:
            if POD_NAME.fullmatch(low) or index.called("pod", low, clusters):
                seen.mentions.append(Mention(name=low, kind="pod"))
                seen.places.append(i)
                token.role = "name"
        elif (
            "-" in low and any(c.isdigit() for c in low) and NAME.fullmatch(low) and index.called("node", low, clusters)
        ):
            seen.mentions.append(Mention(name=low, kind="node"))
            seen.places.append(i)
            token.role = "name"
        i += 1


def _mistyped(tokens: Sequence[Token], i: int, workloads: set[str]) -> str:
    """A word with a hyphen that is near exactly one name, and neither the name of another kind nor of a pod or node."""
    low = tokens[i].low
    beside = {token.low for token in tokens[max(0, i - 1) : i + 2]}
    if "-" not in low or low in workloads or beside & KIND_WORDS.keys() or any(c.isdigit() for c in low):
        return ""
    return low if len(near(low, workloads)) == 1 else ""


def _numbered(
    tokens: Sequence[Token], i: int, workloads: set[str], index: Index, clusters: Sequence[ClusterName]
) -> str:
    """`worker 3`, as people say `worker-3`; only of nodes, since a number beside a workload counts its replicas."""
    word, number = tokens[i], tokens[i + 1] if i + 1 < len(tokens) else None
    if (
        number is None
        or not number.free
        or not number.low.isdecimal()
        or not word.low.isalpha()
        or word.low in workloads
    ):
        return ""
    name = f"{word.low}-{number.low}"
    return name if index.called("node", name, clusters) else ""


def _joined(tokens: Sequence[Token], i: int, workloads: set[str]) -> str:
    """Two words that are one name with a hyphen: `checkout web`; it goes before either word alone."""
    if i + 1 >= len(tokens) or not tokens[i + 1].free or tokens[i + 1].low in WORKLOAD_WORDS - {"service"}:
        return ""
    name = f"{tokens[i].low}-{tokens[i + 1].low.removesuffix(chr(39) + 's')}"
    return name if name in workloads else ""
