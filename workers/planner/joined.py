"""Which of several objects in one clause are meant: those that are joined, and not those that are left out."""

from collections.abc import Sequence

from workers.planner.ask import Seen
from workers.planner.scope import Said
from workers.planner.tokens import Token

JOINING = frozenset({"and", "&", "plus", "+", ",", "also", "then", "both", "or", "/", "well", ";", ":"})
ARTICLES = frozenset({"the", "a", "an", "our", "my", "in", "on", "of", "cluster", "pod", "(", ")"})
EXCEPT = frozenset({"not", "except", "excluding", "besides"})


def excluded(tokens: Sequence[Token], seen: Seen) -> str:
    """`web but not redis`: takes away the second; what would be left must still be named."""
    if len(seen.places) != len(seen.mentions):
        return ""
    out = []
    for k, place in enumerate(seen.places):
        i = place - 1
        while (i >= 0 and tokens[i].low in ("the", "for", "on")) or (i >= 0 and tokens[i].role == "kind"):
            i -= 1
        if i >= 0 and tokens[i].low in EXCEPT and tokens[i].free:
            out.append(k)
            tokens[i].role = "glue"
            if i and tokens[i - 1].low in ("but", "and", ","):
                tokens[i - 1].role = "glue"
    if not out:
        return ""
    seen.mentions = [mention for k, mention in enumerate(seen.mentions) if k not in out]
    seen.places = [place for k, place in enumerate(seen.places) if k not in out]
    return "" if seen.mentions else "it says what is left out, and not what is meant"


def unjoined(tokens: Sequence[Token], seen: Seen) -> str:
    """`restart redis for web`, `drain worker-1 to worker-2`: the second is no further object of the same."""
    if len(seen.places) != len(seen.mentions):
        return ""
    for mention, place in sorted(zip(seen.mentions, seen.places, strict=True), key=lambda pair: pair[1])[1:]:
        i = place - 1
        while i >= 0 and (tokens[i].role in ("kind", "scope") or tokens[i].low in ARTICLES):
            i -= 1
        before = tokens[i].low if i >= 0 else ""
        on_node = mention.kind == "node" and before in ("from", "on", "off", "at")
        if before not in JOINING and not on_node and tokens[i].role != "name":
            return f"it is not clear what '{before} {mention.name}' means"
    return ""


def crossed(tokens: Sequence[Token], place: Said) -> str:
    """`web in staging and search-api in dev`: which object goes where is not to be guessed."""
    order = ["o" if t.role == "name" else "c" for t in tokens if t.role in ("name", "scope")]
    turns = [kind for i, kind in enumerate(order) if i == 0 or order[i - 1] != kind]
    mixed = len(turns) > 3 or (len(turns) == 3 and turns[0] == "c" and len(set(place.clusters)) > 1)
    return "it names objects and clusters in turn: say one step a sentence" if mixed else ""
