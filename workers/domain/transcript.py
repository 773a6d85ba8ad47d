"""What a command in a container wrote, and how that came to an end."""

from enum import StrEnum

from pydantic import Field

from workers.domain.value import Value


class Bounds(Value):
    """How much of a command is waited for; what goes beyond is left to itself."""

    idle_seconds: float = Field(default=20.0, gt=0)  # without a byte of output
    seconds: float = Field(default=120.0, gt=0)  # in all
    most_bytes: int = Field(default=1 << 20, gt=0)  # of both streams together


class Ended(StrEnum):
    EXITED = "exited"  # by itself, or it could not be started
    IDLE = "idle"
    TIME = "time"
    FULL = "full"


class Transcript(Value):
    """As it came: not yet redacted."""

    stdout: str
    stderr: str
    ended: Ended
    exit_code: int | None = None  # None unless it exited
    problem: str = ""  # why it could not be started, in the words of the node
    audit_id: str = ""

    def text(self, bounds: Bounds) -> str:
        """How it ended, for people."""
        left = "Kubechat hung up, and the command may still run in the container"
        match self.ended:
            case Ended.EXITED if self.exit_code is not None:
                return f"the command ran and ended with {self.exit_code}"
            case Ended.EXITED:
                return f"the command could not be started: {self.problem}"
            case Ended.IDLE:
                return f"it wrote nothing for {bounds.idle_seconds:g} s: {left}"
            case Ended.TIME:
                return f"it had not ended after {bounds.seconds:g} s: {left}"
            case Ended.FULL:
                return f"it wrote more than {bounds.most_bytes >> 10} KiB: {left}"
