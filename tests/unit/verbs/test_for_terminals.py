"""cp, port_forward and exec: what only a person in a terminal can do."""

from typing import Any

import pytest

from tests.unit.verbs.driving import action, target
from workers.domain.action import Verb
from workers.domain.errors import InvalidParameter
from workers.domain.target import Target
from workers.verbs.registry import spec, validated

LINES: list[tuple[Verb, Target, dict[str, Any], tuple[str, ...]]] = [
    (Verb.CP, target("pod", "kafka-0"), {"src": "/var/log/app.log"}, ("cp", "kafka-0:/var/log/app.log", ".")),
    (Verb.CP, target("pod", "kafka-0"), {"src": "a.txt", "dest": "/tmp/a.txt"}, ("cp", "a.txt", "kafka-0:/tmp/a.txt")),
    (
        Verb.CP,
        target("pod", "kafka-0"),
        {"src": "/a", "dest": "b", "container": "main"},
        ("cp", "kafka-0:/a", "b", "--container=main"),
    ),
    (Verb.CP, target(), {"src": "/a"}, ("cp", "POD:/a", ".")),
    (Verb.PORT_FORWARD, target("service", "web"), {"ports": "8080:80"}, ("port-forward", "service/web", "8080:80")),
    (Verb.PORT_FORWARD, target("pod", "p"), {"ports": 8080}, ("port-forward", "pod/p", "8080")),
    (Verb.PORT_FORWARD, target("pod", "p"), {"ports": "80 81:9"}, ("port-forward", "pod/p", "80", "81:9")),
    (Verb.PORT_FORWARD, target("pod", "p"), {}, ("port-forward", "pod/p", "PORT")),
    (Verb.EXEC, target("pod", "redis-0"), {"command": "sh"}, ("exec", "-it", "pod/redis-0", "--", "sh")),
    (
        Verb.EXEC,
        target(),
        {"command": "grep 'a b' /x | head", "container": "envoy"},
        ("exec", "-it", "deployment/payment-api", "-c", "envoy", "--", "sh", "-c", "grep 'a b' /x | head"),
    ),
]


@pytest.mark.parametrize(("verb", "where", "params", "words"), LINES)
def test_the_command_to_run_oneself(verb: Verb, where: Target, params: Any, words: tuple[str, ...]):
    """What is not known is named in capitals; the reason is always given."""
    asked = validated(action(verb, where, **params))
    assert spec(verb).kubectl(asked)[5:] == words
    assert spec(verb).elsewhere(asked)


@pytest.mark.parametrize(
    ("verb", "params"),
    [
        (Verb.CP, {"src": "$(id)"}),
        (Verb.CP, {"dest": "a b"}),
        (Verb.EXEC, {"command": "echo 'open"}),
        (Verb.PORT_FORWARD, {"ports": "80;81"}),
        (Verb.PORT_FORWARD, {"ports": "70000"}),
    ],
)
def test_what_is_no_path_and_no_port_is_refused(verb: Verb, params: Any):
    """The line is copied into a shell."""
    with pytest.raises(InvalidParameter):
        validated(action(verb, target("pod", "p"), **params))
