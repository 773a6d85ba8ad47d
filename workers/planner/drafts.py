"""Resolved asks as drafts: one for each target and cluster."""

from collections.abc import Iterable, Mapping, Sequence

from workers.domain.action import Action, Effect, Parameter, Verb
from workers.domain.kind import KINDS
from workers.domain.target import EVERYWHERE, Target
from workers.domain.value import ClusterName
from workers.planner import resolve
from workers.planner.answers import as_option, ask, refuse, unclear
from workers.planner.ask import Ask
from workers.planner.lexicon import DIAGNOSE, WORKS_ON
from workers.planner.names import Named
from workers.planner.parameters import checked
from workers.planner.resolve import Context, Object
from workers.planner.result import Draft

MOST_TARGETS = 20
OWNER_LABELS = ("app", "app.kubernetes.io/name", "k8s-app", "app.kubernetes.io/instance")
Params = Mapping[str, Parameter]


def drafts(wanted: Ask, context: Context) -> list[Draft]:
    """Raises Ended with a question or a refusal when anything is open."""
    if wanted.strange:
        raise refuse("unknown-kind", f"'{wanted.strange[0]}' is not among the kinds that Kubechat knows", now=f"it knows: {', '.join(KINDS)}")
    where = resolve.clusters(wanted, context)
    wanted = resolve.check_words(wanted, context, where)
    if wanted.changes:
        _reachable(where, context, said=bool(wanted.said))
    wanted = resolve.guess_mentions(wanted, context, where)
    return _change(wanted, context, where) if wanted.changes else _read(wanted, context, where)


def _reachable(where: Sequence[ClusterName], context: Context, *, said: bool) -> None:
    context.index.workloads(where)
    silent = [c for c in where if c in context.index.unreachable]
    if silent and (said or context.default):
        raise refuse(
            "cluster-unreachable",
            f"{', '.join(silent)} does not answer",
            now="nothing can be planned there",
            then="try again later, or name another cluster",
        )


# --- changes -----------------------------------------------------------------------------------------------------------


def _change(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    if wanted.verb == "delete":
        return _delete(wanted, context, where)
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
                raise resolve.words_left(wanted)
            raise resolve.need_object(wanted, context, where)
        if wanted.loose:
            raise resolve.words_left(wanted)
        targets = [
            named
            for mention in wanted.mentions
            for named in _workable(verb, resolve.objects(wanted, mention, context, where), wanted).named
        ]
    if wanted.loose:
        raise resolve.words_left(wanted)
    if wanted.problem:
        raise unclear(f"'{wanted.words[:80]}': {wanted.problem}", then=_example(verb, targets[0]))
    _protected(verb, wanted.params, targets, context)
    return [_draft(verb, _target(named), wanted.params, wanted) for named in targets]


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
    space = resolve.namespace(wanted, context, where) or (_literal_space(context) if wanted.literal else None)
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
        if _has(n.labels, wanted.selector)
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


def _literal_space(context: Context) -> str:
    return context.spaces[0] if context.spaces else "default"


def _has(labels: Mapping[str, str], selector: str | None) -> bool:
    """Equality selectors; anything else matches nothing, so that a change never reaches further than asked."""
    for part in (selector or "").split(","):
        key, unequal, value = part.partition("!=")
        if unequal and labels.get(key) == value:
            return False
        if part and not unequal:
            key, equal, value = part.replace("==", "=").partition("=")
            if not equal or labels.get(key) != value:
                return False
    return True


def _delete(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    """Pods only, in this release: by name, or those of a workload or label with a status, as they are now."""
    others = [kind for kind in (*wanted.kinds, *(m.kind for m in wanted.mentions if m.kind)) if kind != "pod"]
    if others:
        raise unknown(f"kubectl delete {others[0]}")
    if wanted.loose:
        raise resolve.words_left(wanted)
    pods = [m for m in wanted.mentions if m.kind == "pod"]
    if pods and not wanted.kinds and len(pods) == len(wanted.mentions) and not wanted.selector:
        found = [resolve.objects(wanted, m, context, where) for m in pods]
        if not any(o.pods_of or o.first.kind != "pod" for o in found):
            return [
                _draft(Verb.DELETE_POD, _target(n), _only(wanted.params, "force"), wanted)
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
        raise resolve.need_object(wanted, context, where)
    if wanted.mentions and "pod" not in wanted.kinds and not pods:
        owner = resolve.objects(wanted, wanted.mentions[0], context, where)
        raise unknown(f"kubectl delete {owner.first.kind}")
    return _delete_many(wanted, context, where)


def _delete_many(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    status = str(wanted.params.get("status", ""))
    node = str(wanted.params.get("node", ""))
    space = resolve.namespace(wanted, context, where) or (_literal_space(context) if wanted.literal else None)
    if not wanted.mentions and not wanted.selector and not (status and space):
        raise refuse(
            "refused",
            "all pods of a namespace or cluster are not deleted from chat",
            now="rule 'unbounded-destruction'",
            then="name a workload, a label or a status",
        )
    if not wanted.said and not context.default and not context.settled:
        raise ask("in which cluster?", [(c, {"cluster": c}) for c in where])
    groups: list[tuple[ClusterName, str | None, str | None]] = []
    for mention in wanted.mentions:
        for owner in resolve.objects(wanted, mention, context, where).named:
            groups.append((owner.cluster, owner.namespace, owner_selector(owner, context)))
    if not groups:
        groups = [(c, None if space == EVERYWHERE else space, wanted.selector) for c in where]
    found = [
        pod
        for cluster, place, selector in groups
        for pod in context.index.pods([cluster], place)
        if _has(pod.labels, selector) and (not status or pod.status == status) and (not node or pod.node == node)
    ]
    what = " ".join(
        part
        for part in (status, "pods", f"with {groups[0][2]}" if groups[0][2] else "", f"on {node}" if node else "")
        if part
    )
    if not found:
        raise unclear(f"there are no {what} in {', '.join(where)} now")
    context.assume(f"{what} now: {', '.join(pod.name for pod in found[:MOST_TARGETS])}")
    return [
        Draft(
            action=checked(Action(verb=Verb.DELETE_POD, target=_target(pod), params=_only(wanted.params, "force"))),
            why=f"delete {what}",
        )
        for pod in _bounded(found)
    ]


def unknown(hint: str) -> Exception:
    """The refusal for a verb that this release does not have."""
    known = ", ".join(verb.value.replace("_", " ") for verb in Verb)
    return refuse(
        "unknown-verb",
        "this release of Kubechat does not do that",
        now=f"it knows: {known}",
        then=f"in a terminal this would be '{hint}'",
    )


# --- reads ---------------------------------------------------------------------------------------------------------------


def _read(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    context.index.workloads(where)
    answering = tuple(c for c in where if c not in context.index.unreachable)
    if not answering:
        raise refuse("cluster-unreachable", f"{', '.join(where)} does not answer", then="try again later")
    objects = [resolve.objects(wanted, mention, context, where) for mention in wanted.mentions]
    if wanted.verb == DIAGNOSE:
        if not objects and not wanted.namespace and wanted.words.lower().startswith(("fix", "please fix", "repair", "heal")):
            raise resolve.need_object(wanted, context, answering)
        return _diagnose(wanted, context, answering, objects)
    verb = Verb(wanted.verb)
    if objects and verb is not Verb.TOP and not (verb is Verb.GET and _node(objects)):
        kinds = WORKS_ON.get(verb)
        for found in objects:
            if kinds and found.first.kind not in kinds:
                raise unclear(
                    f"{str(verb).replace('_', ' ')} works on {', '.join(kinds)}; {found.first.name} is a {found.first.kind}"
                )
        return [_about(verb, named, found.pods_of, wanted, context) for found in objects for named in found.named]
    if verb is Verb.TOP:
        return _top(wanted, context, answering, objects)
    space = resolve.namespace(wanted, context, where)
    if verb is Verb.EVENTS:
        return [
            _draft(
                verb, Target(cluster=c, namespace=space or _space(wanted, context), kind="event"), wanted.params, wanted
            )
            for c in answering
        ]
    if verb is Verb.GET or (verb is Verb.DESCRIBE and wanted.kinds):
        return _listed(verb, wanted, context, answering, space, objects)
    raise resolve.need_object(wanted, context, answering)


def _node(objects: Sequence[Object]) -> str:
    return next((o.first.name for o in objects if o.first.kind == "node"), "")


def _space(wanted: Ask, context: Context) -> str:
    """The namespace of a list that names none."""
    if wanted.literal:
        return _literal_space(context)
    if context.spaces:
        context.assume(f"namespace {context.spaces[0]}: this channel's default")
        return context.spaces[0]
    return EVERYWHERE


def owner_selector(named: Named, context: Context) -> str:
    """The selector of a workload's pods, from the labels it carries itself."""
    for key in OWNER_LABELS:
        if key in named.labels:
            return f"{key}={named.labels[key]}"
    context.assume(f"app={named.name}: the usual label, {named.name} carries none itself")
    return f"app={named.name}"


def _about(verb: Verb, named: Named, pods_of: bool, wanted: Ask, context: Context) -> Draft:
    kind = next((k for k in (*(m.kind for m in wanted.mentions), *wanted.kinds) if k in ("pod", "replicaset")), "pod")
    other = next((k for k in (*wanted.kinds, *(m.kind for m in wanted.mentions)) if k and k != named.kind), None)
    if verb in (Verb.GET, Verb.DESCRIBE) and (pods_of or (other in ("pod", "replicaset"))) and named.kind != "pod":
        target = Target(
            cluster=named.cluster, namespace=named.namespace, kind=kind, selector=owner_selector(named, context)
        )
    elif verb is Verb.GET and other == "endpoints":
        target = Target(cluster=named.cluster, namespace=named.namespace, kind="endpoints", name=named.name)
    else:
        target = _target(named)
    return _draft(verb, target, wanted.params, wanted)


def _top(wanted: Ask, context: Context, where: Sequence[ClusterName], objects: Sequence[Object]) -> list[Draft]:
    params = _only(wanted.params, "sort_by")
    if not objects:
        if "node" in wanted.kinds:
            return [_draft(Verb.TOP, Target(cluster=c, namespace=None, kind="node"), params, wanted) for c in where]
        space = resolve.namespace(wanted, context, where) or _space(wanted, context)
        return [
            _draft(Verb.TOP, Target(cluster=c, namespace=space, kind="pod", selector=wanted.selector), params, wanted)
            for c in where
        ]
    found = [named for o in objects for named in o.named]
    return [
        _draft(
            Verb.TOP,
            _target(n)
            if n.kind in ("pod", "node")
            else Target(cluster=n.cluster, namespace=n.namespace, kind="pod", selector=owner_selector(n, context)),
            params,
            wanted,
        )
        for n in found
    ]


def _listed(
    verb: Verb,
    wanted: Ask,
    context: Context,
    where: Sequence[ClusterName],
    space: str | None,
    objects: Sequence[Object],
) -> list[Draft]:
    params = dict(wanted.params)
    kinds = list(dict.fromkeys(wanted.kinds)) or (["pod"] if "status" in params or wanted.selector else [])
    node = _node(objects)
    if node:
        if not kinds or kinds == ["node"]:
            return [_draft(verb, _target(n), params, wanted) for o in objects for n in o.named]
        params["node"], space = node, space or EVERYWHERE
        where = tuple(n.cluster for o in objects for n in o.named if n.kind == "node")
    if not kinds and (space or wanted.every):
        kinds = ["pod", "service", "deployment", "statefulset", "daemonset", "job", "cronjob"] if wanted.every else []
    if not kinds:
        raise resolve.need_object(wanted, context, where)
    return [
        _draft(
            verb,
            Target(
                cluster=c,
                namespace=(space or _space(wanted, context)) if KINDS[kind].namespaced else None,
                kind=kind,
                selector=wanted.selector,
            ),
            params,
            wanted,
        )
        for kind in kinds
        for c in where
    ]


def _diagnose(wanted: Ask, context: Context, where: Sequence[ClusterName], objects: Sequence[Object]) -> list[Draft]:
    """Until the diagnosis itself is there: what a person would look at first."""
    made: list[Draft] = []
    for named in (n for o in objects for n in o.named):
        if named.kind in WORKS_ON[Verb.ROLLOUT_STATUS]:
            verbs = (Verb.ROLLOUT_STATUS, Verb.EVENTS, Verb.LOGS)
        elif named.kind in ("pod", "cronjob", "job"):
            verbs = (Verb.DESCRIBE, Verb.EVENTS, Verb.LOGS)
        else:
            verbs = (Verb.DESCRIBE, Verb.EVENTS)
        made += [_draft(verb, _target(named), {}, wanted) for verb in verbs]
    if made:
        return made
    space = resolve.namespace(wanted, context, where) or EVERYWHERE
    if not wanted.said and not wanted.namespace and not wanted.every and not context.default:
        raise resolve.need_object(wanted, context, where)
    for cluster in where:
        made.append(
            _draft(Verb.GET, Target(cluster=cluster, namespace=space, kind="pod"), {"status": "NotReady"}, wanted)
        )
        made.append(
            _draft(Verb.EVENTS, Target(cluster=cluster, namespace=space, kind="event"), {"type": "Warning"}, wanted)
        )
    return made


def _target(named: Named) -> Target:
    return Target(cluster=named.cluster, namespace=named.namespace, kind=named.kind, name=named.name)


def _only(params: Params, *names: str) -> dict[str, Parameter]:
    return {name: value for name, value in params.items() if name in names}


def _draft(verb: Verb, target: Target, params: Params, wanted: Ask) -> Draft:
    return Draft(action=checked(Action(verb=verb, target=target, params=dict(params))), why=wanted.words[:200])


def changes(made: Iterable[Draft]) -> bool:
    return any(draft.action.effect is not Effect.READ for draft in made)


__all__ = ["as_option", "changes", "drafts", "owner_selector", "unknown"]
