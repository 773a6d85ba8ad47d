"""What the verbs share: quantities, ages, pods' words, selectors."""

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.verbs.driving import pod
from workers.verbs import fields, pods, quantity, tables
from workers.verbs.details import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250m", "0.25"),
        ("2", "2"),
        ("1.5", "1.5"),
        ("12345678n", "0.012345678"),
        ("64Mi", "67108864"),
        ("1k", "1000"),
        ("1e3", "1000"),
        ("1E", "1000000000000000000"),
        ("lots", "0"),
        ("", "0"),
    ],
)
def test_a_quantity_is_an_exact_number(text: str, expected: str):
    """By the grammar of Kubernetes; what is none is nothing."""
    assert quantity.amount(text) == Decimal(expected)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("45s", 45),
        ("5m32s", 332),
        ("3h5m", 11100),
        ("2d4h", 187200),
        ("1y2d", 31708800),
        ("12s (x4 over 3m)", 12),
        ("<unknown>", 2**31),
    ],
)
def test_an_age_is_read_back(cell: str, expected: int):
    """An unknown age is older than anything asked for."""
    assert tables.age(cell) == expected


def init(state: dict[str, Any]) -> dict[str, Any]:
    made = pod("p", ready=False)
    made["status"]["initContainerStatuses"] = [{"name": "migrate", "state": state, "restartCount": 4}]
    return made


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        (pod("p"), "Running"),
        (pod("p", waiting="CrashLoopBackOff"), "CrashLoopBackOff"),
        (pod("p", deletionTimestamp="x"), "Terminating"),
        (init({"waiting": {"reason": "CrashLoopBackOff"}}), "Init:CrashLoopBackOff"),
        (init({"terminated": {"reason": "Completed"}}), "Running"),
        (init({"terminated": {"exitCode": 3}}), "Init:ExitCode:3"),
        ({"status": {"phase": "Pending"}}, "Pending"),
        ({"status": {"phase": "Failed", "reason": "Evicted"}}, "Evicted"),
        ({}, "Unknown"),
    ],
)
def test_a_pod_has_one_word(seen: Any, word: str):
    """The word of kubectl's STATUS column."""
    assert pods.status(seen) == word


def test_an_init_container_that_fails_is_trouble():
    """The pod will not get past it."""
    found = pods.trouble(init({"waiting": {"reason": "CrashLoopBackOff"}}))
    assert found is not None
    assert found.text == "p (migrate) CrashLoopBackOff, 4 restarts"


def test_a_pod_that_is_only_slow_is_no_trouble():
    """Creating and pulling pass by themselves."""
    assert pods.trouble(pod("p", waiting="ContainerCreating")) is None


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        ({"a": "1"}, "a=1"),
        (
            {
                "matchExpressions": [
                    {"key": "t", "operator": "In", "values": ["x", "y"]},
                    {"key": "u", "operator": "NotIn", "values": ["z"]},
                    {"key": "v", "operator": "Exists"},
                    {"key": "w", "operator": "DoesNotExist"},
                ]
            },
            "t in (x,y),u notin (z),v,!w",
        ),
        ({}, ""),
    ],
)
def test_a_selector_is_spelled_as_the_server_takes_it(selector: Any, expected: str):
    """Labels and expressions, of workloads and of services."""
    assert fields.selector({"spec": {"selector": selector}}) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ({}, ""),
        ([], ""),
        (False, "no"),
        (0, "0"),
        ({"a": 1}, "a=1"),
        (["a", "b"], "a; b"),
        ("x" * 400, "x" * 300 + "..."),
    ],
)
def test_any_value_is_one_short_line(value: Any, expected: str):
    """What is empty is not shown."""
    assert shown(value) == expected
