"""What kind of clause it is: its head, the reads it speaks of, politeness, questions, and its reason."""

import re
from collections.abc import Sequence

from workers.domain.action import Verb
from workers.planner import change_words, lexicon, read_words
from workers.planner.filler import ASKING, POLITE, REMARKS
from workers.planner.match import Hit, Table
from workers.planner.tokens import Token, vocabulary

_POLITE = Table({"polite": POLITE})
_ASKING = Table({"asking": ASKING})
REMARKED = Table({"remark": REMARKS})
HEADS = Table(change_words.HEADS)
_VAGUE = Table({change_words.VAGUE: change_words.VAGUE_HEADS})
_ANYWHERE = Table(change_words.ANYWHERE)
_READS = Table(read_words.READS)
READ_HEADS = Table(
    {verb: (p for p in patterns if p not in read_words.NO_JOINTS) for verb, patterns in read_words.READS.items()}
)

ASKS = vocabulary(
    """
    which what why how is are has have did does was were when who where any whose
    """
)
ABLE = frozenset({"can't", "cannot", "can", "couldn't", "could", "to", "users", "customers", "people"})  # log in
TICKET = re.compile(r"[A-Z][A-Z0-9]{1,9}-\d{1,8}")
LINKING = vocabulary("is was are were isn't wasn't looks look looked went takes took has had keeps seems did didn't")
ARROWS = {"→": "->", "➜": "->", "⇒": "=>", "➡": "->"}
ALONE = frozenset({"alone", "as", "untouched", "be"})
PLACED = frozenset({"scope", "namespace"})
DETERMINERS = frozenset({"the", "our", "my", "all", "both", "each", "every"})
PLACE_WORDS = vocabulary(
    "in on at for from across and within inside cluster clusters env environment namespace ns over"
)
BECAUSE = frozenset({"because", "cause", "reason", "bc", "cos"})


def leaves(tokens: Sequence[Token], start: int) -> bool:
    """`leave prod-eu alone`."""
    return start < len(tokens) and tokens[start].low == "leave" and any(t.low in ALONE for t in tokens[start:])


def forbidden(tokens: Sequence[Token]) -> str:
    """The change that is not to be done; "" when none is named."""
    for i, token in enumerate(tokens[:-1]):
        if token.low in ("don't", "dont", "not", "never", "without") and (hit := HEADS.at(tokens, i + 1)):
            return hit.key
    return ""


def lead(tokens: Sequence[Token], start: int) -> int | None:
    """The first word behind politeness and places: `in the staging cluster restart web`; None when there is none."""
    i = start
    while i < len(tokens):
        token = tokens[i]
        behind = tokens[i + 1] if i + 1 < len(tokens) else None
        leads = token.low in DETERMINERS and behind is not None and (behind.role in PLACED or behind.low in PLACE_WORDS)
        if token.free and token.low not in PLACE_WORDS and not leads:
            return i
        i += 1
    return None


def after_politeness(tokens: Sequence[Token], at: int) -> int:
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
    start = after_politeness(tokens, 0)
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
        or re.fullmatch(r":[a-z0-9_+-]{2,40}", token.low) is not None
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
    return start < len(tokens) and REMARKED.at(tokens, start) is not None


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
    best = HEADS.at(tokens, start)
    if best and best.places[-1] + 1 < len(tokens) and tokens[best.places[-1] + 1].low in LINKING:
        return None  # "deploy is stuck": a noun
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
        and not (hit.pattern == "log" and hit.start and tokens[hit.start - 1].low in ABLE)
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
    if len(tokens) > 1 and tokens[0].kind == "word" and TICKET.fullmatch(tokens[0].text):
        return tokens[1:], tokens[0].text
    for i, token in enumerate(tokens):
        if token.kind == "word" and not token.quoted and TICKET.fullmatch(token.text):
            before = tokens[i - 1].low if i else ""
            if before in ("for", "per", "see", "re", "ref", "ticket", "(", ","):
                closed = before == "(" and i + 1 < len(tokens) and tokens[i + 1].low == ")"
                return tokens[: i - 1] + tokens[i + 1 + closed :], token.text
    return tokens, None
