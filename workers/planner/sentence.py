"""A sentence of a person as asks, clause by clause; what one clause leaves out is taken from its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from workers.domain.action import Parameter, Verb
from workers.domain.value import ClusterName
from workers.planner import apart, carry, clauses, cutting, pasted, read_words, talk, told
from workers.planner.answers import unclear
from workers.planner.ask import CHANGES, Ask
from workers.planner.clause import Clause, asked, find, loose_words, opened, placed_words
from workers.planner.index import Index
from workers.planner.misspelt import mend
from workers.planner.read_frames import get, since
from workers.planner.scope import Book
from workers.planner.tokens import Token, said, vocabulary

SYMPTOMS = vocabulary(
    """
    crashing crashlooping crashes slow sluggish laggy lagging hung hangs spitting throwing down failing fails failed
    stuck broken unhealthy latency leaking wedged
    timeouts errors erroring 5xx 500s 503s oom oomkilled throttled throttling unavailable unreachable flapping
    dying hanging degraded outage 502s 504s
    """
)
PASSING = frozenset({Verb.GET, Verb.TOP, Verb.EVENTS, Verb.DESCRIBE})  # in a remark these only tell
PASTS = frozenset({Verb.LOGS, Verb.EVENTS})  # how far back may be said beside them
ALTERNATIVES = frozenset({"or", "maybe", "actually", "rather", "instead", "wait", "no", "perhaps"})
READ_OFF = frozenset({"version", "versions", "image", "images", "tag", "tags", "replicas", "uptime", "age"})
SORTED = frozenset({"sorted", "sort", "ordered", "order"})
MOST_CLAUSES = 40
STATED = vocabulary(
    "is are was were keeps keep has have had isn't aren't can't cannot won't it's they're don't doesn't"
)
LIMITS = vocabulary(
    """
    only once provided wait except tomorrow unless later tonight instead if until
    """
)
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
    told: bool = False  # somebody's deed, done or planned


def hear(tokens: list[Token], book: Book, index: Index, default: Sequence[ClusterName]) -> Heard:
    """Asks in order; index is only asked about the clusters that the message or the place names."""
    heard = Heard()
    split = cutting.split(tokens)
    if len(split) > MOST_CLAUSES:
        raise unclear(
            f"the message has {len(split)} parts", then=f"at most {MOST_CLAUSES} at once: say only what is to be done"
        )
    parts = [opened(clause, book) for clause in split]
    named = tuple(dict.fromkeys(c for part in parts for c in part.said.clusters))
    looked = named or tuple(default) or book.order
    index.prefetch(looked)
    ask_allowed = clauses.asking(tokens)
    names = {*(n.name for n in index.workloads(looked)), *index.namespaces(looked)}
    for part in parts:
        mend(part.tokens, names)
        find(part, index, looked)
    parts = [piece for part in parts for piece in apart.uncrossed(part, book, index, looked)]
    for part in parts:
        part.question = any(t.low == "?" for t in part.tokens)
    several = len(parts) > 1
    reported = False
    forbidding: list[Clause] = []
    _weigh(parts, heard)
    for part in parts:
        reported = reported or pasted.quotes(part.tokens)
        if part.verb in CHANGES and reported:
            heard.limited = said(part.tokens)
            continue
        if _forbids(part):
            if not _describes(part.tokens):
                forbidding.append(part)
            if part.verb in CHANGES:
                continue
        if part.verb in CHANGES and (
            clauses.interrogative(part.tokens, part.start) or (part.question and not ask_allowed)
        ):
            heard.supposed = True
            continue
        if (
            not part.verb
            or pasted.reports(part.tokens)
            or (several and part.verb == Verb.DIAGNOSE and _is_statement(part))
        ):
            _remark(heard, part, several=several)
            continue
        heard.asks.append(asked(part, index, looked))
    if any(ask.verb in CHANGES for ask in heard.asks):
        left = {said(part.tokens) for part in forbidding}
        heard.asks = [ask for ask in heard.asks if ask.verb or ask.words not in left]
    heard.asks = carry.carried(heard.asks, parts)
    heard.limited = heard.limited or _stray(parts, heard.asks)
    heard.negated = any(not apart.leaves_alone(part, heard.asks) for part in forbidding)
    return heard


def _stray(parts: Sequence[Clause], asks: Sequence[Ask]) -> str:
    """A part behind a change that nothing has been made of, and that names a further object or place."""
    changes = [ask for ask in asks if ask.verb in CHANGES]
    places = {cluster for ask in changes for cluster in ask.said.clusters}
    left = {ask.words for ask in asks if not ask.verb}
    behind = False
    for part in parts:
        words = said(part.tokens)
        first = clauses.at_head(part.tokens, part.start)
        further = part.seen.mentions or set(part.said.clusters) - places
        told_only = part.states or clauses.is_remark(part.tokens, part.start)
        if behind and words in left and not told_only and (further or first in ALTERNATIVES):
            return words
        behind = behind or part.verb in CHANGES
    return ""


def _forbids(part: Clause) -> bool:
    """It says what not to do; `don't schedule anything on` is an order."""
    orders = part.head is not None and part.head.pattern.startswith("don't")
    return not orders and (talk.negated(part.tokens) or clauses.leaves(part.tokens, part.start))


def _weigh(parts: Sequence[Clause], heard: Heard) -> None:
    """Second thoughts about the verb of each clause, now that all of them are known."""
    if not any(part.verb for part in parts):
        _imply(parts)
    diagnosed = any(part.verb == Verb.DIAGNOSE for part in parts)
    for part, behind in zip_longest(parts, parts[1:]):
        if (
            (not part.head or part.head.places[:1] > (part.start,))
            and not _asks(part)
            and told.deed(part.tokens, part.start)
        ):
            heard.told, part.verb = True, ""
        elif _only_tells(part, behind, diagnosed=diagnosed):
            part.verb = ""
        elif part.verb == Verb.DIAGNOSE and part.seen.kinds and not part.seen.mentions and _counted(part):
            part.verb = Verb.GET


def _only_tells(part: Clause, behind: Clause | None, *, diagnosed: bool) -> bool:
    """`log excerpt from web: "..."`, `it is using the most memory`, `web isn't shipping logs, look into it`."""
    if part.verb in PASTS and behind and _is_quotation(behind):
        return True
    if part.verb in PASTS and diagnosed and not _asks(part):
        return bool(STATED & {token.low for token in part.tokens})
    return part.verb in PASSING and clauses.is_remark(part.tokens, part.start) and not part.question


def _is_quotation(part: Clause) -> bool:
    first = next((token for token in part.tokens if token.kind != "stop"), None)
    return first is not None and first.kind == "quote"


def _asks(part: Clause) -> bool:
    """A question, or an order to look, at the head of the clause."""
    return clauses.interrogative(part.tokens, part.start) or any(
        hit.start <= part.start for hit in clauses.read_hits(part.tokens, part.start)
    )


def _counted(part: Clause) -> bool:
    """`are all nodes ready`: the state of all of a kind is read off its list."""
    return clauses.at_head(part.tokens, part.start) in ("is", "are")


def _imply(parts: Sequence[Clause]) -> None:
    """A message without any verb: a kind is listed, `failed jobs in dev`; a question is about health, `web ok?`."""
    for part in (one for one in parts if not talk.negated(one.tokens)):
        words = {t.low for t in part.tokens if t.kind == "word"}
        if part.seen.kinds and not part.seen.mentions and (not words & STATED or {"that", "which"} & words):
            part.verb = Verb.GET
        elif part.question and part.seen.mentions and words & read_words.HEALTHY:
            part.verb = Verb.DIAGNOSE
        elif len(parts) == 1 and part.seen.mentions and words & READ_OFF and not words & STATED:
            part.verb = Verb.GET


def _describes(tokens: Sequence[Token]) -> bool:
    return any(token.low in BLOCKING for token in tokens) or "longer" in {token.low for token in tokens}


def _is_statement(part: Clause) -> bool:
    """`payment-api is down`: a verb of trouble in a sentence that neither asks nor orders."""
    first = next((t for t in part.tokens[part.start :] if t.kind == "word"), None)
    hit = next(iter(clauses.read_hits(part.tokens, part.start)), None)
    ordered = first is not None and hit is not None and part.tokens[hit.start] is first
    return not part.question and not ordered and not clauses.interrogative(part.tokens, part.start)


def _remark(heard: Heard, part: Clause, *, several: bool) -> None:
    """Gives its object and place to the steps beside it; an order without a verb is remembered as vague."""
    vague = clauses.vague_head(part.tokens, part.start)
    remark = clauses.is_remark(part.tokens, part.start)
    if vague and not remark:
        heard.vague = True
    words = {t.low for t in part.tokens if t.kind == "word"}
    unsaid = {t.low for t in part.tokens if t.kind == "word" and t.role in ("", "verb")} - {"the", "ones"}
    if (words & LIMITS and unsaid - {"only", "just"}) or (vague and not remark and len(words) > 1):
        heard.limited = said(part.tokens)
    heard.symptoms = heard.symptoms or bool(words & SYMPTOMS) or pasted.reports(part.tokens)
    params: dict[str, Parameter] = {}
    since(part.tokens, params)
    if words & SORTED:
        params |= {name: value for name, value in get(part.tokens, "").params.items() if name == "sort_by"}
    if part.seen.mentions or part.said or part.seen.namespace or part.seen.kinds or params:
        heard.asks.append(
            Ask(
                verb="",
                words=said(part.tokens),
                mentions=tuple(part.seen.mentions),
                kinds=tuple(part.seen.kinds),
                namespace=part.seen.namespace or next(iter(part.seen.bare_namespaces), None),
                selector=part.seen.selector,
                said=part.said,
                loose=loose_words(part.tokens, ""),
                placed=placed_words(part.tokens),
                every=several,
                params=params,
            )
        )
