"""Objects of an ask held against the live fleet; what is not there is asked, never guessed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workers.domain.kind import KINDS
from workers.domain.value import ClusterName
from workers.planner.answers import Ended, as_option, ask, refuse
from workers.planner.ask import Ask, Mention
from workers.planner.change_words import NODE_VERBS, WORKS_ON
from workers.planner.index import INDEXED, Index
from workers.planner.names import Named
from workers.planner.near import alike, near
from workers.planner.places import Context, namespace

ELSEWHERE = ("service", "configmap", "ingress", "horizontalpodautoscaler", "job", "persistentvolumeclaim",
    "networkpolicy", "poddisruptionbudget",
             "resourcequota", "serviceaccount")  # fmt: skip  # fmt: skip
OF_ANY_KIND = frozenset({"delete", "label", "annotate", "patch"})
BY_OWNER = frozenset({"replicaset", "endpoints", "job"})


@dataclass(frozen=True, slots=True)
class Object:
    """One object in each of the clusters asked for."""

    named: tuple[Named, ...]
    pods_of: bool = False  # the pods of this workload are meant

    @property
    def first(self) -> Named:
        return self.named[0]


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
        others = _like(mention.written, context.index.workloads(where), mention.name, given)
        context.take("name", mention.name, f"'{mention.written}' written with a hyphen", others)
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
            [as_option(n, given) for n in distinct(found)],
        )
    kinds = distinct(inside)
    if len(kinds) > 1:
        raise ask(f"which {mention.name}?", [as_option(n, given) for n in kinds])
    if space is None and inside[0].namespace and wanted.changes:
        context.take("namespace", inside[0].namespace, f"the only one with {inside[0].name}")
    return Object(named=_everywhere(wanted, inside, context, where), pods_of=pods_of)


def _candidates(
    wanted: Ask, mention: Mention, context: Context, where: Sequence[ClusterName]
) -> tuple[list[Named], bool]:
    """Objects of exactly this name, and whether the pods of a workload are meant."""
    index, kind, name = context.index, mention.kind, mention.name
    workloads = [n for n in index.workloads(where) if n.name == name]
    if kind is None:
        return (workloads, "pod" in wanted.kinds) if workloads else (_unkinded(wanted, name, index, where), False)
    if kind in INDEXED:
        return [n for n in workloads if n.kind == kind], "pod" in wanted.kinds
    works_on = WORKS_ON.get(wanted.verb, ())
    exact = (
        []
        if kind == "service" and works_on and kind not in works_on and not wanted.literal
        else index.called(kind, name, where)
    )
    owns = workloads and not exact
    if owns and kind == "pod":
        return workloads, True
    if owns and (kind in ("service", "job") or wanted.verb == "get"):
        return workloads, kind in BY_OWNER  # or the objects of that kind beside the workload
    return exact, False


def _unkinded(wanted: Ask, name: str, index: Index, where: Sequence[ClusterName]) -> list[Named]:
    """A node or pod of this name; for reads anything else of this name."""
    found = index.called("node", name, where)
    if not found and wanted.verb not in NODE_VERBS:
        found = index.called("pod", name, where)
    if found or (wanted.changes and wanted.verb not in OF_ANY_KIND):
        return found
    if wanted.changes:
        return [n for kind in ELSEWHERE for n in index.called(kind, name, where)]
    return next((hit for kind in ELSEWHERE if (hit := index.called(kind, name, where))), [])


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
        context.take("kind", real.kind, f"there is no {mention.kind} {real.name}")
        return [n for n in pool if n.name == mention.name], False
    close = near(mention.name, (n.name for n in pool))
    if len(close) != 1:
        return [], False
    others = _like(mention.name, pool, close[0], mention.name)
    context.take("name", close[0], f"nearest to '{mention.name}'", others)
    return [n for n in pool if n.name == close[0]], mention.kind == "pod" or "pod" in wanted.kinds


def _like(written: str, pool: Sequence[Named], taken: str, given: str) -> list[tuple[str, dict[str, str]]]:
    """The other objects that the word is like."""
    names = alike(written, (n.name for n in pool if n.name != taken))
    return [as_option(n, given) for n in distinct(n for n in pool if n.name in names)]


def _nowhere(wanted: Ask, mention: Mention, context: Context, where: Sequence[ClusterName], given: str) -> Ended:
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
    kind = mention.kind or ("node" if wanted.verb in NODE_VERBS else None)
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
        [as_option(n, given) for n in distinct(offers)],
        then=f"list what is there: 'list {KINDS[kind or 'deployment'].plural} in {where[0]}'",
    )


def distinct(found: Iterable[Named]) -> list[Named]:
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
                context.take("cluster", first.cluster, f"the only one with {first.name}")
                return (first,)
            options: list[tuple[str, dict[str, str]]] = [(c, {"cluster": c}) for c in by_cluster]
            if len(by_cluster) > 1:
                options = [*options[:4], ("all of them", {"cluster": ",".join(by_cluster)})]
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
        context.take("cluster", ", ".join(by_cluster), f"{first.name} is only there")
    return tuple(by_cluster[c] for c in where if c in by_cluster)
