"""Where a message is cut into clauses: one step each, or a remark that only gives a place or an object."""

from collections.abc import Sequence

from workers.planner import clauses
from workers.planner.frame import is_version
from workers.planner.tokens import Token, vocabulary

JOINTS = frozenset({"and", "&", "plus", "then", "also"})
ENDS = frozenset({".", ";", "!", "?", "\n"})
NUMBERED = frozenset({"-", "*", "•"})
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


def split(tokens: Sequence[Token]) -> list[list[Token]]:
    """At every end of a sentence, and at a comma or joint that begins another step or a remark."""
    found: list[list[Token]] = [[]]
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "stop" and token.low in ENDS:
            found[-1] += [token] if token.low == "?" else []
            found.append([])
        elif token.kind == "stop" and token.low in "()":
            if _aside(tokens, i):
                found[-1].append(token)
            else:
                found.append([])
        elif (token.kind == "stop" and token.low in (",", ":")) or (token.low in DASHES and found[-1]):
            if _begins(tokens, i + 1, found[-1]) or _tells(tokens, i + 1):
                found.append([])
            else:
                found[-1].append(token)
        elif (
            token.low in JOINTS
            and token.kind == "word"
            and not token.quoted
            and found[-1]
            and not _polite([*found[-1], token])
            and (token.low == "then" or _begins(tokens, i + 1, found[-1]))
        ):
            found.append([])
        elif (token.low == "but" and _leaves(tokens, i + 1)) or (found[-1] and _explains(tokens, i)):
            found.append([] if token.low == "but" else [token])
        else:
            found[-1].append(token)
        i += 1
    return [_unnumbered(clause) for clause in found if any(token.kind != "stop" for token in clause)]


def _polite(tokens: Sequence[Token]) -> bool:
    """`go ahead and`: nothing but politeness so far."""
    return clauses.after_politeness(tokens, 0) >= len(tokens)


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
    at = clauses.after_politeness(tokens, at)
    if at >= len(tokens) or tokens[at].kind == "stop":
        return False
    token = tokens[at]
    if token.quoted:
        return False
    if token.low == "to" and at + 1 < len(tokens) and tokens[at + 1].low.isdecimal():
        return True
    if _counts_lines(tokens, at) and any(clauses.READ_HEADS.at(before, i) for i in range(len(before))):
        return False
    if _goes_on(tokens, at, before):
        return True
    return any(
        table.at(tokens, at) for table in (clauses.HEADS, clauses.READ_HEADS, clauses.REMARKED)
    ) or token.low in (
        "don't",
        "dont",
        "nobody",
        "never",
        "leave",
        *clauses.BECAUSE,
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
    if any(token.low in ("between", "from", "min") for token in before) and tokens[at].low.isdecimal():
        return False
    if _steps_on(tokens, at) and any(t.low.isdecimal() for t in before):
        return True
    own = at + 1 < len(tokens) and tokens[at + 1].kind == "word" and is_version(tokens[at + 1])
    return own and any(is_version(t) for t in before if t.kind == "word")
