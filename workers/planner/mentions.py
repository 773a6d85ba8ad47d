"""Which words of a clause are names, kinds and namespaces of the live fleet. Marks what it finds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from workers.domain.kind import KIND_BY_WORD
from workers.domain.value import ClusterName
from workers.planner.ask import Mention
from workers.planner.index import Index
from workers.planner.lexicon import WORKLOAD_WORDS
from workers.planner.tokens import Token, vocabulary

NOT_KINDS = frozenset(
    {"no", "ev", "event", "events", "deploy", "all", "sa", "limits", "rc", "pc", "lease"}
)  # words that mean something else in a sentence
KIND_WORDS = {word: kind.name for word, kind in KIND_BY_WORD.items() if word not in NOT_KINDS} | {
    "quotas": "resourcequota", "volumes": "persistentvolume", "autoscaler": "horizontalpodautoscaler",
    "autoscalers": "horizontalpodautoscaler",
    "endpoint": "endpoints", "netpols": "networkpolicy", "replica-sets": "replicaset", "crons": "cronjob",
    "claims": "persistentvolumeclaim",
    "statefulsets": "statefulset", "svcs": "service", "machines": "node"}  # fmt: skip
PAIRS = {
    ("network", "policy"): "networkpolicy", ("network", "policies"): "networkpolicy", ("config",
    "map"): "configmap", ("config", "maps"): "configmap",
    ("cron", "job"): "cronjob", ("cron", "jobs"): "cronjob", ("service", "account"): "serviceaccount", ("service",
    "accounts"): "serviceaccount",
    ("stateful", "set"): "statefulset", ("stateful", "sets"): "statefulset", ("daemon", "set"): "daemonset",
    ("daemon", "sets"): "daemonset",
    ("storage", "classes"): "storageclass", ("storage", "class"): "storageclass", ("resource",
    "quota"): "resourcequota",
    ("resource", "quotas"): "resourcequota", ("replica", "sets"): "replicaset", ("persistent",
    "volumes"): "persistentvolume",
    ("disruption", "budgets"): "poddisruptionbudget", ("disruption", "budget"): "poddisruptionbudget"}  # fmt: skip
STRANGE_KINDS = vocabulary(
    """
    virtualservice virtualservices certificate certificates volumesnapshot volumesnapshots servicemonitor
    servicemonitors prometheusrule prometheusrules helmrelease helmreleases kustomization kustomizations
    destinationrule destinationrules httproute httproutes podmonitor podmonitors
    """
)  # fmt: skip  # kinds of add-ons that people name
INSIDE = frozenset({"in", "within", "inside", "namespace", "ns", "from", "on", "under"})
SPACE_WORDS = frozenset({"namespace", "ns", "namespaces"})
CALLED = frozenset({"called", "named"})
NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
SELECTOR = re.compile(
    r"[A-Za-z0-9./_-]{1,200}(?:==?|!=)[A-Za-z0-9._-]{0,63}(?:,[A-Za-z0-9./_-]{1,200}(?:==?|!=)[A-Za-z0-9._-]{0,63}){0,9}"
)
LABEL_KEYS = ("app", "tier", "team", "app.kubernetes.io/name", "app.kubernetes.io/instance", "component", "k8s-app")


@dataclass(slots=True)
class Seen:
    mentions: list[Mention] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    namespace: str | None = None
    selector: str | None = None
    bare_namespaces: list[str] = field(default_factory=list)  # a namespace's name where an object's was expected
    strange: list[str] = field(default_factory=list)  # kinds that Kubechat does not know
    places: list[int] = field(default_factory=list)  # where each mention's name stands


def mark(tokens: Sequence[Token], index: Index, clusters: Sequence[ClusterName]) -> Seen:
    seen = Seen()
    by_name = {named.name for named in index.workloads(clusters)}
    spaces = set(index.namespaces(clusters))
    _slashed(tokens, seen, spaces, by_name)
    _selectors(tokens, seen)
    _spaces(tokens, seen, spaces, by_name)
    _names(tokens, seen, by_name, index, clusters)
    _kinds(tokens, seen)
    seen.strange = [t.low for t in tokens if t.free and t.low in STRANGE_KINDS]
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
            after in SPACE_WORDS
            and token.low not in SPACE_WORDS
            and token.low not in ("list", "show", "get", "in", "this", "my", "which")
        ) or (
            before in SPACE_WORDS
            and (token.low in spaces or token.low not in INSIDE)
            and token.low not in ("on", "in", "is", "to")
        )
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
        joined = _joined(tokens, i, workloads)
        low = token.low.removesuffix("'s")
        if joined:
            seen.mentions.append(Mention(name=joined, written=" ".join(t.text for t in tokens[i : i + 2])))
            seen.places.append(i)
            tokens[i].role = tokens[i + 1].role = "name"
        elif low in workloads:
            seen.mentions.append(Mention(name=low))
            seen.places.append(i)
            token.role = "name"
        elif "-" in low and any(low.startswith(f"{name}-") for name in workloads) and low not in KIND_WORDS:
            pods = {pod.name for pod in index.pods(clusters)}
            if low in pods or re.fullmatch(r"[a-z0-9.-]+-(?:[a-z0-9]{4,10}-[a-z0-9]{5}|[a-z0-9]{5}|\d{1,4})", low):
                seen.mentions.append(Mention(name=low, kind="pod"))
                seen.places.append(i)
                token.role = "name"
        elif (
            "-" in low
            and any(c.isdigit() for c in low)
            and NAME.fullmatch(low)
            and low in {n.name for n in index.nodes(clusters)}
        ):
            seen.mentions.append(Mention(name=low, kind="node"))
            seen.places.append(i)
            token.role = "name"
        i += 1


def _joined(tokens: Sequence[Token], i: int, workloads: set[str]) -> str:
    """Two words that are one name with a hyphen: `checkout web`; it goes before either word alone."""
    if i + 1 >= len(tokens) or not tokens[i + 1].free or tokens[i + 1].low in WORKLOAD_WORDS - {"service"}:
        return ""
    name = f"{tokens[i].low}-{tokens[i + 1].low.removesuffix(chr(39) + 's')}"
    return name if name in workloads else ""


def _kinds(tokens: Sequence[Token], seen: Seen) -> None:
    """A kind beside a name belongs to it; a kind before an unknown name makes it a name; others stand for all."""
    i = 0
    while i < len(tokens):
        pair = (
            (tokens[i].low, tokens[i + 1].low)
            if i + 1 < len(tokens) and tokens[i].free and tokens[i + 1].free
            else None
        )
        kind = PAIRS.get(pair) if pair else None
        size = 2 if kind else 1
        kind = kind or (KIND_WORDS.get(tokens[i].low) if tokens[i].free and not tokens[i].quoted else None)
        if kind is None:
            if (
                tokens[i].free
                and tokens[i].low in CALLED
                and i + 1 < len(tokens)
                and tokens[i + 1].free
                and NAME.fullmatch(tokens[i + 1].low)
            ):
                seen.mentions.append(Mention(name=tokens[i + 1].low))
                seen.places.append(i + 1)
                tokens[i].role, tokens[i + 1].role = "glue", "name"
            i += 1
            continue
        for token in tokens[i : i + size]:
            token.role = "kind"
        if not _belongs(tokens, seen, i, size, kind) and not _introduces(tokens, seen, i + size, kind):
            seen.kinds.append(kind)
        i += size


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


BRIDGES = vocabulary(
    """
    on status of backing labelled is behind called for named the
    """
)


def _introduces(tokens: Sequence[Token], seen: Seen, at: int, kind: str) -> bool:
    """`quota payments-quota`: a word with a hyphen or digit, or a quoted one, right after a kind is its name."""
    if at >= len(tokens) or not tokens[at].free or not NAME.fullmatch(tokens[at].low):
        return False
    token = tokens[at]
    if token.quoted or "-" in token.low or (any(c.isdigit() for c in token.low) and not token.low.isdecimal()):
        seen.mentions.append(Mention(name=token.low, kind=kind))
        seen.places.append(at)
        token.role = "name"
        return True
    return False
