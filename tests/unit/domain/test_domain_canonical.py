"""The one spelling that digests are made over."""

from datetime import UTC, datetime

import pytest

from workers.domain.action import Verb
from workers.domain.canonical import LARGEST_INTEGER, canonical, digest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, b"null"),
        (True, b"true"),
        (0, b"0"),
        (-LARGEST_INTEGER, b"-9007199254740991"),
        ("", b'""'),
        ('a"b\\c/d', b'"a\\"b\\\\c/d"'),
        ("\x00\x1f\n\t\x7f", b'"\\u0000\\u001f\\n\\t\x7f"'),
        ("grün €", '"grün €"'.encode()),
        ([], b"[]"),
        (("a", 1), b'["a",1]'),
        ({"b": 1, "a": {"d": [], "c": None}}, b'{"a":{"c":null,"d":[]},"b":1}'),
        ({"B": 1, "a": 2, "": 0}, b'{"":0,"B":1,"a":2}'),
        (Verb.SCALE, b'"scale"'),
    ],
)
def test_a_value_has_one_spelling(value: object, expected: bytes) -> None:
    """Equal values are the same bytes: sorted keys, no spaces, UTF-8, the shortest escapes."""
    assert expected == canonical(value)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (1.5, "$: float"),
        ({"a": [0, 1.0]}, "$.a[1]: float"),
        (LARGEST_INTEGER + 1, "$: integer"),
        ({"a": -(2**60)}, "$.a: integer"),
        ({1: "x"}, "$: key 1"),
        ({"é": 1}, "$: key 'é'"),
        ({"a": {"b": b"x"}}, "$.a.b: bytes"),
        ({"a": {1, 2}}, "$.a: set"),
        (["\ud800"], "$[0]: lone surrogate"),
        (datetime(2026, 1, 1, tzinfo=UTC), "$: datetime"),
    ],
)
def test_what_has_no_canonical_spelling_is_named_by_its_path(value: object, place: str) -> None:
    """A digest is never made over a value that another program would spell otherwise."""
    with pytest.raises(ValueError, match="^" + place.replace("$", r"\$").replace("[", r"\[")):
        canonical(value)


def test_a_digest_is_the_sha256_of_the_canonical_bytes() -> None:
    """A digest can be computed again with any SHA-256."""
    expected = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

    assert expected == digest({})
