"""Named moments at which a test build may be killed, stopped or delayed; elsewhere passing one does nothing.

Nothing in the product arms them: no setting, no variable of the environment, no module that is shipped. The launcher of
the fault tests (`tests/faults/armed.py`, not part of an installation) calls `obey` before it starts a worker.
"""

from collections.abc import Callable
from typing import Literal, get_args

Point = Literal[
    "after-claim",  # of an execution; nothing was checked yet
    "before-start",  # the dry-runs, policy and rights were checked again; still ready
    "after-start",  # running; nothing is intended
    "before-intent",  # of a write; everything about it is known
    "after-intent",  # the intent is committed; nothing was sent
    "after-write",  # the server has answered; nothing is recorded
    "before-result",  # of a step
    "before-finish",  # every step has its result
    "before-verified",  # the reconciler knows what happened and has not said it
    "before-commit",  # of any change of the database
    "after-commit",  # committed; the end of the audit trail is not noted outside yet
]
POINTS: tuple[Point, ...] = get_args(Point)
_obey: Callable[[Point, str], None] | None = None


def failpoint(name: Point, about: str = "") -> None:
    """Passed where the name says; `about` is the id of the request, where there is one."""
    if _obey is not None:
        _obey(name, about)


def obey(act: Callable[[Point, str], None]) -> None:
    """From now on `act` is called at every failpoint of this process and its children."""
    global _obey  # noqa: PLW0603  # one for the process, and never set in an installation
    _obey = act
