"""The checker must find every kind of lie: a good history, and each way of forging it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults.checker import judge, recoveries
from tests.faults.history import History, Shown
from workers.audit.chain import FIRST_PREVIOUS, link
from workers.demo.canaries import CANARIES
from workers.domain.canonical import canonical

Json = dict[str, Any]
BEGAN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ID, MARK = "req-7f3k2m9q", "req-7f3k2m9q/1/1"
DIGESTS = {"plan_digest": "a" * 64, "preview_digest": "b" * 64}


def at(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def leaf(seconds: float, event: str, actor: str | None = None, **facts: Any) -> Json:
    return {"at": at(seconds), "event": event, "request_id": ID, "actor": actor, "facts": facts, "v": 1}


def approval(seconds: float, actor: str, role: str) -> Json:
    return leaf(seconds, "approval.given", actor, role=role, verdict="yes", **DIGESTS)


def chain(history: History, leaves: list[Json]) -> None:
    """These leaves as a trail in which every link is right."""
    history.records, previous = [], FIRST_PREVIOUS
    for sequence, one in enumerate(leaves, start=1):
        spelled = canonical({name: value for name, value in one.items() if name != "sequence"})
        hashed = link(previous, spelled)
        history.records.append(
            {"sequence": sequence, "leaf": spelled.decode(), "previous_hash": previous, "hash": hashed}
        )
        previous = hashed
    history.head = f"{len(leaves)} {previous}\n"


def call(seconds: float, **given: Any) -> Json:
    path = "/apis/apps/v1/namespaces/payments/deployments/checkout"
    plain = {"method": "PATCH", "path": path, "resource": "deployments", "dry_run": False, "applied": True}
    return plain | {"at": at(seconds), "user_agent": f"kubechat/0.1.0 ({MARK})", "impersonated": "alice"} | given


def good() -> History:
    """One scale in production: asked, approved by another, run, arrived, shown."""
    history = History("forged", 1, healed_at=at(4))
    intent = {"mark": MARK, "step": 1, "impersonated": "alice"}
    chain(
        history,
        [
            leaf(0, "intent.received", "alice"),
            leaf(1, "plan.made", "alice", steps=[{"number": 1, "effect": "change"}], **DIGESTS),
            approval(2, "bob", "approver"),
            approval(3, "alice", "requester"),
            leaf(4, "exec.claimed", fence=1),
            leaf(4.1, "exec.started", "alice", fence=1),
            leaf(4.2, "exec.intended", "alice", **intent),
            leaf(5, "exec.stepped", "alice", step=1, outcome="done"),
            leaf(5.1, "exec.finished", "alice", outcome="succeeded"),
        ],
    )
    history.calls = {"prod-eu": [call(4.1, dry_run=True, applied=False), call(4.5)]}
    result = {"step": 1, "outcome": "done", "message": "3 of 3 pods ready"}
    history.requests = {
        ID: {"id": ID, "state": "succeeded", "plan": {"revision": 1}, "results": [result], "notice": ""}
    }
    history.shown = [
        Shown(at(1.1), ID, "awaiting_approval", "waits for run and approval"),
        Shown(at(5.2), ID, "succeeded", "done: 3 of 3 pods ready"),
    ]
    history.queue, history.sinks = {"rq:workers": "{}"}, {"worker-run-1.log": "worker.started"}
    return history


def without(history: History, *events: str, actor: str | None = None) -> None:
    chain(history, [x for x in history.leaves if x["event"] not in events or (actor and x["actor"] != actor)])


def changed(history: History, event: str, **given: Any) -> None:
    """That leaf with other values; a mapping of facts is merged."""
    leaves = history.leaves
    for one in leaves:
        if one["event"] == event:
            one.update({**given, "facts": one["facts"] | given.get("facts", {})})
    chain(history, leaves)


def added(history: History, *more: Json) -> None:
    chain(history, sorted([*history.leaves, *more], key=lambda one: str(one["at"])))


def ends_as(history: History, outcome: str, message: str, state: str) -> None:
    row = history.requests[ID]
    row["state"], row["results"] = state, [{"step": 1, "outcome": outcome, "message": message}]
    history.shown[-1] = Shown(at(5.2), ID, state, message)


def bit(history: History) -> None:
    history.records[3]["leaf"] = history.records[3]["leaf"].replace("alice", "alicf")


def gone(history: History) -> None:
    del history.records[3]


def cut(history: History) -> None:
    del history.records[-1]


def elsewhere(history: History) -> None:
    history.requests[ID]["state"] = "running"
    history.shown[-1] = Shown(at(5.2), ID, "running", "is running")


FORGED: dict[str, tuple[str, Callable[[History], Any]]] = {
    "two accepted writes for one step": ("I1", lambda h: h.calls["prod-eu"].append(call(4.6))),
    "a write of each of two clusters with one mark": ("I1", lambda h: h.calls.update({"prod-us": [call(4.6)]})),
    "done, and never written": ("I1", lambda h: h.calls.update({"prod-eu": []})),
    "done, and its write was cut before": (
        "I1",
        lambda h: h.calls.update({"prod-eu": [call(4.5, applied=False)]}),
    ),
    "not written, and was": ("I1", lambda h: ends_as(h, "failed", "nothing was written: conflict", "failed")),
    "found not applied, and was": (
        "I1",
        lambda h: ends_as(h, "failed", "not applied, as seen afterwards: 2 replicas", "failed"),
    ),
    "started twice for one set of approvals": ("I1", lambda h: added(h, leaf(4.15, "exec.started", "alice", fence=2))),
    "a write without an intent": ("I2", lambda h: without(h, "exec.intended")),
    "a write before its intent": ("I2", lambda h: changed(h, "exec.intended", at=at(4.9))),
    "a write under no mark": ("I2", lambda h: h.calls["prod-eu"].append(call(4.6, user_agent="kubechat/0.1.0"))),
    "an intent of another step": ("I2", lambda h: changed(h, "exec.intended", facts={"mark": f"{ID}/1/2"})),
    "written as somebody else": ("I2", lambda h: h.calls.update({"prod-eu": [call(4.5, impersonated="root")]})),
    "no approval of another person": ("I2", lambda h: without(h, "approval.given", actor="bob")),
    "no approval at all": ("I2", lambda h: without(h, "approval.given")),
    "the same person twice": ("I2", lambda h: changed(h, "approval.given", actor="alice")),
    "approved another plan": ("I2", lambda h: changed(h, "approval.given", facts={"plan_digest": "c" * 64})),
    "approved another preview": ("I2", lambda h: changed(h, "approval.given", facts={"preview_digest": "c" * 64})),
    "approved before the drift": ("I2", lambda h: added(h, leaf(3.5, "plan.drifted", steps=[], **DIGESTS))),
    "somebody said no": ("I2", lambda h: added(h, leaf(3.5, "approval.denied", "carol", verdict="no", **DIGESTS))),
    "approved after its time": ("I2", lambda h: changed(h, "plan.made", at=at(-1900))),
    "claimed after its time": (
        "I2",
        lambda h: [changed(h, event, at=at(-700)) for event in ("intent.received", "plan.made", "approval.given")],
    ),
    "a bit of the trail": ("I3", bit),
    "a gap in the chain": ("I3", gone),
    "the trail was cut": ("I3", cut),
    "the trail was written anew": ("I3", lambda h: setattr(h, "head", f"{len(h.records)} {'d' * 64}\n")),
    "times that go back": ("I3", lambda h: changed(h, "exec.started", at=at(3.9))),
    "a claim without an end": ("I3", lambda h: without(h, "exec.finished")),
    "a canary in a log": ("I4", lambda h: h.sinks.update({"bot.log": f"password={CANARIES[0]}"})),
    "a canary in the queue": ("I4", lambda h: h.queue.update({"kubechat:bell": CANARIES[1]})),
    "a canary in the trail": ("I4", lambda h: changed(h, "exec.stepped", facts={"message": CANARIES[2]})),
    "a canary on a card": ("I4", lambda h: h.shown.append(Shown(at(5.3), ID, "succeeded", CANARIES[3]))),
    "a canary in the database": ("I4", lambda h: h.requests[ID].update(notice=CANARIES[0])),
    "success shown before it was done": ("I5", lambda h: h.shown.insert(1, Shown(at(2), ID, "succeeded", "done"))),
    "success of a change that was never intended": (
        "I5",
        lambda h: [without(h, "exec.intended"), h.calls.update({"prod-eu": []})],
    ),
    "shown as not written, and was": (
        "I5",
        lambda h: ends_as(h, "failed", "not applied, as seen afterwards: 2 replicas", "failed"),
    ),
    "the last card is not the end": ("I5", lambda h: h.shown.pop()),
    "it still runs": ("I5", elsewhere),
    "in doubt, and nobody is told why": (
        "I5",
        lambda h: [h.requests[ID].update(state="interrupted"), h.shown.append(Shown(at(9), ID, "interrupted", ""))],
    ),
    "told a minute too late": (
        "I5",
        lambda h: [changed(h, "exec.finished", at=at(70)), setattr(h, "healed_at", at(4.5))],
    ),
    "a job that nobody took away": ("I6", lambda h: h.queue.update({"rq:job:run-x": "{}"})),
}


def test_a_good_history_is_found_good() -> None:
    """Nothing is said of a run in which everything was right."""
    assert judge(good()) == []


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_history_is_found_out(what: str) -> None:
    """Each lie breaks the invariant that names it."""
    invariant, forge = FORGED[what]
    history = good()
    forge(history)

    assert invariant in {violation.invariant for violation in judge(history)}, [str(one) for one in judge(history)]


def test_a_write_that_nobody_heard_of_is_no_lie() -> None:
    """Accepted, cut, in doubt, looked at again, found applied: the history that a crash should leave."""
    history = good()
    leaves = [one for one in history.leaves if one["event"] not in ("exec.stepped", "exec.finished")]
    chain(
        history,
        [*leaves, leaf(6, "exec.interrupted", steps=[1]), leaf(9, "exec.verified", step=1, applied=True)],
    )
    history.shown.insert(1, Shown(at(6.1), ID, "interrupted", "unknown whether it was applied"))
    history.shown[-1] = Shown(at(9.1), ID, "succeeded", "applied, as seen afterwards")

    assert judge(history) == []
    assert recoveries(history, [(at(4.6), ID)]) == [pytest.approx(4.4)]


def test_a_history_is_kept_to_be_looked_at(tmp_path: Path) -> None:
    """What was found, beside everything that it was found in."""
    folder = good().keep(["I1: it was written 2 times"], tmp_path)

    assert (folder / "violations.txt").read_text() == "I1: it was written 2 times\n"
    assert json.loads((folder / "calls.json").read_text()) == good().calls
    assert json.loads((folder / "shown.json").read_text())[-1]["state"] == "succeeded"
