"""Which policy was in force when: one row for each change, with the leaf that says so."""

import json

import pytest

from workers.domain.audit import AuditEvent
from workers.domain.errors import Mistake
from workers.domain.value import Digest, PersonId
from workers.guard.policies import Policies
from workers.store.store import SqlStore

OLD, NEW = Digest("a" * 64), Digest("ab" + "b" * 62)


def leaves(store: SqlStore) -> list[dict[str, object]]:
    found = [json.loads(record.leaf) for record in store.records()]
    return [leaf for leaf in found if leaf["event"] == AuditEvent.POLICY_CHANGED]


def test_only_another_policy_is_recorded(store: SqlStore) -> None:
    """Two workers that start with the same file are one version; the leaf has the old and the new digest."""
    policies = Policies(store)

    assert [policies.note(one, "text", "file") for one in (OLD, OLD, NEW)] == [True, False, True]
    assert [(one.number, one.digest) for one in policies.history()] == [(2, NEW), (1, OLD)]
    assert [(leaf["facts"]["old"], leaf["facts"]["new"]) for leaf in leaves(store)] == [(None, OLD), (OLD, NEW)]  # type: ignore[index]


def test_a_rollback_says_who_did_it(store: SqlStore) -> None:
    """The version comes back as a new one, with the person in the row and in the leaf."""
    policies, written = Policies(store), []
    policies.note(OLD, "old text", "file")
    policies.note(NEW, "new text", "file")

    policies.roll_back(policies.version(OLD[:8]), PersonId("alice"), lambda: written.append("old text"))

    newest = policies.history()[0]
    assert (
        newest.number,
        newest.digest,
        newest.text,
        newest.source,
        newest.by,
    ) == (3, OLD, "old text", "rollback", "alice")
    assert (written, leaves(store)[-1]["actor"]) == (["old text"], "alice")


def test_a_rollback_that_is_not_written_is_not_recorded(store: SqlStore) -> None:
    """The record and the file change together or not at all."""
    policies = Policies(store)
    policies.note(OLD, "old text", "file")
    policies.note(NEW, "new text", "file")

    def full() -> None:
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        policies.roll_back(policies.version("1"), PersonId("alice"), full)

    assert (policies.history()[0].digest, len(leaves(store))) == (NEW, 2)


@pytest.mark.parametrize(
    ("named", "says"),
    [("ffff", "no policy 'ffff'"), ("ab", "no policy 'ab'"), ("9", "no policy '9'"), ("aaaa", "beginning of several")],
)
def test_a_version_that_is_not_clear_is_asked_for_again(store: SqlStore, named: str, says: str) -> None:
    """Four characters of a digest at least, and only one policy that begins so."""
    policies = Policies(store)
    policies.note(Digest("aaaa" + "c" * 60), "text", "file")
    policies.note(OLD, "text", "file")

    with pytest.raises(Mistake, match=says):
        policies.version(named)


def test_the_policy_in_force_is_not_rolled_back_to(store: SqlStore) -> None:
    """Nothing is recorded for it."""
    policies = Policies(store)
    policies.note(OLD, "text", "file")

    with pytest.raises(Mistake, match="is in force"):
        policies.roll_back(policies.version("1"), PersonId("alice"), lambda: None)
    assert len(policies.history()) == 1
