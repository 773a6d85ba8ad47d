"""What a plan would do, found out without doing it: access reviews, live objects, dry-runs, the undo proved.

Everything is asked as the requester. A step that the person may not carry out ends the preview with AccessDenied.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from workers.domain.action import Action, Effect
from workers.domain.actor import Actor
from workers.domain.call import Answer, Call, Right
from workers.domain.canonical import digest
from workers.domain.cluster import Identity
from workers.domain.diff import changes, creation
from workers.domain.errors import AccessDenied, ClusterChanged, KubechatError, Mistake, NotNow, NotThere, Rejected
from workers.domain.observed import Access, DryRun, Observed, Preview, Proof, StepPreview, UndoProof
from workers.domain.plan import Plan, Step
from workers.domain.section import FieldChange, Fields
from workers.domain.value import ClusterName, RequestId
from workers.driving import converse, each
from workers.ports import Clock, Fleet
from workers.redaction import clean, clean_changes, clean_section
from workers.verbs.registry import change_spec
from workers.verbs.spec import Live

T = TypeVar("T")
Tried = tuple[DryRun, tuple[FieldChange, ...], tuple[str, ...]]  # what would change, and warnings
MOST_FIELDS, LONGEST_FIELD = 60, 200  # of an object, and characters of one, that are kept to be named
TRIES = 3  # of a dry-run whose object's version moves all the time, as that of a crash loop does


class Previewer:
    def __init__(self, fleet: Fleet, clock: Clock) -> None:
        self._fleet = fleet
        self._clock = clock

    def noting(self, note: Callable[[str], None]) -> "Previewer":
        """The same; tells `note` the Audit-Id of every call."""
        return Previewer(self._fleet.noting(note), self._clock)

    def take(self, plan: Plan, actor: Actor) -> Preview:
        """Raises AccessDenied, Mistake when nothing would change, and what the cluster says otherwise."""
        changing = [step for step in plan.steps if step.action.effect is not Effect.READ]
        identities = self.identities(plan, actor) if changing else {}
        found = each(lambda step: _steadily(partial(self._step, step, plan, actor, identities)), changing)
        previews = {step.number: step for step, _ in found}
        if changing and not any(step.diff or step.dry_run is not DryRun.DONE for step in previews.values()):
            raise Mistake("nothing would change", now="the clusters are already so", then="`show` them with a read")
        return Preview(
            plan_digest=plan.digest,
            steps=tuple(previews.get(step.number) or _read(step) for step in plan.steps),
            observed=tuple(observed for _, observed in found),
            identities=identities,
            taken_at=self._clock(),
        )

    def identities(self, plan: Plan, actor: Actor) -> Mapping[ClusterName, Identity]:
        """Which physical clusters the changing steps would reach, read now."""
        names = dict.fromkeys(s.action.target.cluster for s in plan.steps if s.action.effect is not Effect.READ)
        return {name: self._fleet.identity(name, actor) for name in names}

    def look(self, step: Step, actor: Actor, identity: Identity) -> tuple[Live, Observed]:
        """The live object of one changing step, and what of it matters."""
        action = step.action
        spec = change_spec(action.verb)
        live = converse(self._fleet, action.target.cluster, actor, spec.observe(action))
        return live, observed(action, live, spec.touched(action, live), identity)

    def closely(self, step: Step, actor: Actor, identity: Identity) -> Observed:
        """The same with the fields themselves: what an undo compares with, and names to people."""
        live, seen = self.look(step, actor, identity)
        touched = change_spec(step.action.verb).touched(step.action, live)
        return seen.model_copy(update={"fields": _fields(touched)})

    def lacks(self, step: Step, live: Live, actor: Actor, mark: str) -> str:
        """Empty when the person may make the writing call of this step, asked now; else the right that is not there."""
        call = change_spec(step.action.verb).write(step.action, live, mark)
        target = step.action.target
        right, access = self._may(target.cluster, call, actor)
        if access.allowed:
            return ""
        where = f" in {target.namespace}" if target.namespace else ""
        return f"no right to {right.verb} {right.path}{where} of {target.cluster} ({access.because})"

    def _may(self, cluster: ClusterName, call: Call, actor: Actor) -> tuple[Right, Access]:
        """The first right of those it needs that the person lacks, or else the first."""
        answers = list(zip(call.rights, self._fleet.review(cluster, call.rights, actor), strict=True))
        return next((one for one in answers if not one[1].allowed), answers[0])

    def _step(
        self, step: Step, plan: Plan, actor: Actor, identities: Mapping[ClusterName, Identity]
    ) -> tuple[StepPreview, Observed]:
        action, cluster = step.action, step.action.target.cluster
        mark = mark_of(plan.request_id, plan.revision, step.number)
        live, seen = self.look(step, actor, identities[cluster])
        call = change_spec(action.verb).write(action, live, mark)
        right, access = self._may(cluster, call, actor)
        if not access.allowed:
            raise AccessDenied(
                f"{actor.name} may not {right.verb} {right.path} of {action.target.text}",
                now="the cluster's RBAC does not allow it",
                then=access.because,
            )
        patient, untriable = bool(change_spec(action.verb).patience(action)), change_spec(action.verb).untriable
        tried: Tried = DryRun.UNSUPPORTED, (), (untriable,)
        if not untriable:
            tried = self._dry_run(cluster, call, actor, live, patient=patient)
        dry_run, diff, warnings = tried
        proof = self._prove_undo(step, actor, mark)
        preview = StepPreview(
            number=step.number,
            diff=clean_changes(diff),
            warnings=tuple(clean(warning) for warning in warnings),
            access=access,
            dry_run=dry_run,
            undo=proof,
        )
        return preview, seen

    def _dry_run(self, cluster: ClusterName, call: Call, actor: Actor, live: Live, *, patient: bool) -> Tried:
        """What would change; a step that waits for its moment may be told now that it has not come yet."""
        try:
            answer = self._fleet.send(cluster, call, actor, dry_run=True)
        except NotNow as error:
            if not patient:
                raise
            return DryRun.FAILED, (), (error.message,)
        except Rejected as error:
            if error.facts.get("dry_run") != "unsupported":
                raise
            return DryRun.UNSUPPORTED, (), (error.text,)
        return DryRun.DONE, _difference(call, live, answer), answer.warnings

    def _prove_undo(self, step: Step, actor: Actor, mark: str) -> UndoProof:
        """The inverse is tried on the server too: the person may do it, and admission accepts it."""
        undo = step.undo
        if undo is None or undo.action is None:
            because = undo.because if undo else "this verb has no inverse"
            return UndoProof(proof=Proof.IMPOSSIBLE, because=because)
        try:
            access, untried = _steadily(partial(self._try_undo, undo.action, actor, mark))
        except KubechatError as error:
            return UndoProof(proof=Proof.PARTIAL, because=f"trying it gave: {clean(error.text)}")
        if not access.allowed:
            return UndoProof(proof=Proof.IMPOSSIBLE, because=f"no right to take it back: {access.because}")
        because = "; ".join(part for part in (untried, undo.because) if part)
        return UndoProof(proof=Proof.PARTIAL if because else Proof.PROVEN, because=because)

    def _try_undo(self, action: Action, actor: Actor, mark: str) -> tuple[Access, str]:
        """Whether the person may, and why it could not be tried: what is not there yet can be neither gone nor new."""
        cluster, spec = action.target.cluster, change_spec(action.verb)
        untried = ""
        try:
            live = converse(self._fleet, cluster, actor, spec.observe(action))
        except NotThere:
            live, untried = Live(object={}, pods=None), "it can be tried only when there is something to take away"
        call = spec.write(action, live, mark)
        if live.object and call.method == "POST" and not call.subresource:
            untried = "it can be tried only when the object is gone"
        (access,) = self._fleet.review(cluster, (call.right,), actor)
        if access.allowed and not untried:
            self._fleet.send(cluster, call, actor, dry_run=True)
        return access, untried


def _steadily(work: Callable[[], T]) -> T:
    """A dry-run is no write: when its object's version has moved since the look, both are done again."""
    for _ in range(TRIES - 1):
        with suppress(ClusterChanged):
            return work()
    return work()


def mark_of(request_id: RequestId, revision: int, step: int) -> str:
    """What a write leaves on the object so that it can be found again: `req-7f3k2m9q/1/2`."""
    return f"{request_id}/{revision}/{step}"


def observed(action: Action, live: Live, touched: Mapping[str, Any], identity: Identity) -> Observed:
    metadata = live.object.get("metadata") or {}
    return Observed(
        target=action.target,
        cluster_uid=identity.uid,
        uid=str(metadata.get("uid", "")),
        resource_version=str(metadata.get("resourceVersion", "")),
        touched_digest=digest(touched),
        generation=metadata.get("generation"),
        facts={name: clean(value) for name, value in live.facts.items()},
        pods=live.pods,
        labels=_labels(metadata),
    )


def _fields(touched: Mapping[str, Any]) -> Mapping[str, str]:
    """What a drift or an undo names: redacted by name and look, and not all of a whole template."""
    rows = Fields(rows=tuple(islice(_leaves("", touched), MOST_FIELDS)))
    cleaned = clean_section(rows)
    return {name: value[:LONGEST_FIELD] for name, value in cleaned.rows} if isinstance(cleaned, Fields) else {}


def _leaves(path: str, value: object) -> Iterator[tuple[str, str]]:
    """`containers[main].image` and its value, in order."""
    match value:
        case Mapping():
            for key, one in value.items():
                yield from _leaves(f"{path}.{key}" if path else str(key), one)
        case list() | tuple():
            for number, one in enumerate(value):
                named = isinstance(one, Mapping) and "name" in one  # its name is in the path: no leaf of its own
                rest = {key: part for key, part in one.items() if key != "name"} if named else one
                yield from _leaves(f"{path}[{one['name'] if named else number}]", rest)
        case _:
            yield path, "not set" if value is None else str(value)


def _labels(metadata: Mapping[str, Any]) -> Mapping[str, str] | None:
    """As they are; not known when one of them is kept out of what is stored, or when nothing is there yet."""
    labels = {str(key): str(value) for key, value in (metadata.get("labels") or {}).items()}
    if not metadata.get("uid") or any(clean(value) != value for value in labels.values()):
        return None
    return labels


def _read(step: Step) -> StepPreview:
    """A read is its own check: the API server answers it as the person or refuses it."""
    return StepPreview(
        number=step.number, access=Access(allowed=True, because="read as the person"), dry_run=DryRun.NOT_NEEDED
    )


def _difference(call: Call, live: Live, answer: Answer) -> tuple[FieldChange, ...]:
    if call.method == "DELETE" or call.subresource == "eviction":
        metadata = live.object.get("metadata") or {}
        return (FieldChange(path=f"{call.resource}/{call.name}", before=f"uid {metadata.get('uid')}", after=None),)
    after = answer.body if isinstance(answer.body, Mapping) else {}
    if not live.object and isinstance(call.body, Mapping):
        what = f"{call.resource}/{(after.get('metadata') or {}).get('name')}"
        return (FieldChange(path=what, before=None, after="new"), *creation(call.body, after))
    if call.subresource == "scale":  # the answer is a Scale, not the object itself
        replicas = (live.object.get("spec") or {}).get("replicas")
        return changes(
            {"spec": {"replicas": replicas}}, {"spec": {"replicas": (after.get("spec") or {}).get("replicas", 0)}}
        )
    return changes(live.object, after)
