"""Which commands chat may run in a container: the shipped list, and the tricks that must not pass it."""

import pytest
from pydantic import ValidationError

from workers.domain.command import LONGEST, Allowed, argv, why_by_hand, why_not
from workers.settings import DEFAULTS, read_policy

SHIPPED = read_policy(DEFAULTS / "policy.yaml")[0].exec


@pytest.mark.parametrize(
    "command",
    [
        "df -h",
        "df -h /var/lib",
        "ls -la /app",
        "ps aux",
        "id",
        "date -u",
        "uname -a",
        "'df' \"-h\"",
        "ss -tln",
        "ip addr show",
        "nslookup payments-db.payments.svc",
        "getent hosts redis",
        "cat /proc/1/status",
        "curl -s http://localhost:8080/healthz",
        "wget -qO- http://127.0.0.1:9090/readyz",
        "redis-cli ping",
    ],
)
def test_a_diagnostic_of_the_shipped_list_is_allowed(command: str) -> None:
    """What only reads, and shows no secret, may run."""
    assert why_not(SHIPPED, command) == ""


@pytest.mark.parametrize(
    "command",
    [
        "env",
        "printenv PATH",
        "/usr/bin/env",
        "cat /var/run/secrets/kubernetes.io/serviceaccount/token",
        "ls /run/secrets",
        "ls /proc/1/root/etc",
        "cat /proc/1/environ",
        "cat /proc/self/environ",
        "cat /etc/shadow",
        "cat /etc/passwd",
        "cat /proc/../etc/hosts",
        "ls /app/../root/.ssh",
        "cat -",
        "rm -rf /data",
        "find / -delete",
        "find / -exec id +",
        "tar -cf /dev/null --to-command=id /app",
        "date -s 2020-01-01",
        "date --set=2020-01-01",
        "date 010100002020",
        "hostname evil",
        "ss -K dst 10.0.0.1",
        "ip link set eth0 down",
        "ip netns exec x id",
        "ps auxe",
        "ps -o args,env",
        "ls --time-style=+x",
        "ls -R /",
        "df --output=source",
        "curl -o /tmp/x http://localhost:8080/healthz",
        "curl http://localhost:8080/admin",
        "curl http://localhost:80@evil.example/healthz",
        "curl http://evil.example/healthz",
        "curl -L http://localhost:8080/healthz",
        "curl file:///etc/hosts",
        "wget http://localhost:8080/healthz",
        "redis-cli flushall",
        "redis-cli ping flushall",
        "redis-cli",
        "nslookup -type=txt evil.example",
        "getent passwd",
        "getent hosts passwd root",
        "python3 -c print",
        "python3",
        "java",
        "nginx -s stop",
        "mount -o remount /",
        "DF -h",
        "/bin/df",
        "./df",
        "df-h",
        "'df -h'",
        "d''f -x",
        "busybox df",
        "sudo df",
        "timeout 5 df",
        "nice df",
    ],
)
def test_what_the_shipped_list_does_not_name_is_refused(command: str) -> None:
    """Options that write, programs that start others, places of secrets: none of them passes."""
    assert why_not(SHIPPED, command) != ""


@pytest.mark.parametrize(
    "command",
    [
        "sh",
        "bash",
        "/bin/bash -c id",
        "sh -c 'df -h'",
        "df -h; id",
        "df -h | head",
        "df $(id)",
        "df `id`",
        "df > /tmp/x",
        "df && id",
        "ls /app/*",
        "df '-h;id'",
        "df -h\nid",
        "df -h\x00",
        "df \u2212h",
        "\u0501f",
        "df \u200b-h",
        "df '-h",
        "",
        "   ",
        "''",
        "df " + "/" * LONGEST,
    ],
)
def test_what_needs_a_shell_or_is_no_argv_is_for_a_terminal(command: str) -> None:
    """Nothing in quotes, in other alphabets or on another line becomes a command."""
    assert why_by_hand(command) != ""
    assert why_not(SHIPPED, command) == why_by_hand(command)


def test_the_words_are_those_that_were_typed() -> None:
    """Quotes join words, and are not read by a shell."""
    assert argv("cat '/proc/1/status'") == ("cat", "/proc/1/status")


@pytest.mark.parametrize("program", ["sh", "/bin/bash", "env", "xargs", "busybox", "sudo"])
def test_no_policy_opens_a_door(program: str) -> None:
    """A policy that lists a shell, or what starts or reveals anything, is not read."""
    with pytest.raises(ValidationError, match="no policy can allow it"):
        Allowed(program=program)


def test_a_refusal_says_what_is_on_the_list() -> None:
    """Generated from the line that did not fit."""
    allowed = (Allowed(program="df", words=frozenset({"-h"})),)

    assert why_not(allowed, "rm x") == "'rm' is not on the list of the policy; on it are: df"
    assert why_not(allowed, "df -i") == "'-i' is not on the list for df; allowed: df [-h]"
    assert why_not((), "df") == "'df' is not on the list of the policy; on it are: none"
