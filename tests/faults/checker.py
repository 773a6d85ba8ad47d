"""One judge for every experiment: the invariants I1 to I6 over the whole history, after it is over.

It believes no part of the product: what was done is in the clusters' own journals, what was allowed in the audit trail,
what people were told in the cards that they saw. Only the chain of the trail is checked by the product's own verifier.
"""

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from tests.e2e.stack import Json, is_write, later, mark, moment
from tests.faults.history import History, Shown
from workers.audit.verify import verify
from workers.demo.canaries import CANARIES

APPROVE_WITHIN, RUN_WITHIN = timedelta(minutes=30), timedelta(minutes=10)  # of the shipped policy
TOLD_WITHIN = timedelta(seconds=60)  # of recovery
RESTING = {"awaiting_choice", "awaiting_approval", "interrupted", "succeeded", "failed", "refused"} | {
    "rejected", "cancelled", "expired",
}  # fmt: skip
PLANS = ("plan.made", "plan.drifted")  # each begins a revision, for which people decide anew
ENDS = {
    "exec.finished",
    "exec.verified",
    "exec.fenced",
    "exec.postponed",
    "plan.refused",
    "plan.drifted",
    "plan.cancelled",
    "plan.expired",
}


@dataclass(frozen=True)
class Violation:
    invariant: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.text}"


@dataclass(frozen=True)
class Write:
    """A mutating request as a cluster's journal has it."""

    cluster: str
    mark: str
    call: Json

    @property
    def request_id(self) -> str:
        return self.mark.partition("/")[0]

    @property
    def applied(self) -> bool:
        return bool(self.call["applied"])

    def __str__(self) -> str:
        return f"{self.call['method']} {self.call['path']} in {self.cluster} ({self.mark})"


def judge(history: History) -> list[Violation]:
    """Nothing, or everything that must not be."""
    case = _Case(history)
    parts = (case.i1(), case.i2(), case.i3(), case.i4(), case.i5(), case.i6())
    return [violation for part in parts for violation in part]


def writes(history: History) -> list[Write]:
    """Of Kubechat, accepted or not, cluster by cluster."""
    found = [(cluster, call) for cluster, calls in history.calls.items() for call in calls if is_write(call)]
    return [Write(cluster, mark(call), call) for cluster, call in found]


def accepted(history: History) -> Counter[str]:
    """How often the write under each mark was carried out."""
    return Counter(write.mark for write in writes(history) if write.applied)


class _Case:
    def __init__(self, history: History) -> None:
        self.history = history
        self.leaves: dict[str, list[Json]] = defaultdict(list)
        for leaf in history.leaves:
            self.leaves[leaf["request_id"] or ""].append(leaf)
        self.writes = writes(history)
        self.intents: dict[str, list[Json]] = defaultdict(list)
        for leaf in history.leaves:
            if leaf["event"] == "exec.intended":
                self.intents[leaf["facts"]["mark"]].append(leaf)

    def i1(self) -> Iterator[Violation]:
        """At most one accepted write for a step, and what is recorded of it is what happened."""
        written = accepted(self.history)
        for name, times in written.items():
            if times > 1:
                yield Violation("I1", f"{name} was written {times} times")
        for name, leaves in self.intents.items():
            request = self.history.requests.get(leaves[-1]["request_id"])
            result = _result(request, leaves[-1]["facts"]["step"]) if request and _revision(request, name) else None
            if request is None or result is None:
                continue
            if result["outcome"] == "done" and not written[name] and not _came_true(result):
                yield Violation("I1", f"{name} is recorded as done and was never accepted")
            if _denies(result["message"]) and written[name]:
                yield Violation("I1", f"{name} is recorded as not written and was accepted")
        for request_id, leaves in self.leaves.items():
            started = [leaf["event"] for leaf in leaves if leaf["event"] in ("exec.started", *PLANS)]
            if any(one == two == "exec.started" for one, two in pairwise(started)):
                yield Violation("I1", f"{request_id} was started twice for one set of approvals")

    def i2(self) -> Iterator[Violation]:
        """Every write was intended in the trail before, by people enough, in time, for the very same plan."""
        for write in self.writes:
            before = [leaf for leaf in self.intents[write.mark] if moment(leaf["at"]) <= later(write.call["at"])]
            if not before:
                yield Violation("I2", f"{write} was not recorded as intended before")
                continue
            impersonated = {leaf["facts"]["impersonated"] for leaf in before}
            if write.applied and write.call["impersonated"] not in impersonated:
                yield Violation(
                    "I2", f"{write} was written as {write.call['impersonated']}, intended as {impersonated}"
                )
            yield from self._approved(write, before[-1])

    def _approved(self, write: Write, intent: Json) -> Iterator[Violation]:
        leaves = [leaf for leaf in self.leaves[write.request_id] if leaf["sequence"] < intent["sequence"]]
        made = next((leaf for leaf in reversed(leaves) if leaf["event"] in PLANS), None)
        if made is None:
            yield Violation("I2", f"{write} has no plan in the trail")
            return
        since = [leaf for leaf in leaves if leaf["sequence"] > made["sequence"]]
        digests = {made["facts"]["plan_digest"], made["facts"]["preview_digest"]}
        given = [leaf for leaf in since if leaf["event"] == "approval.given" and leaf["facts"]["verdict"] == "yes"]
        given += [leaf for leaf in since if leaf["event"] == "approval.kept"]
        same = [leaf for leaf in given if digests == {leaf["facts"]["plan_digest"], leaf["facts"]["preview_digest"]}]
        people = {leaf["actor"] for leaf in same}
        needed = 2 if write.cluster.startswith("prod") else 1
        if len(people) < needed:
            yield Violation("I2", f"{write} was approved by {sorted(people)}, {needed} are needed")
        if any(leaf["event"] == "approval.denied" for leaf in since):
            yield Violation("I2", f"{write} was done although somebody said no")
        claims = [leaf for leaf in since if leaf["event"] == "exec.claimed"]
        if any(moment(leaf["at"]) > moment(made["at"]) + APPROVE_WITHIN for leaf in same):
            yield Violation("I2", f"{write} was approved after its time")
        if same and claims and moment(claims[-1]["at"]) > max(moment(leaf["at"]) for leaf in same) + RUN_WITHIN:
            yield Violation("I2", f"{write} was claimed after its time")

    def i3(self) -> Iterator[Violation]:
        """The trail is whole up to the end that was noted outside, and every execution that began has an end in it."""
        with tempfile.TemporaryDirectory() as folder:
            head = Path(folder) / "head"
            if self.history.head is not None:
                head.write_text(self.history.head)
            found = verify(self.history.audit(), head)
        if not found.ok:
            yield Violation("I3", found.text)
        times = [moment(leaf["at"]) for leaf in self.history.leaves]
        if times != sorted(times):
            yield Violation("I3", "the trail's times go back")
        for request_id, leaves in self.leaves.items():
            events = [leaf["event"] for leaf in leaves]
            if "exec.claimed" in events and _state(self.history, request_id) not in ("ready", "running", ""):
                last = len(events) - 1 - events[::-1].index("exec.claimed")
                if not ENDS & set(events[last:]):
                    yield Violation("I3", f"{request_id} was claimed and has no end: {events[last:]}")

    def i4(self) -> Iterator[Violation]:
        """No canary of a secret anywhere outside the clusters."""
        for name, text in self._sinks():
            for canary in CANARIES:
                if canary in text:
                    yield Violation("I4", f"a canary is in {name}: {canary[:6]}...")

    def _sinks(self) -> Iterator[tuple[str, str]]:
        yield from self.history.sinks.items()
        yield from self.history.queue.items()
        yield "the audit trail", "".join(record["leaf"] for record in self.history.records)
        yield "the requests", json.dumps(self.history.requests)
        for shown in self.history.shown:
            yield f"a card of {shown.request_id}", shown.text

    def i5(self) -> Iterator[Violation]:
        """People were told the truth, within a minute of recovery, and success only of what was done."""
        last: dict[str, Shown] = {}
        for shown in self.history.shown:
            last[shown.request_id] = shown
            yield from self._true(shown)
        for request_id, shown in last.items():
            if shown.state != (state := _state(self.history, request_id)):
                yield Violation("I5", f"{request_id} was last shown as {shown.state} and is {state}")
        for request_id, request in self.history.requests.items():
            if request["state"] not in RESTING:
                yield Violation("I5", f"{request_id} is still {request['state']}")
            if request["state"] == "interrupted" and not request["notice"]:
                yield Violation("I5", f"{request_id} is interrupted and nobody is told why")
        if self.history.healed_at is not None:
            limit = moment(self.history.healed_at) + TOLD_WITHIN
            for request_id, leaves in self.leaves.items():
                begun = [leaf for leaf in leaves if leaf["event"] == "exec.claimed"]
                end = moment(leaves[-1]["at"])
                if begun and moment(begun[0]["at"]) < moment(self.history.healed_at) and end > limit:
                    yield Violation("I5", f"{request_id} came to its end {(end - limit) + TOLD_WITHIN} after recovery")

    def _true(self, shown: Shown) -> Iterator[Violation]:
        """What a card says was done was accepted by then; what it says was not written never was."""
        at = later(shown.at)
        mine = [write for write in self.writes if write.request_id == shown.request_id and write.applied]
        if shown.state == "succeeded":
            for step in self._done_changes(shown.request_id):
                name = self._mark(shown.request_id, step)
                if not any(write.mark == name and moment(write.call["at"]) <= at for write in mine):
                    yield Violation("I5", f"{shown.request_id} was shown as done, step {step} was not written")
        if "not applied, as seen afterwards" in shown.text or "nothing was written" in shown.text:
            denied = {
                result["step"] for result in _results(self.history, shown.request_id) if _denies(result["message"])
            }
            names = {self._mark(shown.request_id, step) for step in denied}
            for write in mine:
                if write.mark in names:
                    yield Violation("I5", f"{write} was accepted and shown as not written")

    def _mark(self, request_id: str, step: int) -> str:
        """Of the newest intent of a step; empty when none was recorded."""
        leaves = [leaf for leaf in self.leaves[request_id] if leaf["event"] == "exec.intended"]
        return next((leaf["facts"]["mark"] for leaf in reversed(leaves) if leaf["facts"]["step"] == step), "")

    def _done_changes(self, request_id: str) -> list[int]:
        """The numbers of the steps that change something and are recorded as done by us."""
        results = _results(self.history, request_id)
        done = {result["step"] for result in results if result["outcome"] == "done" and not _came_true(result)}
        made = [leaf for leaf in self.leaves[request_id] if leaf["event"] in PLANS]
        steps = made[-1]["facts"]["steps"] if made else []
        return [step["number"] for step in steps if step["effect"] != "read" and step["number"] in done]

    def i6(self) -> Iterator[Violation]:
        """Nothing is left that a person would have to clear away: no lease of an ended request, no job of nobody."""
        for key, text in self.history.queue.items():
            if key.startswith("rq:job:"):
                yield Violation("I6", f"{key} was left in the queue: {text[:100]}")
        for key in self.history.queue:
            if key.startswith(("rq:finished", "rq:failed", "rq:results")):
                yield Violation("I6", f"{key} was left in the queue")


def recoveries(history: History, faults: list[tuple[str, str]]) -> list[float]:
    """Seconds from each fault (time, request id) to the end of that request that people were told."""
    found = []
    for at, request_id in faults:
        leaves = [leaf for leaf in history.leaves if leaf["request_id"] == request_id]
        ends = [moment(leaf["at"]) for leaf in leaves if leaf["event"] in ENDS and leaf["event"] != "exec.fenced"]
        after = [end for end in ends if end >= moment(at)]
        if after:
            found.append((_first_plain(leaves, moment(at)) or after[-1]).timestamp() - moment(at).timestamp())
    return found


def _first_plain(leaves: list[Json], at: datetime) -> datetime | None:
    """When it was said plainly how it ended: not that it is unknown."""
    for leaf in leaves:
        plain = leaf["event"] in ENDS - {"exec.fenced"} and leaf["facts"].get("applied") != "unknown"
        if plain and moment(leaf["at"]) >= at:
            return moment(leaf["at"])
    return None


def _state(history: History, request_id: str) -> str:
    request = history.requests.get(request_id)
    return str(request["state"]) if request else ""


def _results(history: History, request_id: str) -> list[Json]:
    request = history.requests.get(request_id)
    return list(request["results"]) if request else []


def _result(request: Json, step: int) -> Json | None:
    return next((result for result in request["results"] if result["step"] == step), None)


def _revision(request: Json, name: str) -> bool:
    """Whether a mark is of the revision that the request has now."""
    return bool(request["plan"]) and name.split("/")[1] == str(request["plan"]["revision"])


def _came_true(result: Json) -> bool:
    return "already" in result["message"]


def _denies(message: str) -> bool:
    return "nothing was written" in message or message.startswith("not applied, as seen afterwards")
