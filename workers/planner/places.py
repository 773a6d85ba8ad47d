"""Where: clusters and namespaces of an ask, from what was pressed, said, or set as default."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workers.domain.action import Action
from workers.domain.plan import Choice, Source, Taken
from workers.domain.value import ClusterName
from workers.planner.answers import MOST, Ended, ask
from workers.planner.ask import Ask
from workers.planner.index import Index
from workers.planner.near import alike, near
from workers.planner.scope import Book

CLUSTER_LIKE = re.compile(
    r"(?:prod|production|staging|stage|stg|dev|devel|test|qa|uat|preprod|pre-prod|perf|sandbox|canary|eu|us|ap|apac|asia|emea|demo)(?:[-_][a-z0-9-]{1,40}|\d{0,4})"
)


@dataclass(slots=True)
class Context:
    """What holds for the whole planning."""

    book: Book
    index: Index
    default: tuple[ClusterName, ...]
    spaces: tuple[str, ...]
    settled: list[Mapping[str, str]]
    before: tuple[Action, ...] = ()  # what the newest plan of the thread does: what "it" and "too" may go on from
    taken: list[Taken] = field(default_factory=list)

    def take(
        self,
        what: str,
        value: str,
        because: str = "",
        alternatives: Iterable[tuple[str, Mapping[str, str]]] = (),
        source: Source = "assumed",
    ) -> None:
        """Notes where a part of the plan comes from; `alternatives` as in `answers.ask`: label, what it settles."""
        others = dict(alternatives)
        choices = tuple(
            Choice(id=str(n), label=label, settles=settles)
            for n, (label, settles) in enumerate(list(others.items())[:MOST], 1)
        )
        found = Taken(what=what, value=value, source=source, because=because, alternatives=choices)
        if found not in self.taken:
            self.taken.append(found)


def clusters(wanted: Ask, context: Context) -> tuple[ClusterName, ...]:
    """Choice, words, default, or for reads all; a change with none of them is asked about later, by its object."""
    for settles in context.settled:
        if "cluster" in settles and (
            settles.get("word", "") in ("", *wanted.said.unknown, *wanted.loose, *wanted.placed)
        ):
            chosen = tuple(ClusterName(c) for c in settles["cluster"].split(",") if c in context.book.order)
            if chosen:
                return chosen
    for word in wanted.said.unknown:
        raise no_such_cluster(word, context)
    if wanted.said:
        return wanted.said.clusters
    if context.default:
        others = [(name, {"cluster": name}) for name in context.book.order if name not in context.default]
        context.take("cluster", ", ".join(context.default), "this channel's default", others)
        return context.default
    if not wanted.changes:
        each = [(name, {"cluster": name}) for name in context.book.order]
        context.take("cluster", "all", "none was named and this channel has no default", each)
    return context.book.order


def no_such_cluster(word: str, context: Context) -> Ended:
    close = near(word, context.book.order)
    hint = f"; did you mean {close[0]}?" if close else ""
    options = [
        (name, {"cluster": name, "word": word}) for name in (*close, *(c for c in context.book.order if c not in close))
    ]
    return ask(f"there is no cluster '{word}'{hint}", options)


def no_such_place(word: str, context: Context) -> Ended:
    """A word after "in" where no cluster was named: nothing here is called that, so the cluster is asked for."""
    options = [(name, {"cluster": name, "word": word}) for name in context.book.order]
    return ask(f"there is no cluster or namespace '{word}'; in which cluster?", options)


def check_words(wanted: Ask, context: Context, seen: Sequence[ClusterName]) -> Ask:
    """Words that were not understood: an unknown cluster or namespace is asked about; a change has no loose words."""
    settled_words = {settles.get("word", "") for settles in context.settled}
    for settles in context.settled:
        if "name" not in settles and settles.get("word"):
            wanted = without(wanted, settles["word"])
    for word in (*wanted.placed, *wanted.loose):
        low = word.lower()
        if low in settled_words:
            continue
        placed = low in wanted.placed
        spelt = near(low, (s for s in context.book.spellings() if " " not in s and len(s) > 3))
        if (CLUSTER_LIKE.fullmatch(low) and (placed or "-" in low or wanted.changes)) or (
            spelt and (placed or wanted.changes)
        ):
            raise no_such_cluster(word, context)
        if placed:
            close = near(low, context.index.namespaces(seen))
            if len(close) == 1 and wanted.namespace is None:
                others = spaces_as_options(context, seen, close[0])
                context.take("namespace", close[0], f"nearest to '{word}'", others)
                return without(wanted, word, namespace=close[0])
            if wanted.changes and not wanted.said.clusters:
                raise no_such_place(word, context)
    return wanted


def spaces_as_options(
    context: Context, where: Sequence[ClusterName], taken: str
) -> list[tuple[str, Mapping[str, str]]]:
    """The other namespaces that there are."""
    return [(space, {"namespace": space}) for space in context.index.namespaces(where) if space != taken]


def without(wanted: Ask, word: str, **changes: object) -> Ask:
    loose = tuple(w for w in wanted.loose if w.lower() != word.lower())
    placed = tuple(w for w in wanted.placed if w != word.lower())
    return replace(wanted, loose=loose, placed=placed, **changes)  # type: ignore[arg-type]


def namespace(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> str | None:
    """As settled, as said and existing, or the one near it; None when none was said."""
    for settles in context.settled:
        if "namespace" in settles and "name" not in settles:
            return settles["namespace"]
    name = wanted.namespace
    if name is None or name == "*":
        return name
    spaces = context.index.namespaces(where)
    if name in spaces or not spaces:
        return name
    close = near(name, spaces)
    if len(close) == 1:
        context.take("namespace", close[0], f"nearest to '{name}'", spaces_as_options(context, where, close[0]))
        return close[0]
    raise ask(
        f"there is no namespace '{name}' in {', '.join(where)}",
        [(s, {"namespace": s}) for s in alike(name, spaces) or spaces],
    )
