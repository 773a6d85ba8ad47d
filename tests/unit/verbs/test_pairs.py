"""Labels and annotations in one string."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.verbs.pairs import parsed, words, written

KEYS = st.from_regex(r"(?:example\.com/)?[a-z][a-z0-9._-]{0,10}[a-z0-9]", fullmatch=True)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("pool=ml", {"pool": "ml"}),
        ("owner=payments, tier-", {"owner": "payments", "tier": None}),
        ("example.com/a=1,example.com/b-", {"example.com/a": "1", "example.com/b": None}),
        ("note=one, two", {"note": "one, two"}),
        ("note=a=b,c", {"note": "a=b,c"}),
        ("empty=", {"empty": ""}),
        ('{"note": "a,b=c", "gone": null}', {"note": "a,b=c", "gone": None}),
    ],
)
def test_what_is_set_and_what_is_removed(said: str, expected: dict[str, str | None]):
    """A comma belongs to the value unless a key follows it."""
    assert parsed(said) == expected


@pytest.mark.parametrize("said", ["tier", "=x", "a=1,a=2", "-a=1", "{", '{"a": 1}', '["a"]', "", ",", "{}", "a b=c"])
def test_what_is_no_pair_is_an_error(said: str):
    """Half an instruction is none."""
    with pytest.raises(ValueError, match=r".+"):
        parsed(said)


@given(st.dictionaries(KEYS, st.none() | st.text(max_size=20), min_size=1, max_size=4))
def test_what_is_written_is_read_as_the_same(pairs: dict[str, str | None]):
    """An undo restores the very values of before, whatever is in them."""
    assert parsed(written(pairs)) == pairs


def test_kubectl_takes_them_one_by_one():
    """Each is an argument of its own."""
    assert words({"a": "b c", "d": None}) == ("a=b c", "d-")
