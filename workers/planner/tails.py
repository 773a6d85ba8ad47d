"""Why an order is given, at its end: `, pods are stuck`, `for black friday`, `so it reschedules`. No part of the order.

A tail is only taken for a reason when nothing in it could order, bound, deny or aim anything: no verb of a change, no
condition, no negation, no place, no name and nothing that looks like one.
"""

from collections.abc import Collection, Sequence

from workers.planner import clauses
from workers.planner.cutting import DASHES
from workers.planner.filler import GLUE
from workers.planner.frame import NUMBERS
from workers.planner.near import near
from workers.planner.places import CLUSTER_LIKE
from workers.planner.tokens import Token, vocabulary

CONNECTORS = vocabulary("for before ahead so since as while because due during given to")
ARTICLES = vocabulary("the a an our my this that these those its their some")
# One of these and the tail is no mere reason.
WEIGHTY = vocabulary(
    """
    if unless until till when whenever once only just except excluding but not no never don't dont nor or either
    instead rather actually maybe perhaps probably wait sorry oops mean meant correction also too both plus another
    all every everything everywhere any other others rest each after later tomorrow tonight monday tuesday wednesday
    thursday friday saturday sunday weekend morning evening afternoon noon midnight hour hours minute minutes
    namespace namespaces ns cluster clusters region env environment environments context one ones same then
    replicas replica pods instances copies tag version image revision container node nodes with without by from
    named called selector label labels force yet
    """
)
CALENDAR = vocabulary("black cyber monday friday weekend sunday saturday")  # "for black friday" names an event
# Something more to do, or how to do it.
IMPERATIVES = vocabulary(
    """
    keep leave skip avoid preserve use ask check confirm verify wait watch monitor notify tell ping let make do be try
    ensure start stop go put remember note hold save retain prefer allow give take bring run look see show get send
    first second slowly gently step staged gradual
    """
)
PURPOSES = vocabulary(
    """
    maintenance upgrade upgrades patching reboot debugging testing investigation migration cleanup capacity traffic
    safety compliance performance stability
    """
)
SHORT = 4  # words from this length on may be a misspelt name


def mark(tokens: Sequence[Token], names: Collection[str]) -> None:
    """Gives the words of a reason their role."""
    start = _start(tokens)
    if start is None:
        return
    tail = tokens[start:]
    if tail[0].kind == "stop" or tail[0].low in DASHES:
        tail = tail[1:]
    words = [token for token in tail if token.kind == "word"]
    if any(token.kind == "quote" for token in tail) or not _is_reason(words, names):
        return
    for token in words:
        token.role = token.role or "reason"


def _start(tokens: Sequence[Token]) -> int | None:
    """Where a tail begins: at the first pause or connector behind everything that is understood."""
    last = max((i for i, t in enumerate(tokens) if t.role not in ("", "glue", "polite", "reason")), default=None)
    if last is None:
        return None
    for i in range(last + 1, len(tokens)):
        token = tokens[i]
        paused = (token.kind == "stop" and token.low in ",:") or token.low in DASHES
        if paused or (token.kind == "word" and token.low in CONNECTORS):
            return i
        if token.free and token.low not in GLUE:
            return None
    return None


def _is_reason(words: Sequence[Token], names: Collection[str]) -> bool:
    connected = bool(words) and words[0].low in CONNECTORS
    body = words[1:] if connected else words
    event = connected and words[0].low == "for" and any(token.low in CALENDAR for token in body)
    weighty = WEIGHTY - (CALENDAR if event else frozenset())
    content = [token for token in body if token.low not in ARTICLES]
    article = len(body) > len(content)
    if content and (content[0].low in IMPERATIVES or any(token.low.endswith("ly") for token in content)):
        return False
    purpose = len(content) == 1 and content[0].low in PURPOSES
    if not content or (len(content) < 2 and not (connected and (article or purpose))):
        return False
    timed = connected and words[0].low in ("before", "ahead", "for")
    return not any(
        token.low in weighty or _orders(words, token) or _aims(token, names, timed=timed) for token in content
    )


def _orders(words: Sequence[Token], token: Token) -> bool:
    hit = clauses.HEADS.at(words, words.index(token))
    return hit is not None and hit.key not in SOFT


SOFT = frozenset({"set", "add", "start", "fetch", "hold", "other", "deploy", "create"})


def _aims(token: Token, names: Collection[str], *, timed: bool) -> bool:
    """It is, or may be, the name of something or a value."""
    low = token.low.removesuffix("'s")
    if timed and ":" in low and low.replace(":", "").isdecimal():
        return False  # "before the 18:00 batch"
    return (
        token.quoted
        or token.role != ""
        or any(c.isdigit() or c in "-_/=.@:" for c in low)
        or low in NUMBERS.keys() - {"a", "an", "nothing", "none"}
        or CLUSTER_LIKE.fullmatch(low) is not None
        or (len(low) >= SHORT and bool(near(low, names)))
    )
