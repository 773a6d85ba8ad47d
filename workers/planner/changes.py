"""Asks for changes as drafts: one for each object and cluster, each of which exists now."""

from collections.abc import Iterable, Sequence

from workers.domain.action import Action, Verb
from workers.domain.target import EVERYWHERE
from workers.domain.value import ClusterName
from workers.planner import loose, places, resolve
from workers.planner.answers import ask, refuse, unclear
from workers.planner.ask import Ask
from workers.planner.lexicon import WORKS_ON
from workers.planner.names import Named
from workers.planner.parameters import checked
from workers.planner.places import Context
from workers.planner.resolve import Object
from workers.planner.result import Draft
from workers.planner.steps import Params, draft, has_labels, literal_space, only, owner_selector, target_of, unknown

MOST_TARGETS = 20


def change(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    if wanted.verb == "delete":
        return delete(wanted, context, where)
    verb = Verb(wanted.verb)
    if wanted.selector or (not wanted.mentions and wanted.kinds and wanted.every):
        targets = _selected(wanted, context, where)
    else:
        if not wanted.mentions:
            if (
                not wanted.spaces
                and any(w.lower() not in ("ones", "thing", "things", "stuff") for w in wanted.loose)
                and not wanted.loose[0][0].isalpha()
            ):
                raise loose.words_left(wanted)
            raise loose.need_object(wanted, context, where)
        wanted = loose.containers(wanted, context, where)
        if wanted.loose:
            raise loose.words_left(wanted)
        if wanted.problem.startswith("it names objects"):
            raise unclear(f"'{wanted.words[:80]}': {wanted.problem}")
        targets = [
            named
            for mention in wanted.mentions
            for named in _workable(verb, resolve.objects(wanted, mention, context, where), wanted).named
        ]
    if wanted.loose:
        raise loose.words_left(wanted)
    if wanted.problem:
        raise unclear(f"'{wanted.words[:80]}': {wanted.problem}", then=_example(verb, targets[0]))
    _protected(verb, wanted.params, targets, context)
    return [draft(verb, target_of(named), wanted.params, wanted) for named in targets]


def _example(verb: Verb, named: Named) -> str:
    wording = {
        Verb.SCALE: f"scale {named.name} to 5 in {named.cluster}",
        Verb.SET_IMAGE: f"set {named.name} to v1.2.3 in {named.cluster}",
    }
    return f"type, for example, '{wording.get(verb, f'{verb} {named.name} in {named.cluster}')}'"


def _protected(verb: Verb, params: Params, targets: Iterable[Named], context: Context) -> None:
    """Stopping what a production cluster itself lives on is refused before anybody is asked to approve it."""
    for named in targets:
        if (
            verb is Verb.SCALE
            and params.get("replicas") == 0
            and named.namespace == "kube-system"
            and context.book.tiers.get(named.cluster) == "production"
        ):
            raise refuse(
                "refused",
                f"{named.name} belongs to {named.cluster} itself and is not stopped from chat",
                now="rule 'protected-namespaces'",
            )


def _workable(verb: Verb, found: Object, wanted: Ask) -> Object:
    kinds = WORKS_ON.get(verb, ())
    if found.first.kind in kinds:
        return found
    owner = found.first.name
    text = f"{str(verb).replace('_', ' ')} works on {', '.join(kinds)}; {owner} is a {found.first.kind}"
    if found.first.kind == "pod" and verb is Verb.RESTART:
        raise ask(
            f"{text}; delete the pod so that it is made anew?",
            [
                (
                    f"delete pod {owner}",
                    {"verb": "delete", "kind": "pod", "name": owner, "word": wanted.mentions[0].name},
                )
            ],
        )
    raise unclear(text)


def _selected(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Named]:
    """All of a kind in a namespace, or those with a label; bounded."""
    verb = Verb(wanted.verb)
    kinds = [kind for kind in wanted.kinds if kind in WORKS_ON[verb]]
    space = places.namespace(wanted, context, where) or (literal_space(context) if wanted.literal else None)
    if not kinds or space in (None, EVERYWHERE) or wanted.mentions:
        raise unclear(
            f"'{wanted.words[:80]}' does not say which objects",
            then="name them, or a kind with a namespace: 'restart all deployments in NAMESPACE'",
        )
    if not wanted.said and not context.default and not context.settled:
        raise ask("in which cluster?", [(c, {"cluster": c}) for c in where])
    found = [
        n
        for c in where
        for kind in kinds
        for n in context.index.of_kind(kind, [c], space)
        if has_labels(n.labels, wanted.selector)
    ]
    if not found:
        raise unclear(f"nothing in {space} of {', '.join(where)} matches")
    return _bounded(found)


def _bounded(found: list[Named]) -> list[Named]:
    if len(found) > MOST_TARGETS:
        raise refuse(
            "too-many",
            f"that would touch {len(found)} objects",
            now=f"at most {MOST_TARGETS} at once",
            then="name a narrower scope: a namespace, a workload or a label",
        )
    return found


def delete(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    """Pods only, in this release: by name, or those of a workload or label with a status, as they are now."""
    others = [kind for kind in (*wanted.kinds, *(m.kind for m in wanted.mentions if m.kind)) if kind != "pod"]
    if others:
        raise unknown(f"kubectl delete {others[0]}")
    if wanted.loose:
        raise loose.words_left(wanted)
    if wanted.problem:
        raise unclear(f"'{wanted.words[:80]}': {wanted.problem}")
    pods = [m for m in wanted.mentions if m.kind == "pod"]
    if pods and not wanted.kinds and len(pods) == len(wanted.mentions) and not wanted.selector:
        found = [resolve.objects(wanted, m, context, where) for m in pods]
        if not any(o.pods_of or o.first.kind != "pod" for o in found):
            return [
                draft(Verb.DELETE_POD, target_of(n), only(wanted.params, "force"), wanted)
                for o in found
                for n in o.named
            ]
    if not wanted.mentions and not wanted.selector and not wanted.kinds:
        if wanted.said or wanted.namespace or wanted.spaces:
            raise refuse(
                "refused",
                "a whole cluster or namespace is not destroyed from chat",
                now="rule 'unbounded-destruction'",
                then="name one pod",
            )
        raise loose.need_object(wanted, context, where)
    if wanted.mentions and "pod" not in wanted.kinds and not pods:
        owner = resolve.objects(wanted, wanted.mentions[0], context, where)
        raise unknown(f"kubectl delete {owner.first.kind}")
    return _delete_many(wanted, context, where)


def _delete_many(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    status = str(wanted.params.get("status", ""))
    node = str(wanted.params.get("node", ""))
    space = places.namespace(wanted, context, where) or (literal_space(context) if wanted.literal else None)
    bounded = wanted.mentions or wanted.selector or (status and space)
    if not bounded and not wanted.every:
        raise unclear("which pods?", then="name a pod, a workload, or a label: 'delete pod NAME in CLUSTER'")
    if not bounded:
        raise refuse(
            "refused",
            "all pods of a namespace or cluster are not deleted from chat",
            now="rule 'unbounded-destruction'",
            then="name a workload, a label or a status",
        )
    if not wanted.said and not context.default and not context.settled:
        raise ask("in which cluster?", [(c, {"cluster": c}) for c in where])
    owners = [named for mention in wanted.mentions for named in resolve.objects(wanted, mention, context, where).named]
    groups = [
        (o.cluster, o.namespace, _both(owner_selector(o, context), wanted.selector), f"{o.name}-") for o in owners
    ]
    groups = groups or [(c, None if space == EVERYWHERE else space, wanted.selector, "") for c in where]
    found = [
        pod
        for cluster, place, selector, stem in groups
        for pod in context.index.pods([cluster], place)
        if pod.name.startswith(stem)
        and has_labels(pod.labels, selector)
        and (not status or pod.status == status)
        and (not node or pod.node == node)
    ]
    what = " ".join(
        part
        for part in (status, "pods", f"with {groups[0][2]}" if groups[0][2] else "", f"on {node}" if node else "")
        if part
    )
    if not found:
        raise unclear(f"there are no {what} in {', '.join(where)} now")
    context.take("pods", ", ".join(pod.name for pod in found[:MOST_TARGETS]), f"{what} now")
    return [
        Draft(
            action=checked(Action(verb=Verb.DELETE_POD, target=target_of(pod), params=only(wanted.params, "force"))),
            why=f"delete {what}",
        )
        for pod in _bounded(found)
    ]


def _both(selector: str, other: str | None) -> str | None:
    return f"{selector},{other}" if other else selector
