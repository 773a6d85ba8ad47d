"""The rows of policies that were in force."""

from typing import Any

from sqlalchemy import Executable, Row, Select, select

from workers.domain.policy_version import PolicyVersion
from workers.store.tables import policy_versions


def newest(limit: int) -> Select[Any]:
    return select(policy_versions).order_by(policy_versions.c.number.desc()).limit(limit)


def version(row: Row[Any]) -> PolicyVersion:
    return PolicyVersion.model_validate(dict(row._mapping))


def kept(insert: Any, one: PolicyVersion) -> Executable:
    """Gives the number back, or no row when there is one of that number."""
    statement = insert(policy_versions).values(one.model_dump()).on_conflict_do_nothing()
    returning: Executable = statement.returning(policy_versions.c.number)
    return returning
