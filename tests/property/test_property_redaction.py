"""The choke point under random text: nothing leaks, nothing is hidden, and twice is as good as once."""

import string
import unicodedata
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from workers.domain.redact import redact, redact_tree, visible
from workers.redaction import clean

WORDS = st.sampled_from(
    [
        "password", "PASSWORD", "token", "secret", "api_key", "authorization", "Authorization: ", "cookie", "bearer ",
        "Basic ", "name", "value", "=", ":", ": ", ":=", "=>", '"', "'", "\\", "\n", "\n  ", " ", "|", ",", "{", "}",
        "--", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "[REDACTED", "[REDACTED:x]", "]", "://", "@",
        "curl ", " -u ", "eyJhbGciOi", ".", "AKIA", "ghp_", "abc", "x" * 20, "1234567890", "true", "<set to the key",
    ]
)  # fmt: skip
NASTY = st.lists(WORDS | st.text(max_size=6), max_size=14).map("".join)
SECRET = st.text(string.ascii_letters + string.digits, min_size=24, max_size=40).map(lambda text: f"Zq{text}")
FORMS = st.sampled_from(
    [
        "password={}", "DB_PASSWORD: {}", '"api_key": "{}"', "token='{}'", "--password {}", "--client-secret={}",
        "Authorization: Bearer {}", "Authorization: Basic {}", "X-Auth-Token: {}", "Cookie: session={}",
        "postgres://app:{}@db/x", "?access_token={}&x=1", '{{"name":"DB_PASSWORD","value":"{}"}}',
        "- name: DB_PASSWORD\n  value: {}", "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
        "curl -u admin:{} https://x", "sshpass -p {} ssh x", '\\"password\\":\\"{}\\"', "password := {}",
    ]
)  # fmt: skip
ORDINARY = st.text(st.sampled_from(string.ascii_lowercase + string.digits + "  \n\t.,/-()"), max_size=200)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NASTY,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "value", "kind", "data", "items", "password", "env"]) | NASTY, inner, max_size=4
        )
    ),
    max_leaves=10,
)


@given(NASTY)
@example("Authorization: Bearer abcdefgh")
@example("password='[REDACTED")
def test_redacting_twice_changes_nothing(text: str) -> None:
    """Text may pass the choke point any number of times."""
    once = redact(text)

    assert once == redact(once)


@given(JSON)
def test_redacting_a_tree_twice_changes_nothing(value: Any) -> None:
    """The same for records."""
    once = redact_tree(value)

    assert once == redact_tree(once)


@given(ORDINARY, FORMS, SECRET, ORDINARY)
def test_a_planted_secret_never_comes_out(before: str, form: str, secret: str, after: str) -> None:
    """Wherever in a text a secret stands in one of its forms."""
    text = f"{before}\n{form.format(secret)}\n{after}"

    assert secret not in redact(text)
    assert secret not in clean(text)
    assert secret not in str(redact_tree({"log": [text]}))


@given(st.sampled_from(["password", "client_secret", "API-KEY", "dbToken", "credentials"]), SECRET)
def test_a_sensitive_name_gives_away_its_value(name: str, secret: str) -> None:
    """However deep it is, and however it is written."""
    tree = {"spec": [{name: secret}, {"name": name, "value": secret}, {"kind": "Secret", "data": {"x": secret}}]}

    assert secret not in str(redact_tree(tree))


@given(ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    """Lower-case words, numbers and paths without a sensitive word are not touched."""
    sensitive = ("pass", "pwd", "secret", "token", "key", "credential", "authorization", "cookie", "bearer", "basic")

    if not any(word in text for word in sensitive):
        assert text == redact(text)


@given(st.text())
@example("\u202e\u061c\u00ad\U000e0041\u200b\ufe0f\x1b[2J")
def test_what_is_visible_hides_nothing(text: str) -> None:
    """No control, bidirectional, invisible or private character is left, newline and tab apart."""
    shown = visible(text)

    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in shown)
    assert shown == visible(shown)
    shown.encode()
