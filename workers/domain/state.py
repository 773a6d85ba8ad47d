"""The life of a request as a table; `docs/states.md` is generated from it."""

from collections.abc import Mapping
from enum import StrEnum

from workers.domain.errors import InvalidTransition


class State(StrEnum):
    """Named by what it waits for."""

    PLANNING = "planning"
    AWAITING_CHOICE = "awaiting_choice"
    AWAITING_APPROVAL = "awaiting_approval"
    READY = "ready"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        return self in FINAL


class Event(StrEnum):
    ANSWERED = "answered"
    CHOICE_NEEDED = "choice_needed"
    ALLOWED = "allowed"
    APPROVALS_NEEDED = "approvals_needed"
    PLANNING_FAILED = "planning_failed"
    CHOSEN = "chosen"
    APPROVED = "approved"
    FULLY_APPROVED = "fully_approved"
    WITHDRAWN = "withdrawn"
    EDITED = "edited"
    REFUSED = "refused"
    REJECTED = "rejected"
    STARTED = "started"
    DRIFTED = "drifted"
    STEP_FINISHED = "step_finished"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    VERIFIED_APPLIED = "verified_applied"
    VERIFIED_NOT_APPLIED = "verified_not_applied"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


WAITS_FOR: Mapping[State, str] = {
    State.PLANNING: "a worker",
    State.AWAITING_CHOICE: "the requester",
    State.AWAITING_APPROVAL: "the people named in `missing`",
    State.READY: "a worker, within `run_within`",
    State.RUNNING: "the cluster",
    State.INTERRUPTED: "a person; the reconciler has said what it saw",
    State.SUCCEEDED: "nobody",
    State.FAILED: "nobody",
    State.REFUSED: "nobody",
    State.REJECTED: "nobody",
    State.CANCELLED: "nobody",
    State.EXPIRED: "nobody",
}

TRANSITIONS: Mapping[tuple[State, Event], State] = {
    (State.PLANNING, Event.ANSWERED): State.SUCCEEDED,  # talk, or a question about Kubechat: nothing to run
    (State.PLANNING, Event.CHOICE_NEEDED): State.AWAITING_CHOICE,
    (State.PLANNING, Event.ALLOWED): State.READY,  # policy says ALLOW: reads
    (State.PLANNING, Event.APPROVALS_NEEDED): State.AWAITING_APPROVAL,
    (State.PLANNING, Event.REFUSED): State.REFUSED,
    (State.PLANNING, Event.PLANNING_FAILED): State.FAILED,
    (State.PLANNING, Event.CANCELLED): State.CANCELLED,
    (State.AWAITING_CHOICE, Event.CHOSEN): State.PLANNING,
    (State.AWAITING_CHOICE, Event.CANCELLED): State.CANCELLED,
    (State.AWAITING_CHOICE, Event.EXPIRED): State.EXPIRED,
    (State.AWAITING_APPROVAL, Event.APPROVED): State.AWAITING_APPROVAL,  # somebody is still missing
    (State.AWAITING_APPROVAL, Event.FULLY_APPROVED): State.READY,
    (State.AWAITING_APPROVAL, Event.WITHDRAWN): State.AWAITING_APPROVAL,  # an approver has not the right
    (State.AWAITING_APPROVAL, Event.EDITED): State.PLANNING,  # revision + 1, approvals dropped
    (State.AWAITING_APPROVAL, Event.REJECTED): State.REJECTED,
    (State.AWAITING_APPROVAL, Event.CANCELLED): State.CANCELLED,
    (State.AWAITING_APPROVAL, Event.EXPIRED): State.EXPIRED,
    (State.READY, Event.STARTED): State.RUNNING,
    (State.READY, Event.DRIFTED): State.AWAITING_APPROVAL,  # new preview, approvals dropped
    (State.READY, Event.WITHDRAWN): State.AWAITING_APPROVAL,  # an approver has lost the right: somebody is missing
    (State.READY, Event.REFUSED): State.REFUSED,  # access or policy says no at the moment of the write
    (State.READY, Event.CANCELLED): State.CANCELLED,
    (State.READY, Event.EXPIRED): State.EXPIRED,
    (State.RUNNING, Event.STEP_FINISHED): State.RUNNING,
    (State.RUNNING, Event.SUCCEEDED): State.SUCCEEDED,
    (State.RUNNING, Event.FAILED): State.FAILED,
    (State.RUNNING, Event.INTERRUPTED): State.INTERRUPTED,
    (State.INTERRUPTED, Event.VERIFIED_APPLIED): State.SUCCEEDED,
    (State.INTERRUPTED, Event.VERIFIED_NOT_APPLIED): State.FAILED,
}

FINAL = frozenset(state for state in State if not any(source is state for source, _ in TRANSITIONS))


def after(state: State, event: Event) -> State:
    """The state that an event leads to; raises InvalidTransition where the table has no such line."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise InvalidTransition(
            f"a request that is '{state}' cannot be '{event}'", now=f"it waits for {WAITS_FOR[state]}"
        ) from None
