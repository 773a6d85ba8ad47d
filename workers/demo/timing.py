"""How long things take in the simulated clusters; `speed` divides every duration."""

from dataclasses import dataclass
from datetime import timedelta

from workers.demo.identity import fraction


@dataclass(frozen=True)
class Timing:
    """Durations in seconds at speed 1; `(low, high)` is a range that the object's uid picks from.

    Stored times are whole seconds, rounded down, so up to one second of a duration is lost.
    """

    speed: float = 1.0
    create_seconds: tuple[float, float] = (1.0, 2.0)  # container creating -> running
    ready_seconds: tuple[float, float] = (1.0, 2.0)  # running -> ready
    crash_seconds: tuple[float, float] = (2.0, 3.0)  # running -> exit 1, for a crashing image
    stop_seconds: float = 1.2  # terminating -> gone
    job_seconds: tuple[float, float] = (3.0, 5.0)  # a job's container runs that long
    error_seconds: tuple[float, float] = (1.0, 1.0)  # "Error" is shown before "CrashLoopBackOff"
    # Kubelets of 1.32 and later may set crashLoopBackOff.maxContainerRestartPeriod; these do, to one minute.
    backoff_seconds: float = 10.0
    backoff_limit_seconds: float = 60.0

    def pick(self, span: tuple[float, float], *seed: object) -> timedelta:
        low, high = span
        return self.scaled(low + (high - low) * fraction(*seed))

    def backoff(self, restarts: int) -> timedelta:
        """The wait before restart number `restarts + 1`."""
        return self.scaled(min(self.backoff_limit_seconds, self.backoff_seconds * 2 ** min(restarts, 16)))

    def scaled(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds / self.speed)
