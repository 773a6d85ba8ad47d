"""One step of an execution: a read, or a write with its record before and after and a watch until it has arrived."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Literal

from workers.domain.audit import AuditEvent
from workers.domain.call import Call
from workers.domain.canonical import digest
from workers.domain.cluster import Identity
from workers.domain.errors import Broken, ClusterChanged, Frozen, KubechatError, NotNow, OutcomeUnknown
from workers.domain.observed import Observed, StepOutcome, StepResult
from workers.domain.plan import Step
from workers.domain.request import Request
from workers.domain.section import Log, Section
from workers.domain.transcript import Bounds, Ended, Transcript
from workers.domain.value import Value
from workers.driving import Recording, converse
from workers.execution.arrival import Arrival, Fenced
from workers.execution.unarrived import why
from workers.failpoints import failpoint
from workers.guard.frozen import thawed
from workers.ports import Claim, Clock, Fleet, Store
from workers.preview import Previewer, mark_of
from workers.redaction import clean, clean_section
from workers.verbs.registry import change_spec, read_spec
from workers.verbs.spec import CommandSpec, Live, Stage

MOST_LINES = 2000  # of a command's output that are kept
MOST_KEPT = 1 << 18  # characters of it
TRIES = 3  # of a write that the server certainly refused because the object's version had moved


class Unwritten(Value):
    """Why a step has sent nothing that counts."""

    outcome: Literal[StepOutcome.DONE, StepOutcome.FAILED]  # DONE: it had come true without us
    text: str


class Ran(Value):
    """A command that was sent, and has told how it ended."""

    seen: Observed
    transcript: Transcript


class Stepping:
    """Carries out single steps for the holder of a claim."""

    def __init__(
        self, *, store: Store, fleet: Fleet, arrival: Arrival, clock: Clock, lease: timedelta, bounds: Bounds
    ) -> None:
        self._store = store
        self._fleet = fleet
        self._clock = clock
        self._arrival = arrival
        self._lease = lease
        self._bounds = bounds

    def read(self, request: Request, step: Step) -> StepResult:
        """Never raises what a cluster says: a cluster that does not answer is a result too."""
        started, fleet = self._clock(), Recording(self._fleet)
        actor, cluster = request.intent.actor, step.action.target.cluster
        try:
            sections = converse(fleet, cluster, actor, read_spec(step.action.verb).read(step.action))
        except KubechatError as error:
            return self._result(step, StepOutcome.FAILED, started, error.text, fleet)
        result = self._result(step, StepOutcome.DONE, started, "", fleet)
        return result.model_copy(update={"output": tuple(clean_section(section) for section in sections)})

    def change(
        self, request: Request, step: Step, expected: Observed, claim: Claim, written: Callable[[], None]
    ) -> StepResult:
        """One write, at most once; `written` is called as soon as it is answered. Raises Fenced when the claim is lost.

        What the store says while a written change arrives is raised too: the lease ends, and the cluster is examined.
        """
        started, fleet = self._clock(), Recording(self._fleet)
        try:
            seen = self._write(request, step, expected, claim, fleet)
        except Fenced:
            raise
        except OutcomeUnknown as error:
            return self._result(step, StepOutcome.UNKNOWN, started, error.text, fleet)
        except Frozen as error:
            said = f"frozen meanwhile: {error.now}"
            return self._result(step, StepOutcome.SKIPPED, started, said, fleet)
        except KubechatError as error:
            return self._result(step, StepOutcome.FAILED, started, f"nothing was written: {error.text}", fleet)
        if isinstance(seen, Unwritten):
            return self._result(step, seen.outcome, started, seen.text, fleet)
        if isinstance(seen, Ran):
            written()
            return self._told(step, started, seen, fleet)
        written()  # outside, with all that follows: from here on it was written
        return self._arrive(request, step, started, seen, fleet, claim)

    def _write(
        self, request: Request, step: Step, expected: Observed, claim: Claim, fleet: Recording
    ) -> Observed | Ran | Unwritten:
        """The object as it was just before the write was answered, or why nothing was written."""
        actor, action = request.intent.actor, step.action
        previewer, spec = Previewer(fleet, self._clock), change_spec(action.verb)
        identity, mark = _identity(request, step), mark_of(request.id, request.revision, step.number)
        told, moved, sent, end = "", 0, 0, self._clock() + spec.patience(action)
        while moved < TRIES:
            live, seen = previewer.look(step, actor, identity)
            if said := spec.already(action, live):
                return Unwritten(outcome=StepOutcome.DONE, text=said)
            if (seen.uid, seen.touched_digest) != (expected.uid, expected.touched_digest):
                said = f"{action.target.text} changed after the last check; nothing was written"
                return Unwritten(outcome=StepOutcome.FAILED, text=said)
            call = spec.write(action, live, mark)
            sent += 1
            failpoint("before-intent", request.id)
            begun = monotonic()
            self._intend(request, step, call, live, mark, claim, sent)
            failpoint("after-intent", request.id)
            self._check_is_awake(request, begun)
            try:
                if isinstance(spec, CommandSpec):
                    transcript = fleet.execute(action.target.cluster, call, actor, mark=mark, bounds=self._bounds)
                    failpoint("after-write", request.id)
                    return Ran(seen=seen, transcript=transcript)
                fleet.send(action.target.cluster, call, actor, mark=mark)
                failpoint("after-write", request.id)
            except ClusterChanged:
                moved += 1  # known not to be written: look again, and write only if nothing of ours has changed
            except NotNow as error:
                left = end - self._clock()
                if left <= timedelta():
                    raise
                said = "" if error.message == told else f"waits: {error.message}"
                self._arrival.pause(request, step, claim, said, left)
                told = error.message
            else:
                return seen
        said = f"{action.target.text} kept changing; nothing was written in {TRIES} tries"
        return Unwritten(outcome=StepOutcome.FAILED, text=said)

    def _check_is_awake(self, request: Request, begun: float) -> None:
        """A process that was stopped since it began to record its intent may have been given up: it does not send."""
        if monotonic() - begun > self._lease.total_seconds():
            raise Fenced(f"{request.id}: this worker was stopped for longer than its lease, right before a write")

    def _told(self, step: Step, started: datetime, ran: Ran, fleet: Recording) -> StepResult:
        """The command has run, whatever its end: its output, redacted as a whole and then cut."""
        transcript = ran.transcript
        good = transcript.ended is Ended.EXITED and transcript.exit_code == 0
        outcome = StepOutcome.DONE if good else StepOutcome.FAILED
        result = self._result(step, outcome, started, transcript.text(self._bounds), fleet)
        streams = (("standard output", transcript.stdout), ("standard error", transcript.stderr))
        output = tuple(_kept(title, text) for title, text in streams if text)
        return result.model_copy(update={"output": output, "before": ran.seen, "after": ran.seen, "undo": step.undo})

    def _intend(
        self, request: Request, step: Step, call: Call, live: Live, mark: str, claim: Claim, number: int
    ) -> None:
        """The record that a write is about to be sent is committed before it is sent, by the holder of the fence.

        Each call that is sent has its own: `try` counts those of a step that the server certainly did not carry out.
        """
        with self._store.change() as change:
            stored = change.request(request.id)
            if not change.renew(claim, self._lease):
                raise Fenced(f"{request.id} was taken over by another worker")
            thawed(change, request, (step,), {cluster.name: cluster for cluster in self._fleet.clusters()})
            change.save(stored.intending(step.number, change.now()))
            metadata = live.object.get("metadata") or {}
            facts = {
                "step": step.number,
                "try": number,
                "verb": step.action.verb.value,
                "target": step.action.target.text,
                "call": f"{call.method} {call.path}",
                "body_digest": digest(call.body),
                "uid": str(metadata.get("uid", "")),
                "resource_version": str(metadata.get("resourceVersion", "")),
                "mark": mark,
                "fence": claim.fence,
                "impersonated": request.requester,
            }
            change.leaf(AuditEvent.EXEC_INTENDED, request_id=request.id, actor=request.requester, facts=facts)

    def _arrive(
        self, request: Request, step: Step, started: datetime, before: Observed, fleet: Recording, claim: Claim
    ) -> StepResult:
        """The write is in the cluster: from here on the step is applied, whatever becomes of the rollout."""
        moment = self._arrival.watch(request, step, claim, fleet)
        outcome = StepOutcome.DONE if moment.stage is Stage.DONE else StepOutcome.FAILED
        after = self._after(request, step, before, fleet)
        cause = () if outcome is StepOutcome.DONE else why(fleet, step.action.target, request.intent.actor)
        result = self._result(step, outcome, started, moment.text, fleet)
        return result.model_copy(update={"before": before, "after": after, "undo": step.undo, "output": cause})

    def _after(self, request: Request, step: Step, before: Observed, fleet: Recording) -> Observed:
        """The object as the write has left it; what an undo later compares with."""
        try:
            seen = Previewer(fleet, self._clock).closely(step, request.intent.actor, _identity(request, step))
        except KubechatError:
            return before.model_copy(update={"facts": {"now": "not to be seen"}, "touched_digest": digest("not seen")})
        return seen

    def _result(
        self, step: Step, outcome: StepOutcome, started: datetime, message: str, fleet: Recording
    ) -> StepResult:
        return StepResult(
            step=step.number,
            outcome=outcome,
            started_at=started,
            ended_at=self._clock(),
            message=clean(message),
            audit_ids=tuple(dict.fromkeys(fleet.audit_ids)),
        )


def _kept(title: str, text: str) -> Section:
    """The end of a stream; redacted before it is cut, because a key may span lines."""
    lines = clean(text).rstrip("\n")[-MOST_KEPT:].split("\n")
    kept = lines[-MOST_LINES:]
    more = text.rstrip("\n").count("\n") + 1 - len(kept)
    return Log(title=title, lines=tuple(kept), more=max(more, 0))


def _identity(request: Request, step: Step) -> Identity:
    """Of the cluster as it was previewed; a step that was not previewed has none."""
    identity = request.preview.identities.get(step.action.target.cluster) if request.preview else None
    if identity is None:
        raise Broken(f"step {step.number} of {request.id} was not previewed")
    return identity
