"""A change of many as single changes: which objects these are now, each by name, at most twenty."""

from collections.abc import Sequence

from workers.domain.action import Action, Effect, Verb
from workers.domain.cluster import Cluster
from workers.domain.problem import Problem
from workers.domain.target import EVERYWHERE, NO_KIND, Target
from workers.planner.index import Index
from workers.planner.names import Look, Named
from workers.planner.result import Draft, Refused, Understood
from workers.planner.steps import has_labels

MOST = 20
CHOOSING = frozenset({"status", "node"})  # parameters that say which of many
NEW = frozenset({Verb.CREATE, Verb.RUN, Verb.APPLY})  # what is made anew has no name yet


def expanded(result: Understood, look: Look, clusters: Sequence[Cluster]) -> Understood | Refused:
    """Every draft of a change about one object by name, in order; reads and what is made anew stay as they are."""
    if not any(_is_many(draft.action) for draft in result.drafts):
        return result
    index = Index(look, tuple(cluster.name for cluster in clusters))
    drafts: list[Draft] = []
    notes: list[str] = []
    for draft in result.drafts:
        if not _is_many(draft.action):
            drafts.append(draft)
            continue
        found = _now(draft.action, index)
        what = described(draft.action)
        if not found:
            silent = "; ".join(index.notes())
            return _refused("unclear", f"there are no {what} now" + (f" ({silent})" if silent else ""), draft)
        if len(found) > MOST:
            return _refused("too-many", f"that would touch {len(found)} objects: {what}", draft)
        drafts += [draft.model_copy(update={"action": _single(draft.action, named)}) for named in found]
        notes.append(f"{what} now: {', '.join(named.name for named in found)}")
    if sum(draft.action.effect is not Effect.READ for draft in drafts) > MOST:
        return _refused("too-many", f"that would be {len(drafts)} steps", result.drafts[0])
    return result.model_copy(update={"drafts": tuple(drafts), "notes": (*result.notes, *notes)})


def _is_many(action: Action) -> bool:
    target = action.target
    unnamed = target.name is None and target.kind != NO_KIND
    return unnamed and action.effect is not Effect.READ and action.verb not in NEW


def _now(action: Action, index: Index) -> list[Named]:
    """In the order of the cluster's own list; status and node are known namespace by namespace only."""
    target, params = action.target, action.params
    spaces: Sequence[str | None] = (None if target.namespace == EVERYWHERE else target.namespace,)
    if target.namespace == EVERYWHERE and CHOOSING & set(params):
        spaces = index.namespaces_of(target.cluster)
    return [
        named
        for space in spaces
        for named in index.of_kind(target.kind, [target.cluster], space)
        if has_labels(named.labels, target.selector)
        and params.get("status") in (None, named.status)
        and params.get("node") in (None, named.node)
    ]


def _single(action: Action, named: Named) -> Action:
    target = Target(cluster=named.cluster, namespace=named.namespace, kind=named.kind, name=named.name)
    params = {name: value for name, value in action.params.items() if name not in CHOOSING}
    return action.model_copy(update={"target": target, "params": params})


def described(action: Action) -> str:
    """`CrashLoopBackOff pods with app=web on worker-1 in dev`."""
    target, params = action.target, action.params
    whole = target.namespace in (None, EVERYWHERE)
    parts = (
        str(params.get("status", "")),
        target.resource.plural,
        f"with {target.selector}" if target.selector else "",
        f"on {params['node']}" if "node" in params else "",
        f"in {target.cluster}" if whole else f"in {target.namespace} of {target.cluster}",
    )
    return " ".join(part for part in parts if part)


def _refused(code: str, text: str, draft: Draft) -> Refused:
    return Refused(
        problem=Problem(
            code=code,
            text=text,
            now=f"asked for: {draft.why[:80]}; at most {MOST} at once",
            then="name a narrower scope: a namespace, a workload or a label",
        )
    )
