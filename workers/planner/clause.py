"""One clause read into an ask: its verb, its place, its objects and its parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workers.domain.action import Verb
from workers.domain.value import ClusterName
from workers.planner import clauses, frames, lexicon, mentions, read_frames
from workers.planner.ask import CHANGES, Ask, Mention, Seen
from workers.planner.filler import GLUE, TRADE
from workers.planner.flags import flags
from workers.planner.index import Index
from workers.planner.match import Hit
from workers.planner.scope import Book, Said
from workers.planner.tokens import Token, said, vocabulary, word

LABELS = vocabulary(
    """
    pod job node namespace deployment daemonset cluster statefulset cronjob
    """
)
PRONOUNS = frozenset({"it", "them", "its", "that", "this", "those", "these", "they", "same"})
EVERY = frozenset({"all", "every", "each", "everything", "any", "whole", "entire"})


@dataclass(slots=True)
class Clause:
    tokens: list[Token]
    start: int
    said: Said
    flagged: dict[str, str]
    seen: Seen
    head: Hit | None = None
    verb: str = ""
    question: bool = False


def opened(tokens: list[Token], book: Book) -> Clause:
    tokens = _labelled(tokens)
    clauses.correct(tokens)
    start = clauses.strip(tokens)
    flagged = flags(tokens)
    place = book.read(tokens)
    if context := flagged.pop("context", ""):
        clusters = book.meaning(context)
        place = Said(clusters=clusters, unknown=() if clusters else (context,), how=context)
    return Clause(tokens=tokens, start=start, said=place, flagged=flagged, seen=Seen())


def _labelled(tokens: Sequence[Token]) -> list[Token]:
    """`deployment=search-api`, as alerts write it, is a kind and a name."""
    found: list[Token] = []
    for token in tokens:
        key, equals, value = token.text.partition("=")
        plain = value.strip("\"'")
        labelled = token.kind == "word" and equals and key.lower() in LABELS and plain
        found += [word(key), word(plain)] if labelled else [token]
    return found


def find(part: Clause, index: Index, clusters: Sequence[ClusterName]) -> None:
    """Verb first, then names; a change that stands behind its object is looked for once the object is known."""
    tokens = part.tokens
    if not clauses.interrogative(tokens, part.start):
        _head(part)
    _mark_head(part)
    _containers(part)
    for hit in clauses.read_hits(tokens, part.start):
        if tokens[hit.start].low == "search" and len(hit.places) > 1:
            tokens[hit.start].role = "glue"  # what is done with the logs, not a place
    part.seen = mentions.mark(tokens, index, clusters)
    if not part.head and not clauses.interrogative(tokens, part.start):
        _head(part)
        _mark_head(part)
    if part.head:
        part.verb = _meant(part, part.head)
    if not part.verb:
        hits = clauses.read_hits(tokens, part.start)
        part.verb = hits[0].key if hits else ""


def _mark_head(part: Clause) -> None:
    """Numbers of a pattern stay free: they are parameters."""
    for place in part.head.places if part.head else ():
        token = part.tokens[place]
        if token.free and not token.low.isdecimal() and token.low not in frames.NUMBERS:
            token.role = "verb"


def _head(part: Clause) -> None:
    at = next(
        (i for i, t in enumerate(part.tokens) if i >= part.start and t.free and t.low not in GLUE - {"up", "down"}),
        None,
    )
    part.head = clauses.change_head(part.tokens, part.start) if part.start < len(part.tokens) else None
    if part.head is None and at is not None:
        part.head = clauses.change_head(part.tokens, at)


def _containers(part: Clause) -> None:
    """A container's name is taken before names: it may be a workload's name too."""
    if "container" in part.flagged:
        return
    params: dict[str, str | int | bool] = {}
    frames._container(part.tokens, params)
    if params:
        part.flagged["container"] = str(params["container"])


def _meant(part: Clause, head: Hit) -> str:
    """What a head means by what stands beside it."""
    words = {t.low for t in part.tokens if t.kind == "word"}
    version = any(t.free and frames.is_version(t) for t in part.tokens)
    number = any(t.free and frames.whole(t.low.rstrip("%")) is not None for t in part.tokens)
    units = bool(words & frames.UNITS)
    meant = head.key
    if clauses.is_unknown(head):
        meant = "unknown"
    elif head.key == lexicon.SET:
        meant = _set_to(head.pattern, words, version=version, number=number, units=units)
    elif head.key == lexicon.ROLL_TO:
        meant = Verb.SCALE if units and number and not version else Verb.SET_IMAGE
    elif head.key == lexicon.ADD:
        meant = Verb.SCALE if units else "unknown"
    elif head.key == Verb.ROLLBACK and version and not words & {"revision", "rev"}:
        meant = Verb.SET_IMAGE
    return meant


def _set_to(pattern: str, words: set[str], *, version: bool, number: bool, units: bool) -> str:
    """A version, a count, a field of another verb, or nothing that can be told."""
    if version or ("image" in pattern and not number):
        return Verb.SET_IMAGE
    counted = words & (set(frames.NUMBERS) - {"a", "an", "another", "one", "nothing"})
    if number or counted or (units and "one" in words) or any("replicas=" in w for w in words):
        return Verb.SCALE
    if pattern.rsplit(maxsplit=1)[-1] in ("need", "want"):
        return ""  # "need logs of web" reads
    return "unknown" if any("=" in w for w in words) else "unclear"


def asked(part: Clause, index: Index, clusters: Sequence[ClusterName]) -> Ask:
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
        loose=loose_words(tokens, action),
        placed=placed_words(tokens),
        refers=refers and not seen.mentions,
        every=any(t.low in EVERY and t.kind == "word" for t in tokens),
        problem=_crossed(part) or found.problem,
        hint=part.head.key if part.head and verb == "unknown" else "",
        spaces=tuple(seen.bare_namespaces),
        strange=tuple(seen.strange),
    )


def _goal(part: Clause, verb: str) -> Said:
    """Of `from staging to prod-eu` a new version goes to the second only."""
    goal = tuple(c for c in part.said.clusters if c not in part.said.origins)
    return replace(part.said, clusters=goal) if verb == Verb.SET_IMAGE and goal else part.said


def _crossed(part: Clause) -> str:
    """`web in staging and search-api in dev`: which object goes where is not to be guessed."""
    order = ["o" if t.role == "name" else "c" for t in part.tokens if t.role in ("name", "scope")]
    turns = [kind for i, kind in enumerate(order) if i == 0 or order[i - 1] != kind]
    crossed = len(turns) > 3 or (len(turns) == 3 and turns[0] == "c" and len(set(part.said.clusters)) > 1)
    return "it names objects and clusters in turn: say one step a sentence" if crossed and part.verb in CHANGES else ""


def _bare(seen: Seen, verb: str) -> str | None:
    """A bare namespace is the place of a read, and of a change that has an object."""
    if seen.bare_namespaces and (verb not in CHANGES or seen.mentions):
        return seen.bare_namespaces[0]
    return None


def loose_words(tokens: Sequence[Token], verb: str) -> tuple[str, ...]:
    trade = TRADE.get(verb, frozenset())
    return tuple(
        token.text if token.kind == "word" else "a quotation"
        for token in tokens
        if (token.free and (token.quoted or token.low not in GLUE | trade | EVERY))
        or (token.kind == "quote" and not token.role)
    )


def placed_words(tokens: Sequence[Token]) -> tuple[str, ...]:
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
