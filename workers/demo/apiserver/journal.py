"""What the server was asked, kept in memory for tests and invariant checks: the demo's own audit log."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

KEPT = 50_000


@dataclass(frozen=True)
class Recorded:
    at: datetime
    method: str
    path: str
    query: str
    status: int  # 0: no answer was sent (cut or hung)
    applied: bool  # what was asked has been done, whether or not the caller heard of it
    user: str  # the authenticated caller; "" if nobody
    impersonated: str  # "" if nobody
    groups: tuple[str, ...]  # of the user the request ran as
    user_agent: str
    audit_id: str
    dry_run: bool
    verb: str  # "get", "list", "watch", "patch", ...
    resource: str  # "deployments", "deployments/scale"; "" for paths that are no resource
    namespace: str
    name: str
    body_sha256: str  # of the body as received; "" without one


class Journal(deque[Recorded]):
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        super().__init__(maxlen=KEPT)

    def writes(self) -> list[Recorded]:
        """Requests that changed something: applied, and not a dry run."""
        verbs = {"create", "update", "patch", "delete", "deletecollection"}
        return [
            one
            for one in self
            if one.verb in verbs and one.applied and not one.dry_run and "review" not in one.resource
        ]
