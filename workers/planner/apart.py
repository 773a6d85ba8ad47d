"""Parts of a message beside the order itself: what is to be left alone, and objects that each have their own place."""

from collections.abc import Sequence

from workers.domain.value import ClusterName
from workers.planner import clauses, cutting
from workers.planner.ask import CHANGES, Ask
from workers.planner.carry import SAME_FOR_ALL
from workers.planner.clause import Clause, find, opened
from workers.planner.index import Index
from workers.planner.joined import crossed
from workers.planner.scope import Book
from workers.planner.tokens import Token

NOT_YET = frozenset({"yet", "now", "until", "unless", "it", "this", "that", "anything", "any", "everything"})
BETWEEN = frozenset({"the", "a", "(", ")", "in", "on", "cluster"})


def leaves_alone(part: Clause, asks: Sequence[Ask]) -> bool:
    """`don't touch X`, `but don't drain them`: it takes nothing away from what is ordered."""
    changes = [ask for ask in asks if ask.verb in CHANGES]
    if not changes:
        return False
    names = {mention.name for mention in part.seen.mentions}
    if names:
        return all(ask.mentions and not names & {mention.name for mention in ask.mentions} for ask in changes)
    places = set(part.said.clusters)
    if places:
        return all(ask.said.clusters and not places & set(ask.said.clusters) for ask in changes)
    other = clauses.forbidden(part.tokens)
    said = {token.low for token in part.tokens}
    return bool(other) and not said & NOT_YET and all(ask.verb != other for ask in changes)


def uncrossed(part: Clause, book: Book, index: Index, clusters: Sequence[ClusterName]) -> list[Clause]:
    """`restart web in dev and redis in staging` as two clauses, where each object has a place behind it."""
    if part.verb not in SAME_FOR_ALL or part.first.params or part.head is None or not crossed(part.tokens, part.said):
        return [part]
    tokens, pieces, start = part.tokens, list[Clause](), 0
    head = [tokens[place] for place in part.head.places]
    for cut in (*_cuts(tokens), len(tokens)):
        piece = opened([_fresh(token) for token in (*(head if start else ()), *tokens[start:cut])], book)
        find(piece, index, clusters)
        pieces.append(piece)
        start = cut + 1
    whole = all(
        p.said and len(p.seen.mentions) == 1 and p.verb == part.verb and not crossed(p.tokens, p.said) for p in pieces
    )
    return pieces if whole else [part]


def _cuts(tokens: Sequence[Token]) -> list[int]:
    """Joints between a place and the next object."""
    return [
        i
        for i, token in enumerate(tokens)
        if (token.low in cutting.JOINTS or token.low == ",")
        and _beside(tokens, i, -1) == "scope"
        and _beside(tokens, i, 1) == "name"
    ]


def _beside(tokens: Sequence[Token], i: int, step: int) -> str:
    i += step
    while 0 <= i < len(tokens) and (tokens[i].low in BETWEEN or tokens[i].role == "kind"):
        i += step
    return tokens[i].role if 0 <= i < len(tokens) else ""


def _fresh(token: Token) -> Token:
    return Token(text=token.text, low=token.low, kind=token.kind, quoted=token.quoted)
