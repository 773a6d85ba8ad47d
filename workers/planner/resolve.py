"""Asks held against the live fleet: which clusters, which objects; what is not there is asked, never guessed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workers.domain.action import Verb
from workers.domain.kind import KINDS
from workers.domain.value import ClusterName
from workers.planner.answers import as_option, ask, refuse, unclear
from workers.planner.ask import Ask, Mention
from workers.planner.index import INDEXED, Index
from workers.planner.lexicon import WORKS_ON
from workers.planner.names import Named
from workers.planner.near import alike, near
from workers.planner.scope import Book

CLUSTER_LIKE = re.compile(
    r"(?:prod|production|staging|stage|stg|dev|devel|test|qa|uat|preprod|pre-prod|perf|sandbox|canary|eu|us|ap|apac|asia|emea|demo)(?:[-_][a-z0-9-]{1,40}|\d{0,4})"
)
ELSEWHERE = ("service", "configmap", "ingress", "horizontalpodautoscaler", "job", "persistentvolumeclaim", "networkpolicy", "poddisruptionbudget",
             "resourcequota", "serviceaccount")  # fmt: skip
BY_OWNER = frozenset({"replicaset", "endpoints", "job"})


@dataclass(slots=True)
class Context:
    """What holds for the whole planning."""

    book: Book
    index: Index
    default: tuple[ClusterName, ...]
    spaces: tuple[str, ...]
    settled: list[Mapping[str, str]]
    assumed: list[str] = field(default_factory=list)

    def assume(self, text: str) -> None:
        if text not in self.assumed:
            self.assumed.append(text)


@dataclass(frozen=True, slots=True)
class Object:
    """One object in each of the clusters asked for."""

    named: tuple[Named, ...]
    pods_of: bool = False  # the pods of this workload are meant

    @property
    def first(self) -> Named:
        return self.named[0]


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
        context.assume(f"cluster {', '.join(context.default)}: this channel's default")
        return context.default
    if not wanted.changes:
        context.assume("all clusters: none was named and this channel has no default")
    return context.book.order


def no_such_cluster(word: str, context: Context) -> Exception:
    close = near(word, context.book.order)
    hint = f"; did you mean {close[0]}?" if close else ""
    options = [
        (name, {"cluster": name, "word": word}) for name in (*close, *(c for c in context.book.order if c not in close))
    ]
    return ask(f"there is no cluster '{word}'{hint}", options)


def check_words(wanted: Ask, context: Context, seen: Sequence[ClusterName]) -> Ask:
    """Words that were not understood: an unknown cluster or namespace is asked about; a change has no loose words."""
    settled_words = {settles.get("word", "") for settles in context.settled}
    for word in (*wanted.placed, *wanted.loose):
        low = word.lower()
        if low in settled_words:
            continue
        placed = low in wanted.placed
        spelt = near(low, (s for s in context.book.spellings() if " " not in s and len(s) > 3))
        if (
            CLUSTER_LIKE.fullmatch(low)
            and (placed or "-" in low or wanted.changes)
            or (spelt and (placed or wanted.changes))
        ):
            raise no_such_cluster(word, context)
        if placed:
            close = near(low, context.index.namespaces(seen))
            if len(close) == 1 and wanted.namespace is None:
                context.assume(f"namespace {close[0]}: nearest to '{word}'")
                return _without(wanted, word, namespace=close[0])
    return wanted


def _without(wanted: Ask, word: str, **changes: object) -> Ask:
    from dataclasses import replace

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
        context.assume(f"namespace {close[0]}: nearest to '{name}'")
        return close[0]
    raise ask(
        f"there is no namespace '{name}' in {', '.join(where)}",
        [(s, {"namespace": s}) for s in alike(name, spaces) or spaces],
    )


def settled_mention(mention: Mention, context: Context) -> tuple[Mention, str | None]:
    for settles in context.settled:
        if "name" in settles and settles.get("word", mention.name) == mention.name:
            return Mention(name=settles["name"], kind=settles.get("kind")), settles.get("namespace")
    return mention, None


def objects(wanted: Ask, mention: Mention, context: Context, where: Sequence[ClusterName]) -> Object:
    """The object of a mention in every cluster of `where`; for reads over unnamed clusters, wherever it is."""
    given = mention.name
    mention, chosen_space = settled_mention(mention, context)
    space = chosen_space or namespace(wanted, context, where)
    space = None if space == "*" else space
    if mention.written:
        context.assume(f"{mention.name}: '{mention.written}' written with a hyphen")
    found, pods_of = _candidates(wanted, mention, context, where)
    if not found:
        found, pods_of = _nearest(wanted, mention, context, where)
    if not found:
        raise _nowhere(wanted, mention, context, where, given)
    inside = [n for n in found if space is None or n.namespace in (None, space)]
    if not inside:
        places = sorted({n.namespace for n in found if n.namespace})
        raise ask(
            f"{mention.name} is not in namespace '{space}'; it is in {', '.join(places)}",
            [as_option(n, given) for n in _distinct(found)],
        )
    kinds = _distinct(inside)
    if len(kinds) > 1:
        raise ask(f"which {mention.name}?", [as_option(n, given) for n in kinds])
    if space is None and inside[0].namespace and wanted.changes:
        context.assume(f"namespace {inside[0].namespace}: the only one with {inside[0].name}")
    return Object(named=_everywhere(wanted, inside, context, where), pods_of=pods_of)


def _candidates(
    wanted: Ask, mention: Mention, context: Context, where: Sequence[ClusterName]
) -> tuple[list[Named], bool]:
    index, kind, name = context.index, mention.kind, mention.name
    workloads = [n for n in index.workloads(where) if n.name == name]
    works_on = WORKS_ON.get("delete_pod" if wanted.verb == "delete" else wanted.verb, ())
    if kind is None:
        if workloads or wanted.verb in ("cordon", "uncordon"):
            return workloads or [n for n in index.nodes(where) if n.name == name], "pod" in wanted.kinds
        found = [n for n in index.nodes(where) if n.name == name] or [n for n in index.pods(where) if n.name == name]
        if not found and not wanted.changes:
            found = next(
                (hit for other in ELSEWHERE if (hit := [n for n in index.of_kind(other, where) if n.name == name])), []
            )
        return found, False
    if kind in INDEXED:
        return [n for n in workloads if n.kind == kind], "pod" in wanted.kinds
    exact = (
        [n for n in index.of_kind(kind, where) if n.name == name]
        if not (kind == "service" and works_on and "service" not in works_on)
        else []
    )
    if exact:
        return exact, False
    if workloads and (kind in ("pod", "service") or kind == "job"):
        return workloads, kind == "pod"
    if workloads and not wanted.changes and kind in BY_OWNER:
        return workloads, True
    if workloads and wanted.verb == Verb.GET:
        return workloads, False  # the objects of that kind beside the workload
    return [], False


def _nearest(wanted: Ask, mention: Mention, context: Context, where: Sequence[ClusterName]) -> tuple[list[Named], bool]:
    """Exactly one near workload, or near object of the kind; pods and nodes are never corrected."""
    if mention.kind in ("pod", "node"):
        return [], False
    pool = (
        context.index.workloads(where)
        if mention.kind in (None, "service", *INDEXED)
        else context.index.of_kind(mention.kind, where)
    )
    if mention.kind in INDEXED and any(n.name == mention.name for n in pool):
        real = next(n for n in pool if n.name == mention.name)
        if wanted.changes:
            raise ask(f"{mention.name} is a {real.kind}, not a {mention.kind}", [as_option(real, mention.name)])
        context.assume(f"{real.name} is a {real.kind}")
        return [n for n in pool if n.name == mention.name], False
    close = near(mention.name, (n.name for n in pool))
    if len(close) != 1:
        return [], False
    context.assume(f"{close[0]}: nearest to '{mention.name}'")
    return [n for n in pool if n.name == close[0]], mention.kind == "pod" or "pod" in wanted.kinds


def _nowhere(wanted: Ask, mention: Mention, context: Context, where: Sequence[ClusterName], given: str) -> Exception:
    index = context.index
    silent = [c for c in where if c in index.unreachable]
    if silent:
        return refuse(
            "cluster-unreachable",
            f"{', '.join(silent)} does not answer",
            now="what is there cannot be seen",
            then="try again later, or name another cluster",
        )
    others = [c for c in context.book.order if c not in where]
    kind = mention.kind or ("node" if wanted.verb in ("cordon", "uncordon") else None)
    away = [
        n
        for n in (index.of_kind(kind, others) if kind and kind != "service" else index.workloads(others))
        if n.name == mention.name
    ]
    what = f"{kind or 'workload'} '{mention.name}'"
    if away:
        places = list(dict.fromkeys(n.cluster for n in away))
        return ask(
            f"there is no {what} in {', '.join(where)}; it is in {', '.join(places)}",
            [(c, {"cluster": c}) for c in places],
        )
    pool = index.of_kind(kind, where) if kind else index.workloads(where)
    if kind == "pod":
        stem = mention.name.rsplit("-", 1)[0]
        pool = [n for n in pool if n.name.startswith(stem)]
        offers = pool
    else:
        names = alike(mention.name, (n.name for n in pool))
        offers = [next(n for n in pool if n.name == name) for name in names]
    hidden = "".join(f"; {note}" for note in index.notes())
    return ask(
        f"there is no {what} in {', '.join(where)}{hidden}",
        [as_option(n, given) for n in _distinct(offers)],
        then="list what is there: 'list deployments in CLUSTER'",
    )


def _distinct(found: Iterable[Named]) -> list[Named]:
    """One of each namespace, kind and name."""
    return list({(n.namespace, n.kind, n.name): n for n in reversed(list(found))}.values())[::-1]


def _everywhere(
    wanted: Ask, found: Sequence[Named], context: Context, where: Sequence[ClusterName]
) -> tuple[Named, ...]:
    by_cluster = {n.cluster: n for n in found}
    missing = [c for c in where if c not in by_cluster]
    first = found[0]
    named_by_words = bool(wanted.said) or bool(context.default) or any("cluster" in s for s in context.settled)
    if wanted.changes:
        silent = [c for c in missing if c in context.index.unreachable]
        if silent:
            raise refuse(
                "cluster-unreachable",
                f"{', '.join(silent)} does not answer",
                now="nothing can be planned there",
                then="try again later, or name another cluster",
            )
        if not named_by_words:
            if len(by_cluster) == 1 and first.kind in ("pod", "node"):
                context.assume(f"cluster {first.cluster}: the only one with {first.name}")
                return (first,)
            options = [(c, {"cluster": c}) for c in by_cluster]
            if len(by_cluster) > 1:
                options = options[:4] + [("all of them", {"cluster": ",".join(by_cluster)})]
            raise ask(f"in which cluster? {first.name} is in {', '.join(by_cluster)}", options)
    if missing and (wanted.changes or (named_by_words and not all(c in context.index.unreachable for c in missing))):
        there = [c for c in where if c in by_cluster]
        if not wanted.changes:
            missing = [c for c in missing if c not in context.index.unreachable]
        raise ask(
            f"{first.name} is in {', '.join(there)}, not in {', '.join(missing)}",
            [(", ".join(there), {"cluster": ",".join(there)})],
        )
    if missing and any(c not in context.index.unreachable for c in missing):
        context.assume(f"{first.name} is only in {', '.join(by_cluster)}")
    return tuple(by_cluster[c] for c in where if c in by_cluster)


def guess_mentions(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> Ask:
    """A loose word that is near exactly one name is that name; several near names are asked about."""
    if wanted.mentions or wanted.kinds and not wanted.changes and not any("-" in w for w in wanted.loose):
        return wanted
    pool = context.index.workloads(where)
    names = [n.name for n in pool]
    for word in wanted.loose:
        low = word.lower().removesuffix("'s")
        close = near(low, names) if len(low) > 4 or "-" in low else ()
        if len(close) == 1:
            return _without(wanted, word, mentions=(Mention(name=low),))
        if len(close) > 1:
            raise ask(f"which '{word}'?", [as_option(n, low) for n in _distinct(n for n in pool if n.name in close)])
    for word in wanted.loose:
        low = word.lower()
        if any(s.get("word") == low for s in context.settled):
            return _without(wanted, word, mentions=(Mention(name=low),))
        if (
            "-" in low
            and low[0].isalpha()
            and (wanted.changes or low in wanted.placed or True)
            and re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)+", low)
            and wanted.verb in NEEDS_OBJECT
        ):
            return _without(wanted, word, mentions=(Mention(name=low),))
    return wanted


NEEDS_OBJECT = frozenset({*WORKS_ON, Verb.LOGS, Verb.DESCRIBE, "delete"})


def need_object(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> Exception:
    """The question for a step without an object; offers what the words come near to."""
    verb = wanted.verb.replace("_", " ")
    kind = "node" if wanted.verb in ("cordon", "uncordon") else None
    pool = (
        context.index.nodes(where)
        if kind
        else [n for n in context.index.workloads(where) if n.kind in WORKS_ON.get(wanted.verb, INDEXED)]
    )
    for space in wanted.spaces:
        inside = [n for n in pool if n.namespace == space]
        return ask(f"'{space}' is a namespace; which workload in it?", [as_option(n, space) for n in _distinct(inside)])
    for word in wanted.loose:
        names = alike(word.lower(), (n.name for n in pool))
        if names:
            return ask(
                f"{verb} which one? there is no '{word}'",
                [as_option(n, word.lower()) for n in _distinct(n for n in pool if n.name in names)],
            )
    if wanted.namespace:
        pool = [n for n in pool if n.namespace == wanted.namespace] or pool
    return ask(f"{verb} what? name one object", [as_option(n) for n in _distinct(pool)])


def containers(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> Ask:
    """A loose word that is a container of the one object named is that container, where containers are known."""
    if wanted.verb != Verb.SET_IMAGE or len(wanted.mentions) != 1 or "container" in wanted.params:
        return wanted
    known = {c for n in context.index.workloads(where) if n.name == wanted.mentions[0].name for c in n.containers}
    for word in wanted.loose:
        if word.lower() in known:
            return _without(wanted, word, params={**wanted.params, "container": word.lower()})
    return wanted


def words_left(wanted: Ask) -> Exception:
    listed = ", ".join(f"'{word}'" for word in wanted.loose[:5])
    return unclear(
        f"these words of '{wanted.words[:80]}' are not understood: {listed}",
        then="say it without them, one step a sentence",
    )


def kinds_of(verb: str) -> tuple[str, ...]:
    return WORKS_ON.get(verb, tuple(KINDS))
