"""A sentence of a person as asks, clause by clause; what one clause leaves out is taken from its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from workers.domain.action import Verb
from workers.domain.value import ClusterName
from workers.planner import clauses, frames, lexicon, mentions, read_frames, talk
from workers.planner.ask import CHANGES, Ask, Mention
from workers.planner.filler import GLUE, TRADE
from workers.planner.flags import flags
from workers.planner.index import Index
from workers.planner.match import Hit
from workers.planner.scope import Book, Said
from workers.planner.tokens import Token, said, word

PRONOUNS = frozenset({"it", "them", "its", "that", "this", "those", "these", "they", "same"})
EVERY = frozenset({"all", "every", "each", "everything", "any", "whole", "entire"})
SYMPTOMS = frozenset(
    "crashing crashlooping crashes slow down failing fails failed stuck broken unhealthy latency leaking wedged timeouts errors erroring "
    "5xx 500s 503s oom oomkilled throttled throttling unavailable unreachable flapping dying hanging degraded outage 502s 504s".split()
)
LIMITS = frozenset({"if", "unless", "only", "until", "once", "later", "tomorrow", "tonight", "instead", "wait", "except", "provided"})
INHERITING = frozenset({Verb.ROLLOUT_STATUS, Verb.ROLLOUT_HISTORY, Verb.LOGS})
BLOCKING = frozenset({"can't", "cannot", "won't", "no longer"})  # these negations describe; the others forbid


@dataclass(slots=True)
class Heard:
    """What a message came to."""

    asks: list[Ask] = field(default_factory=list)
    negated: bool = False  # a clause says what not to do
    supposed: bool = False  # a change inside a question
    limited: str = ""  # a remark with a condition, or an order that is not understood
    vague: bool = False  # an order without a known verb
    symptoms: bool = False  # only remarks, of trouble


@dataclass(slots=True)
class _Clause:
    tokens: list[Token]
    start: int
    said: Said
    flagged: dict[str, str]
    seen: mentions.Seen
    head: Hit | None = None
    verb: str = ""
    question: bool = False


def hear(tokens: list[Token], book: Book, index: Index, default: Sequence[ClusterName]) -> Heard:
    """Asks in order; index is only asked about the clusters that the message or the place names."""
    heard = Heard()
    parts = [_open(clause, book) for clause in clauses.split(tokens)]
    named = tuple(dict.fromkeys(c for part in parts for c in part.said.clusters))
    looked = named or tuple(default) or book.order
    index.prefetch(looked)
    ask_allowed = clauses.asking(tokens)
    for part in parts:
        _find(part, index, looked)
        part.question = any(t.low == "?" for t in part.tokens)
    several = len(parts) > 1
    for part in parts:
        if talk.negated(part.tokens) and not (part.head and part.head.pattern.startswith("don't")):
            heard.negated = heard.negated or not _describes(part.tokens)
            if part.verb in CHANGES:
                continue
        if (
            part.verb in CHANGES
            and not clauses.is_unknown(part.head or _NONE)
            and (clauses.interrogative(part.tokens, part.start) or (part.question and not ask_allowed))
        ):
            heard.supposed = True
            continue
        if not part.verb or (several and part.verb == lexicon.DIAGNOSE and _is_statement(part)):
            _remark(heard, part, several=several)
            continue
        heard.asks.append(_ask(part, index, looked))
    heard.asks = _continued(heard.asks, parts, index, looked)
    heard.asks = _inherit(heard.asks)
    return heard


_NONE = Hit(key="", pattern="", places=(0,))


def _describes(tokens: Sequence[Token]) -> bool:
    return any(token.low in BLOCKING for token in tokens) or "longer" in {token.low for token in tokens}


def _is_statement(part: _Clause) -> bool:
    """`payment-api is down`: a verb of trouble in a sentence that neither asks nor orders."""
    first = next((t for t in part.tokens[part.start :] if t.kind == "word"), None)
    hit = next(iter(clauses.read_hits(part.tokens, part.start)), None)
    ordered = first is not None and hit is not None and part.tokens[hit.start] is first
    return not part.question and not ordered and not clauses.interrogative(part.tokens, part.start)


def _open(tokens: list[Token], book: Book) -> _Clause:
    tokens = _labelled(tokens)
    clauses.correct(tokens)
    start = clauses.strip(tokens)
    flagged = flags(tokens)
    place = book.read(tokens)
    if context := flagged.pop("context", ""):
        clusters = book.meaning(context)
        place = Said(clusters=clusters, unknown=() if clusters else (context,), how=context)
    return _Clause(tokens=tokens, start=start, said=place, flagged=flagged, seen=mentions.Seen())


LABELS = frozenset({"namespace", "cluster", "deployment", "pod", "node", "statefulset", "daemonset", "cronjob", "job"})


def _labelled(tokens: Sequence[Token]) -> list[Token]:
    """`deployment=search-api`, as alerts write it, is a kind and a name."""
    found: list[Token] = []
    for token in tokens:
        key, equals, value = token.text.partition("=")
        plain = value.strip("\"'")
        labelled = token.kind == "word" and equals and key.lower() in LABELS and plain
        found += [word(key), word(plain)] if labelled else [token]
    return found


def _find(part: _Clause, index: Index, clusters: Sequence[ClusterName]) -> None:
    """Verb first, then names; a change that stands behind its object is looked for once the object is known."""
    tokens = part.tokens
    if not clauses.interrogative(tokens, part.start):
        _head(part)
    _mark_head(part)
    _containers(part)
    part.seen = mentions.mark(tokens, index, clusters)
    if not part.head and not clauses.interrogative(tokens, part.start):
        _head(part)
        _mark_head(part)
    if part.head:
        part.verb = _meant(part)
    if not part.verb:
        hits = clauses.read_hits(tokens, part.start)
        part.verb = hits[0].key if hits else ""


def _mark_head(part: _Clause) -> None:
    """Numbers of a pattern stay free: they are parameters."""
    for place in part.head.places if part.head else ():
        token = part.tokens[place]
        if token.free and not token.low.isdecimal() and token.low not in frames.NUMBERS:
            token.role = "verb"


def _head(part: _Clause) -> None:
    at = next(
        (i for i, t in enumerate(part.tokens) if i >= part.start and t.free and t.low not in GLUE - {"up", "down"}),
        None,
    )
    part.head = clauses.change_head(part.tokens, part.start) if part.start < len(part.tokens) else None
    if part.head is None and at is not None:
        part.head = clauses.change_head(part.tokens, at)


def _containers(part: _Clause) -> None:
    """A container's name is taken before names: it may be a workload's name too."""
    if "container" in part.flagged:
        return
    params: dict[str, str | int | bool] = {}
    frames._container(part.tokens, params)
    if params:
        part.flagged["container"] = str(params["container"])


def _meant(part: _Clause) -> str:
    """What a head means by what stands beside it."""
    assert part.head is not None  # noqa: S101  # the caller's condition
    if clauses.is_unknown(part.head):
        return "unknown"
    key, pattern = part.head.key, part.head.pattern
    words = {t.low for t in part.tokens if t.kind == "word"}
    version = any(
        t.free
        and (frames.VERSION.fullmatch(t.low) or ((":" in t.text or "@" in t.text) and frames.IMAGE.fullmatch(t.text)))
        for t in part.tokens
    )
    number = any(t.free and frames.whole(t.low.rstrip("%")) is not None for t in part.tokens)
    units = bool(words & frames.UNITS)
    if key == lexicon.SET:
        if version or ("image" in pattern and not number):
            return Verb.SET_IMAGE
        counted = words & (set(frames.NUMBERS) - {"a", "an", "another", "one", "nothing"})
        if number or counted or (units and "one" in words) or any("replicas=" in w for w in words):
            return Verb.SCALE
        return (
            ""
            if pattern.split()[-1] in ("need", "want")
            else ("unknown" if any("=" in w for w in words) else "unclear")
        )
    if key == lexicon.ROLL_TO:
        return Verb.SET_IMAGE if version or not (units and number) else Verb.SCALE
    if key == lexicon.ADD:
        return Verb.SCALE if units else "unknown"
    if key == Verb.ROLLBACK and version and not words & {"revision", "rev"}:
        return Verb.SET_IMAGE
    return key


def _ask(part: _Clause, index: Index, clusters: Sequence[ClusterName]) -> Ask:
    tokens, verb, seen = part.tokens, part.verb, part.seen
    head = part.head.pattern if part.head and verb in CHANGES else ""
    action = Verb.DELETE_POD if verb == "delete" else verb
    frame = frames.CHANGES.get(action) or read_frames.READS.get(action) or frames.nothing
    spoken = " ".join(tokens[p].low for p in part.head.places) if part.head else ""
    found = frame(tokens, spoken or head)
    params = dict(found.params)
    for name in ("container", "tail", "since", "previous"):
        if name in part.flagged and action in (Verb.LOGS, Verb.SET_IMAGE):
            value = part.flagged[name]
            params[name] = (
                int(value) if name == "tail" and value.isdecimal() else (True if name == "previous" else value)
            )
    for name in ("replicas", "revision"):
        if name in part.flagged and part.flagged[name].isdecimal() and action in (Verb.SCALE, Verb.ROLLBACK):
            params[name] = int(part.flagged[name])
            found.problem = ""
    image, _, tag = str(params.get("image", "")).partition(":")
    if not seen.mentions and "/" not in image and image in {n.name for n in index.workloads(clusters)}:
        seen.mentions.append(Mention(name=image))
        params = {name: value for name, value in params.items() if name != "image"} | {"tag": tag}
    if (
        "container" in params
        and not seen.mentions
        and params["container"] in {n.name for n in index.workloads(clusters)}
    ):
        seen.mentions.append(Mention(name=str(params.pop("container"))))
    refers = any(t.kind == "word" and t.low in PRONOUNS and t.role in ("", "polite") for t in tokens)
    return Ask(
        verb=verb,
        words=said(tokens),
        mentions=tuple(dict.fromkeys(seen.mentions)),
        kinds=tuple(seen.kinds),
        namespace=part.flagged.get("namespace") or seen.namespace or _bare(seen, verb),
        selector=part.flagged.get("selector") or seen.selector,
        params=params,
        said=_goal(part, action),
        loose=_loose(tokens, action),
        placed=_placed(tokens),
        refers=refers and not seen.mentions,
        every=any(t.low in EVERY and t.kind == "word" for t in tokens),
        problem=_crossed(part) or found.problem,
        hint=part.head.key if part.head and verb == "unknown" else "",
        spaces=tuple(seen.bare_namespaces),
        strange=tuple(seen.strange),
    )


def _goal(part: _Clause, verb: str) -> Said:
    """Of `from staging to prod-eu` a new version goes to the second only."""
    goal = tuple(c for c in part.said.clusters if c not in part.said.origins)
    return replace(part.said, clusters=goal) if verb == Verb.SET_IMAGE and goal else part.said


def _crossed(part: _Clause) -> str:
    """`web in staging and search-api in dev`: which object goes where is not to be guessed."""
    order = ["o" if t.role == "name" else "c" for t in part.tokens if t.role in ("name", "scope")]
    turns = [kind for i, kind in enumerate(order) if i == 0 or order[i - 1] != kind]
    crossed = len(turns) > 3 or (len(turns) == 3 and turns[0] == "c" and len(set(part.said.clusters)) > 1)
    return "it names objects and clusters in turn: say one step a sentence" if crossed and part.verb in CHANGES else ""


def _bare(seen: mentions.Seen, verb: str) -> str | None:
    """A bare namespace is the place of a read, and of a change that has an object."""
    if seen.bare_namespaces and (verb not in CHANGES or seen.mentions):
        return seen.bare_namespaces[0]
    return None


def _loose(tokens: Sequence[Token], verb: str) -> tuple[str, ...]:
    trade = TRADE.get(verb, frozenset())
    return tuple(
        token.text if token.kind == "word" else "a quotation"
        for token in tokens
        if (token.free and (token.quoted or token.low not in GLUE | trade | EVERY))
        or (token.kind == "quote" and not token.role)
    )


def _placed(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Unknown words where a place is expected."""
    return tuple(
        token.low
        for i, token in enumerate(tokens)
        if token.free
        and (
            (i and tokens[i - 1].low in ("in", "on", "cluster", "context", "at", "namespace"))
            or (i + 1 < len(tokens) and tokens[i + 1].low in ("cluster", "namespace", "ns"))
        )
        and token.low not in GLUE
    )


def _remark(heard: Heard, part: _Clause, *, several: bool) -> None:
    """Gives its object and place to the steps beside it; an order without a verb is remembered as vague."""
    vague = clauses.vague_head(part.tokens, part.start)
    remark = clauses.is_remark(part.tokens, part.start)
    if vague and not remark:
        heard.vague = True
    words = {t.low for t in part.tokens if t.kind == "word"}
    if words & LIMITS or (vague and not remark and len(words) > 1):
        heard.limited = said(part.tokens)
    heard.symptoms = heard.symptoms or bool(words & SYMPTOMS)
    if part.seen.mentions or part.said or part.seen.namespace or part.seen.kinds:
        heard.asks.append(
            Ask(
                verb="",
                words=said(part.tokens),
                mentions=tuple(part.seen.mentions),
                kinds=tuple(part.seen.kinds),
                namespace=part.seen.namespace or (part.seen.bare_namespaces or [None])[0],
                selector=part.seen.selector,
                said=part.said,
                loose=_loose(part.tokens, ""),
                placed=_placed(part.tokens),
                every=several,
            )
        )


def _continued(asks: list[Ask], parts: Sequence[_Clause], index: Index, clusters: Sequence[ClusterName]) -> list[Ask]:
    """`... and payment-worker to 3`: a clause with its own number goes on with the verb before it."""
    by_words = {said(part.tokens): part for part in parts}
    done: list[Ask] = []
    for ask in asks:
        before = done[-1] if done else None
        part = by_words.get(ask.words)
        if not ask.verb and before and before.verb == Verb.SCALE and part and any(t.low == "to" or t.low.isdecimal() for t in part.tokens):
            found = frames.scale(part.tokens, "scale")
            if found.params and not found.problem:
                done.append(
                    replace(
                        ask, verb=Verb.SCALE, params=found.params, loose=_loose(part.tokens, Verb.SCALE), every=False
                    )
                )
                continue
        done.append(ask)
    return done


def _inherit(asks: Sequence[Ask]) -> list[Ask]:
    """Objects come from the clause before; clusters from the clause before, else from the one behind."""
    done: list[Ask] = []
    for ask in asks:
        before = next((a for a in reversed(done) if a.mentions), None)
        wants = (
            ask.refers
            or ask.verb in INHERITING
            or (ask.verb in CHANGES and not ask.kinds and not ask.loose and not ask.every)
        )
        taken = ask
        if before and ask.verb and not ask.mentions and not ask.spaces and wants:
            taken = replace(ask, mentions=before.mentions, namespace=ask.namespace or before.namespace, refers=False)
        done.append(taken)
    return [replace(ask, said=ask.said or _neighbour(done, i)) for i, ask in enumerate(done)]


def _neighbour(asks: Sequence[Ask], at: int) -> Said:
    before = next((ask.said for ask in reversed(asks[:at]) if ask.said), None)
    return before or next((ask.said for ask in asks[at + 1 :] if ask.said), Said())
