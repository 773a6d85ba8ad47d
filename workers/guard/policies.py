"""The versions of the policy: which was in force when, by whom; and how an earlier one comes back.

Invariant: a version and the leaf that says so are committed together.
"""

from collections.abc import Callable

from workers.domain.audit import AuditEvent
from workers.domain.errors import Mistake
from workers.domain.policy_version import PolicyVersion
from workers.domain.value import Digest, PersonId
from workers.ports import Store

SHORTEST = 4  # of the characters that name a version by its digest


class Policies:
    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, digest: Digest, text: str, source: str) -> bool:
        """Whether a policy that a worker has taken over is another than the one before, which is recorded."""
        return self._put(digest, text, source, None, lambda: None)

    def roll_back(self, to: PolicyVersion, by: PersonId, write: Callable[[], None]) -> None:
        """Puts an earlier version in force: recorded with who did it, or not written at all."""
        if not self._put(to.digest, to.text, "rollback", by, write):
            raise Mistake(f"policy {to.digest[:8]} is in force", then="`kubechat policy history` lists the others")

    def _put(self, digest: Digest, text: str, source: str, by: PersonId | None, write: Callable[[], None]) -> bool:
        with self._store.change() as change:
            (before, *_) = change.policy_versions(limit=1) or (None,)
            if before is not None and before.digest == digest:
                return False
            number = 1 if before is None else before.number + 1
            version = PolicyVersion(number=number, digest=digest, text=text, source=source, by=by, at=change.now())
            if not change.keep_policy(version):
                return False  # another worker was faster
            facts = {"old": before.digest if before else None, "new": digest, "number": number, "source": source}
            change.leaf(AuditEvent.POLICY_CHANGED, request_id=None, actor=by, facts=facts)
            write()  # last: when it does not come about, nothing is recorded
        return True

    def history(self, limit: int = 50) -> tuple[PolicyVersion, ...]:
        """Newest first; the first is in force."""
        return self._store.policy_versions(limit=limit)

    def version(self, named: str) -> PolicyVersion:
        """The newest with that number or that beginning of a digest; raises Mistake."""
        found = [one for one in self.history(limit=1000) if named == str(one.number) or _begins(one, named)]
        if not found:
            raise Mistake(f"no policy '{named}' was ever in force here", then="`kubechat policy history` lists them")
        if len({one.digest for one in found}) > 1:
            have = ", ".join(dict.fromkeys(one.digest[:12] for one in found))
            raise Mistake(f"'{named}' is the beginning of several policies", now=have, then="say more of its digest")
        return found[0]


def _begins(one: PolicyVersion, named: str) -> bool:
    return len(named) >= SHORTEST and one.digest.startswith(named.lower())
