"""The policy file as this process follows it: a changed one is taken over and recorded before the next job.

A changed file that cannot be read is a guard that is down: whoever decides is told why, and refuses every change until
it is mended. A file that is being written is waited for, so that half a policy is never in force.
"""

import time
from collections.abc import Callable
from pathlib import Path

from workers.domain.errors import InvalidConfiguration
from workers.domain.policy import Policy
from workers.domain.policy_version import PolicyVersion
from workers.domain.value import Digest
from workers.guard.policies import Policies
from workers.settings import policy_of, text_of
from workers.telemetry import log

SETTLED_SECONDS = 0.3  # so long nobody may have written to the file
PATIENCE_SECONDS = 2.0
Seen = tuple[int, int, int]
Take = Callable[[Policy, Digest, str], None]  # a policy, its digest, and why the file that is there cannot be used


class Following:
    """Raises InvalidConfiguration when the file cannot be used at the start, and there is no `last` to go on with."""

    def __init__(
        self, path: Path, policies: Policies | None = None, last: Callable[[], PolicyVersion | None] = lambda: None
    ) -> None:
        self._path = path
        self._policies = policies  # None: whoever only looks records nothing
        self._takers: list[Take] = []
        self._seen = _look(path)
        self.problem = ""
        try:
            self._text = text_of(path)
            self.policy, self.digest = policy_of(self._text, Path(path.name))
        except InvalidConfiguration as error:
            version = last()
            if version is None:
                raise
            self._text, self.problem = version.text, error.message
            self.policy, self.digest = policy_of(version.text, Path(path.name))
        self._recorded = policies is None

    def tell(self, take: Take) -> None:
        """From now on told of every change, as soon as it is seen."""
        self._takers.append(take)

    def follow(self) -> None:
        """Takes over what has changed since; raises StoreUnavailable when that could not be recorded yet."""
        if _look(self._path) != self._seen:
            self._take()
        if not self._recorded and self._policies is not None:
            self._policies.note(self.digest, self._text, "file")
            self._recorded = True

    def _take(self) -> None:
        self._seen, before = self._settled(), self.digest
        try:
            text = text_of(self._path)
            self.policy, self.digest = policy_of(text, Path(self._path.name))
            self._text, self.problem = text, ""
        except InvalidConfiguration as error:
            self.problem = error.message
            log(policy=self.digest).error("policy.unreadable", message=error.message)
        if self.digest != before:
            self._recorded = self._policies is None
            log(old=before, new=self.digest).info("policy.taken")
        for take in self._takers:
            take(self.policy, self.digest, self.problem)

    def _settled(self) -> Seen:
        end = time.monotonic() + PATIENCE_SECONDS
        seen = _look(self._path)
        while time.monotonic() < end and abs(time.time() - seen[0] / 1e9) < SETTLED_SECONDS:
            time.sleep(SETTLED_SECONDS / 3)
            seen = _look(self._path)
        return seen


def _look(path: Path) -> Seen:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return found.st_mtime_ns, found.st_size, found.st_ino
