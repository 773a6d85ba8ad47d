"""The real kubectl runs commands in the demo's containers, and reads their ends."""

import pytest
from fleet_fixtures import Cluster

RUNS = [
    (("web-1", "-c", "app", "--", "df", "-h"), "/var/lib/data"),
    (("web-1", "--", "id"), "uid=10001(app)"),
    (("deploy/web", "-c", "app", "--", "echo", "a  b", "c"), "a  b c"),
    (("web-1", "-c", "app", "--", "env"), "A=1\n"),
]
ENDS = [
    (("web-1", "-c", "app", "--", "false"), "command terminated with exit code 1"),
    (("web-1", "-c", "app", "--", "ls", "/none"), "ls: /none: No such file or directory"),
    (("web-1", "-c", "app", "--", "nothing"), 'exec: "nothing": executable file not found in $PATH'),
    (("web-1", "-c", "none", "--", "id"), "container none is not valid for pod web-1"),
    (("web-2", "-c", "app", "--", "id"), 'container not found ("app")'),
    (("web-9", "--", "id"), 'pods "web-9" not found'),
    (("web-1", "--as=bob", "-c", "app", "--", "id"), 'User "bob" cannot'),
]


@pytest.mark.parametrize(("arguments", "printed"), RUNS, ids=[" ".join(one[0]) for one in RUNS])
def test_a_command_prints_what_it_wrote(steady: Cluster, arguments: tuple[str, ...], printed: str):
    """Its standard output comes back as it is."""
    assert printed in steady.kubectl("exec", *arguments)


@pytest.mark.parametrize(("arguments", "printed"), ENDS, ids=[" ".join(one[0]) for one in ENDS])
def test_a_command_that_fails_says_how(steady: Cluster, arguments: tuple[str, ...], printed: str):
    """An exit code, a program that is not there, a container that does not run, a missing right."""
    assert printed in steady.kubectl("exec", *arguments, ok=False)
