"""A message as clauses: one step each, or a remark that only gives a place or an object."""

import re
from collections.abc import Sequence

from workers.domain.action import Verb
from workers.planner import change_words, lexicon, read_words
from workers.planner.filler import ASKING, POLITE, REMARKS
from workers.planner.frame import is_version
from workers.planner.match import Hit, Table
from workers.planner.tokens import Token, vocabulary

_POLITE = Table({"polite": POLITE})
_ASKING = Table({"asking": ASKING})
_REMARKS = Table({"remark": REMARKS})
_HEADS = Table(change_words.HEADS)
_VAGUE = Table({change_words.VAGUE: change_words.VAGUE_HEADS})
_ANYWHERE = Table(change_words.ANYWHERE)
_READS = Table(read_words.READS)
_READ_HEADS = Table(
    {verb: (p for p in patterns if p not in read_words.NO_JOINTS) for verb, patterns in read_words.READS.items()}
)

JOINTS = frozenset({"and", "&", "plus", "then", "also"})
ENDS = frozenset({".", ";", "!", "?", "\n"})
NUMBERED = frozenset({"-", "*", "•"})
ASKS = vocabulary(
    """
    which what why how is are has have did does was were when who where any whose
    """
)
TICKET = re.compile(r"[A-Z][A-Z0-9]{1,9}-\d{1,8}")
ARROWS = {"→": "->", "➜": "->", "⇒": "=>", "➡": "->"}
DASHES = frozenset({"-", "\u2013", "\u2014"})  # the longer ones as phones type them
# A part with one of these behind its subject tells something, and asks for nothing.
STATES = vocabulary(
    """
    is are was were isn't aren't wasn't keeps keep looks look seems seem hit hits leaks leak leaking leaked crashed died
    failed fails failing broke went got has have had waiting waits dying stuck started stopped burned burns spiked
    spikes dropped doubled needs can could will would should may might complains complain reports reported says said
    misbehaves misbehaving hangs hung
    """
)
SUBJECTLESS = vocabulary("in on at to from with for and by except but not or if unless until as of into only then")
LEAVING = frozenset({"don't", "dont", "leave"})
EXPLAINING = frozenset({"so", "while", "as", "since"})
SUBJECTS = vocabulary("it we they i you it's we're they're you're i'm that he she people users customers the that's")
ASIDE = 4  # words in parentheses that belong to the sentence around them
BECAUSE = frozenset({"because", "cause", "reason", "bc", "cos"})


def split(tokens: Sequence[Token]) -> list[list[Token]]:
    """At every end of a sentence, and at a comma or joint that begins another step or a remark."""
    clauses: list[list[Token]] = [[]]
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "stop" and token.low in ENDS:
            clauses[-1] += [token] if token.low == "?" else []
            clauses.append([])
        elif token.kind == "stop" and token.low in "()":
            if _aside(tokens, i):
                clauses[-1].append(token)
            else:
                clauses.append([])
        elif (token.kind == "stop" and token.low in (",", ":")) or (token.low in DASHES and clauses[-1]):
            if _begins(tokens, i + 1, clauses[-1]) or _tells(tokens, i + 1):
                clauses.append([])
            else:
                clauses[-1].append(token)
        elif (
            token.low in JOINTS
            and token.kind == "word"
            and not token.quoted
            and clauses[-1]
            and not _polite([*clauses[-1], token])
            and (token.low == "then" or _begins(tokens, i + 1, clauses[-1]))
        ):
            clauses.append([])
        elif (token.low == "but" and _leaves(tokens, i + 1)) or (clauses[-1] and _explains(tokens, i)):
            clauses.append([] if token.low == "but" else [token])
        else:
            clauses[-1].append(token)
        i += 1
    return [_unnumbered(clause) for clause in clauses if any(token.kind != "stop" for token in clause)]


def _polite(tokens: Sequence[Token]) -> bool:
    """`go ahead and`: nothing but politeness so far."""
    return _after_politeness(tokens, 0) >= len(tokens)


def _leaves(tokens: Sequence[Token], at: int) -> bool:
    """`don't touch X`, `leave X alone`: what is not to be done."""
    return at < len(tokens) and tokens[at].low in LEAVING


def _explains(tokens: Sequence[Token], at: int) -> bool:
    """`so it reschedules`, `while we reindex`: why, and no part of the order."""
    following = tokens[at + 1].low if at + 1 < len(tokens) else ""
    return tokens[at].kind == "word" and tokens[at].low in EXPLAINING and following in SUBJECTS


def _aside(tokens: Sequence[Token], at: int) -> bool:
    """`(staging)`: a few words that belong to the sentence around them."""
    first = at if tokens[at].low == "(" else next((i for i in range(at, -1, -1) if tokens[i].low == "("), at)
    last = next(
        (i for i in range(first + 1, min(len(tokens), first + 2 * ASIDE)) if tokens[i].low in ("(", ")")), first
    )
    inner = [token for token in tokens[first + 1 : last] if token.low != "!"]
    return (
        tokens[last].low == ")"
        and 0 < len(inner) <= ASIDE
        and not any(token.kind == "stop" for token in inner)
        and not _begins(tokens, first + 1, ())
        and not states(inner, 0)
    )


def _tells(tokens: Sequence[Token], at: int) -> bool:
    end = next((i for i in range(at, len(tokens)) if tokens[i].kind == "stop"), len(tokens))
    return states(tokens[at:end], 0)


def states(tokens: Sequence[Token], start: int) -> bool:
    """`the queue is backing up`: a subject, and what it does or how it is."""
    words = [token.low for token in tokens[start:] if token.kind == "word"][:7]
    return len(words) > 1 and words[0] not in SUBJECTLESS and any(word in STATES for word in words[1:])


def _unnumbered(clause: list[Token]) -> list[Token]:
    return clause[1:] if clause[0].low in NUMBERED and len(clause) > 1 else clause


def _begins(tokens: Sequence[Token], at: int, before: Sequence[Token]) -> bool:
    """Whether a step or a remark begins here, after politeness."""
    at = _after_politeness(tokens, at)
    if at >= len(tokens) or tokens[at].kind == "stop":
        return False
    token = tokens[at]
    if token.quoted:
        return False
    if token.low == "to" and at + 1 < len(tokens) and tokens[at + 1].low.isdecimal():
        return True
    if _counts_lines(tokens, at) and any(_READ_HEADS.at(before, i) for i in range(len(before))):
        return False
    if _goes_on(tokens, at, before):
        return True
    return any(table.at(tokens, at) for table in (_HEADS, _READ_HEADS, _REMARKS)) or token.low in (
        "don't",
        "dont",
        "nobody",
        "never",
        "leave",
        *BECAUSE,
    )


def _counts_lines(tokens: Sequence[Token], at: int) -> bool:
    """`..., last 5 lines`: says how much of the log that was asked for before."""
    if tokens[at].low not in ("last", "tail"):
        return False
    rest: list[str] = []
    for token in tokens[at + 1 :]:
        if token.kind == "stop":
            break
        rest.append(token.low)
    return bool(rest) and rest[0].isdecimal() and all(word in ("line", "lines", "only") for word in rest[1:])


def _steps_on(tokens: Sequence[Token], at: int) -> bool:
    """`payment-worker to 3`: another object with its own number."""
    following = [token.low for token in tokens[at + 1 : at + 3]]
    if tokens[at].low.isdecimal():
        return bool(following) and following[0] in ("in", "on")
    return len(following) > 1 and following[0] == "to" and following[1].isdecimal()


def _goes_on(tokens: Sequence[Token], at: int, before: Sequence[Token]) -> bool:
    """Another object with a number or a version of its own: `payment-worker to 3`, `search-indexer v4.0.4`."""
    if _steps_on(tokens, at) and any(t.low.isdecimal() for t in before):
        return True
    own = at + 1 < len(tokens) and tokens[at + 1].kind == "word" and is_version(tokens[at + 1])
    return own and any(is_version(t) for t in before if t.kind == "word")


def _after_politeness(tokens: Sequence[Token], at: int) -> int:
    while at < len(tokens):
        hit = _POLITE.at(tokens, at)
        if _is_address(tokens[at]) or (tokens[at].kind == "stop" and tokens[at].low in (",", ":")):
            at += 1
        elif hit:
            at = hit.places[-1] + 1
        else:
            break
    return at


def strip(tokens: Sequence[Token]) -> int:
    """Marks politeness at the beginning; gives the place of the first word after it."""
    start = _after_politeness(tokens, 0)
    for token in tokens[:start]:
        token.role = "polite"
    for token in tokens[start:]:
        if token.free and _is_address(token):
            token.role = "polite"
    return start


def _is_address(token: Token) -> bool:
    """@kubechat, /kube, an emoji, a dash."""
    if token.kind != "word" or token.quoted or token.low in ("+", "-", "=", "->", "=>", "&"):
        return False
    return (
        token.low.startswith("@")
        or token.low in ("/kube", "/kubechat", "/k8s")
        or not any(c.isalnum() for c in token.low)
    )


def correct(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.kind == "word" and not token.quoted:
            token.low = ARROWS.get(token.low) or lexicon.MISSPELT.get(token.low, token.low)


def asking(tokens: Sequence[Token]) -> bool:
    """A question that is a request: it says can you, or please."""
    return _ASKING.anywhere(tokens) is not None


def is_remark(tokens: Sequence[Token], start: int) -> bool:
    return start < len(tokens) and _REMARKS.at(tokens, start) is not None


def interrogative(tokens: Sequence[Token], start: int) -> bool:
    return start < len(tokens) and tokens[start].low.split("'")[0] in ASKS


def at_head(tokens: Sequence[Token], start: int) -> str:
    """The first word behind politeness; "" when there is none."""
    return tokens[start].low if start < len(tokens) else ""


def change_head(tokens: Sequence[Token], start: int) -> Hit | None:
    """A change at the head of the clause, or after its object where the wording allows it.

    A longer wording of a read at the same place is that read: `rollout status`.
    """
    if start >= len(tokens):
        return None
    best = _HEADS.at(tokens, start)
    reading = _READS.at(tokens, start)
    fetched = best is not None and best.key == change_words.FETCH and any(t.text.startswith("/") for t in tokens)
    if best and reading and len(reading.places) >= len(best.places) and not fetched:
        return None
    return best or _ANYWHERE.anywhere(tokens)


def vague_head(tokens: Sequence[Token], start: int) -> Hit | None:
    return _VAGUE.at(tokens, start) if start < len(tokens) else None


def read_hits(tokens: Sequence[Token], start: int) -> list[Hit]:
    """Every read that the clause speaks of, strongest first; weak words only at the beginning or in a question."""
    order = {str(verb): i for i, verb in enumerate(read_words.READ_ORDER)}
    asked = interrogative(tokens, start) or any(t.low == "?" for t in tokens)
    settings = any(t.low in read_words.SETTINGS for t in tokens)
    hits = [
        hit
        for hit in _READS.all(tokens)
        if all(tokens[p].role in ("", "polite", *(("kind",) if len(hit.places) > 1 else ())) for p in hit.places)
        and (hit.start <= start or tokens[hit.start].low not in read_words.AT_HEAD)
        and (asked or hit.pattern not in read_words.WEAK_READS or hit.start <= start)
        and not (settings and hit.key == Verb.TOP and hit.pattern != "top")
    ]
    return sorted(hits, key=lambda hit: order[hit.key])


def reason(tokens: list[Token]) -> tuple[list[Token], str | None]:
    """What follows `because` or `reason:` up to the end of its sentence is the reason, and no step; so is a ticket."""
    for i, token in enumerate(tokens):
        if (
            token.kind != "word"
            or token.quoted
            or token.low not in BECAUSE
            or (token.low == "reason" and (i + 1 >= len(tokens) or tokens[i + 1].low != ":"))
        ):
            continue
        if (token.low == "because" and i == 0) or (i and tokens[i - 1].low in ("root", "the", "a", "what", "which")):
            continue
        end = next(
            (
                j
                for j in range(i + 1, len(tokens))
                if tokens[j].kind == "stop" and tokens[j].low in (";", "\n", "(", ")")
            ),
            len(tokens),
        )
        text = " ".join(t.text for t in tokens[i + 1 : end] if t.kind != "stop")
        last = end + 1 if end < len(tokens) and tokens[end].low == ")" else end
        first = i - 1 if i and tokens[i - 1].low == "(" else i
        return tokens[:first] + tokens[last:], text or None
    for i, token in enumerate(tokens):
        if token.kind == "word" and not token.quoted and TICKET.fullmatch(token.text):
            before = tokens[i - 1].low if i else ""
            if before in ("for", "per", "see", "re", "ref", "ticket", "(", ","):
                closed = before == "(" and i + 1 < len(tokens) and tokens[i + 1].low == ")"
                return tokens[: i - 1] + tokens[i + 1 + closed :], token.text
    return tokens, None
