"""The shape of one leaf of the audit trail."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime

from workers.domain.canonical import canonical
from workers.domain.value import PersonId, RequestId, Value


class AuditEvent(StrEnum):
    """The closed list; names follow docs/glossary.md, dotted and past tense."""

    INTENT_RECEIVED = "intent.received"
    INTENT_ANSWERED = "intent.answered"
    MODEL_ASKED = "model.asked"
    CHOICE_ASKED = "choice.asked"
    CHOICE_MADE = "choice.made"
    PLAN_MADE = "plan.made"
    PLAN_REFUSED = "plan.refused"
    PLAN_FAILED = "plan.failed"
    PLAN_EDITED = "plan.edited"
    PLAN_CANCELLED = "plan.cancelled"
    PLAN_EXPIRED = "plan.expired"
    PLAN_DRIFTED = "plan.drifted"
    APPROVAL_GIVEN = "approval.given"
    APPROVAL_CHECKED = "approval.checked"  # the clusters let the approver do it too
    APPROVAL_CARRIED = "approval.carried"  # kept for a plan with fewer of the steps that it was given to
    APPROVAL_REMINDED = "approval.reminded"  # half, or nine tenths, of the time to approve is over
    APPROVAL_WITHDRAWN = "approval.withdrawn"  # its giver has lost the right or the group: it does not count any more
    APPROVAL_DENIED = "approval.denied"  # a no from somebody who may say it
    ACCESS_DENIED = "access.denied"  # a press or a call that was refused
    EXEC_CLAIMED = "exec.claimed"
    EXEC_STARTED = "exec.started"  # everything was asked again and still holds
    EXEC_POSTPONED = "exec.postponed"  # a cluster or a lock keeps an approved request waiting
    EXEC_CHECKED = "exec.checked"  # what the suggested looks found, before the first write
    EXEC_INTENDED = "exec.intended"  # committed before a write is sent
    EXEC_STEPPED = "exec.stepped"  # the result of a step
    EXEC_FINISHED = "exec.finished"
    EXEC_INTERRUPTED = "exec.interrupted"
    EXEC_VERIFIED = "exec.verified"
    EXEC_KEPT = "exec.kept"  # what would have been taken back by itself stays
    EXEC_UNKEPT = "exec.unkept"  # nobody kept it in its time: its undo was opened
    EXEC_FENCED = "exec.fenced"
    POLICY_CHANGED = "policy.changed"  # another policy is in force
    FREEZE_SET = "freeze.set"
    FREEZE_LIFTED = "freeze.lifted"
    EMERGENCY_OPENED = "emergency.opened"  # somebody pressed Run under break-glass
    EMERGENCY_REVIEWED = "emergency.reviewed"
    IDENTITY_LINKED = "identity.linked"  # an account is a person from now on
    IDENTITY_CHANGED = "identity.changed"  # the chat system says another kind of a linked account
    IDENTITY_UNLINKED = "identity.unlinked"
    IDENTITY_REFUSED = "identity.refused"  # an account that may not speak, a code that links nothing
    FACTOR_ENROLLED = "factor.enrolled"
    FACTOR_REMOVED = "factor.removed"
    FACTOR_REFUSED = "factor.refused"  # a wrong, used or locked code; never the code
    JOB_REJECTED = "job.rejected"  # a forged or unknown job in the queue


class Leaf(Value):
    """What is hashed; redacted before it comes here. Bytes are made once and stored as they are."""

    at: AwareDatetime  # by the database's clock
    event: AuditEvent
    request_id: RequestId | None
    actor: PersonId | None  # None: Kubechat itself
    facts: Mapping[str, Any] = {}  # canonical JSON

    @property
    def bytes(self) -> bytes:
        return canonical({"v": 1, **self.model_dump(mode="json")})


class AuditRecord(Value):
    sequence: int  # from 1, no gaps
    leaf: bytes
    previous_hash: str  # 64 zeros for the first
    hash: str  # SHA-256 over previous hash (hex, ASCII), a newline, and the leaf's bytes
