"""What a process writes down of certificates and keys is gone when the process is."""

from pathlib import Path

import pytest

from tests.e2e.stack import Stack, until

pytestmark = pytest.mark.xdist_group("walk-1")


def test_finished_jobs_leave_no_certificates_behind(stack: Stack) -> None:
    """Each job runs in a child with files of its own; the worker removes them when the child has ended."""
    for _ in range(3):
        stack.ask("alice", "list pods in payments in staging")
    folder = stack.instance.settings.data / "tls"

    until(lambda: folder.is_dir() and all(Path(f"/proc/{one.name}").exists() for one in folder.iterdir()))
