"""One clause read into an ask: its verb, its place, its objects and its parameters."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from workers.domain.action import Parameter, Verb
from workers.domain.value import ClusterName
from workers.planner import clauses, cutting, flags, frame, frames, joined, meaning, mentions, read_frames, tails
from workers.planner.ask import CHANGES, Ask, Mention, Seen
from workers.planner.filler import GLUE, TRADE
from workers.planner.frame import Found
from workers.planner.index import Index
from workers.planner.kinds import NAME
from workers.planner.match import Hit
from workers.planner.misspelt import mend_head
from workers.planner.scope import Book, Said
from workers.planner.tokens import Token, said, vocabulary, word

LABELS = vocabulary(
    """
    pod job node namespace deployment daemonset cluster statefulset cronjob
    """
)
MARKING = vocabulary("label labels labelled annotate annotation annotations tag unlabel untag relabel mark")
PRONOUNS = frozenset({"it", "them", "their", "its", "that", "this", "those", "these", "they", "same"})
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
    states: bool = False  # it tells something
    first: Found = field(default_factory=Found)  # what was read before places and names


def opened(tokens: list[Token], book: Book) -> Clause:
    if not any(token.low in MARKING for token in tokens):
        tokens = _labelled(tokens)
    tokens = _places(tokens, book)
    clauses.correct(tokens)
    part = Clause(tokens=tokens, start=clauses.strip(tokens), said=Said(), flagged={}, seen=Seen())
    if not clauses.interrogative(tokens, part.start):
        _ordered(part, part.start)
    part.flagged = flags.flags(tokens)
    words = str(part.first.params.get("command", "")).split()
    if len(words) > 1 and any(book.meaning(word) for word in words[1:]):
        part.first.problem = "the command ends in the name of a cluster: say 'in CLUSTER'"
    part.said = book.read(tokens)
    if context := part.flagged.pop("context", ""):
        clusters = book.meaning(context)
        part.said = Said(clusters=clusters, unknown=() if clusters else (context,), how=context)
    return part


def _places(tokens: Sequence[Token], book: Book) -> list[Token]:
    """`dev+staging` and `dev/staging` are two places."""
    found: list[Token] = []
    for token in tokens:
        parts = re.split("[+/&]", token.low) if token.kind == "word" else []
        both = len(parts) > 1 and all(part and book.meaning(part) for part in parts)
        found += [piece for part in parts for piece in (word(part), word("and"))][:-1] if both else [token]
    return found


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
    orders = not clauses.interrogative(tokens, part.start)
    if orders and not part.head:
        _ordered(part, clauses.lead(tokens, part.start))
    _containers(part)
    for hit in clauses.read_hits(tokens, part.start):
        if tokens[hit.start].low == "search" and len(hit.places) > 1:
            tokens[hit.start].role = "glue"  # what is done with the logs, not a place
    part.seen = mentions.mark(tokens, index, clusters)
    if orders and not part.head:
        at = clauses.lead(tokens, part.start)
        if at is not None:
            mend_head(tokens, at)
        _ordered(part, at)
    part.states = cutting.states(tokens, part.start)
    if orders and not part.head and (not part.states or any(t.low in ("should", "must") for t in tokens)):
        _implied(part)
    _mark(part)
    if part.head and not part.verb:
        part.verb = meaning.meant(tokens, part.head, part.seen, index, clusters)
    if not part.verb:
        hits = clauses.read_hits(tokens, part.start)
        part.verb = hits[0].key if hits else ""


def _implied(part: Clause) -> None:
    """`web to 8 replicas`, `web v1.22.0 -> dev`, `cat /etc/hosts in web`: an order without its verb."""
    at = next((i for i, t in enumerate(part.tokens) if i >= part.start and t.role != "polite"), None)
    at = next((i for i in range(at or 0, len(part.tokens)) if part.tokens[i].low not in ("the", "in", "on")), None)
    while at is not None and at < len(part.tokens) and (part.tokens[at].role == "scope" or part.tokens[at].low in ",:"):
        at += 1
    if at is None or at >= len(part.tokens):
        return
    part.verb, part.first, part.head = meaning.implied(part.tokens, at)


def _ordered(part: Clause, at: int | None) -> None:
    """The head at `at`, or behind its object, and what must be read at once; numbers stay free for the frames."""
    part.head = clauses.change_head(part.tokens, at) if at is not None and at < len(part.tokens) else None
    _mark(part)
    part.verb, part.first = meaning.first(part.tokens, part.head)


def _mark(part: Clause) -> None:
    """The words of the head; numbers among them stay free, they are parameters."""
    for place in part.head.places if part.head else ():
        token = part.tokens[place]
        if token.free and not token.low.isdecimal() and token.low not in frame.NUMBERS:
            token.role = "verb"


def _containers(part: Clause) -> None:
    """A container's name is taken before names: it may be a workload's name too."""
    if "container" in part.flagged:
        return
    params: dict[str, str | int | bool] = {}
    frame.container(part.tokens, params)
    if params:
        part.flagged["container"] = str(params["container"])


def asked(part: Clause, index: Index, clusters: Sequence[ClusterName]) -> Ask:
    tokens, verb, seen = part.tokens, part.verb, part.seen
    action = Verb.DELETE_POD if verb == "delete" else verb
    reading = frames.CHANGES.get(action) or read_frames.READS.get(action) or frame.nothing
    if part.first.params.get("field"):
        reading = frame.nothing
    found = reading(tokens, meaning.spoken(tokens, part.head) if part.head else "")
    flagged, strange = _flagged(part, action)
    params = {**part.first.params, **found.params, **flagged}
    problem = part.first.problem or ("" if {"replicas", "revision", "image"} & set(flagged) else found.problem)
    problem = strange or problem
    kind, name = part.first.kind or found.kind, part.first.name
    if found.kind and not seen.mentions:
        seen.mentions = [Mention(name=t.low) for t in tokens if t.free and "-" in t.low and NAME.fullmatch(t.low)][:1]
        for token in tokens:
            token.role = "name" if token.free and any(m.name == token.low for m in seen.mentions) else token.role
    if found.kind:
        seen.mentions = [Mention(name=m.name, kind=found.kind, written=m.written) for m in seen.mentions]
        seen.kinds = []
    if action == Verb.CP and part.first.name and not seen.mentions:
        seen.mentions.append(Mention(name=part.first.name))
    image, _, tag = str(params.get("image", "")).partition(":")
    if (
        action == Verb.SET_IMAGE
        and not seen.mentions
        and "/" not in image
        and image in {n.name for n in index.workloads(clusters)}
    ):
        seen.mentions.append(Mention(name=image))
        params = {name: value for name, value in params.items() if name != "image"} | {"tag": tag}
    if (
        "container" in params
        and not seen.mentions
        and params["container"] in {n.name for n in index.workloads(clusters)}
    ):
        seen.mentions.append(Mention(name=str(params.pop("container"))))
    if verb not in CHANGES:
        _mark_reads(part)
    if verb in CHANGES:
        problem = joined.excluded(tokens, seen) or joined.unjoined(tokens, seen) or problem
        if not problem and (seen.mentions or seen.kinds):
            tails.mark(
                tokens, {*(n.name for n in index.workloads(clusters)), *index.namespaces(clusters), *index.clusters}
            )
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
        problem=(joined.crossed(tokens, part.said) if verb in CHANGES else "") or problem,
        hint=f"kubectl {meaning.spoken(tokens, part.head)}" if part.head and verb == "unknown" else "",
        spaces=tuple(seen.bare_namespaces),
        strange=tuple(seen.strange),
        more=(*part.first.more, *found.more),
        aside=" ".join(t.text for t in tokens if t.role == "reason"),
        new=(kind, name) if verb in (Verb.CREATE, Verb.RUN) else ("", ""),
    )


def _mark_reads(part: Clause) -> None:
    """The words of the look itself are understood."""
    for hit in clauses.read_hits(part.tokens, part.start):
        for place in hit.places:
            part.tokens[place].role = part.tokens[place].role or "verb"


def _flagged(part: Clause, action: str) -> tuple[dict[str, Parameter], str]:
    """Flags of kubectl inside a sentence; and what is wrong when the verb of a change has no such parameter."""
    params: dict[str, Parameter] = {}
    strange = ""
    for name, value in part.flagged.items():
        if name in ("namespace", "selector") or not value:
            continue
        if action not in flags.OF.get(name, ()):
            strange = f"{action.replace('_', ' ')} takes no {name}" if part.verb in CHANGES else strange
            continue
        numeric = name in ("tail", "replicas", "revision") and value.isdecimal()
        params[name] = int(value) if numeric else (True if name == "previous" else value)
    return params, strange


def _goal(part: Clause, verb: str) -> Said:
    """Of `from staging to prod-eu` a new version goes to the second only."""
    goal = tuple(c for c in part.said.clusters if c not in part.said.origins)
    return replace(part.said, clusters=goal) if verb == Verb.SET_IMAGE and goal else part.said


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
