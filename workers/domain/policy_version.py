"""One policy that was in force: its text, where it came from, and since when."""

from pydantic import AwareDatetime

from workers.domain.value import Digest, PersonId, Value


class PolicyVersion(Value):
    number: int  # from 1; the newest is in force
    digest: Digest  # of its meaning: after a rollback an older one is in force once more
    text: str  # the file as it was
    source: str  # "file", "rollback"
    by: PersonId | None  # None: found by a worker in its file
    at: AwareDatetime
