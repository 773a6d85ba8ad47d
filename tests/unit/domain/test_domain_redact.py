"""Secrets of many forms are replaced, ordinary text is not, and nothing is hidden."""

import json

import pytest

from workers.domain.redact import redact, redact_tree, visible

S = "hunter2-Xk9"  # planted: must be in no result
LONG = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
FORMS = [
    f"password={S}",
    f"PASSWORD = {S}",
    f"db.password: {S}",
    f"MYSQL_PWD={S} ./run",
    f"export DB_PASS={S}",
    f"passphrase: {S}",
    f"Password:            {S}",
    f'password="{S} and {S}"',
    f"password='it''s {S}'",
    f'password="a \\"quoted\\" {S}"',
    f'password="{S} cut off',
    f"password := {S}",
    f"'password' => '{S}'",
    f'{{"password": "{S}"}}',
    json.dumps({"inner": json.dumps({"api_key": S})}),
    f"password: |\n  {S}\n  {S}\nnext: line",
    f"https://x/?access_token={S}&page=2",
    f"x-api-key: {S}",
    f"api key: {S}",
    f"aws_secret_access_key = {S}",
    f"client-key-data: {S}",
    f"ENCRYPTION_KEY={S}",
    f"Authorization: Token {S}",
    f"Authorization: Bearer {S}",
    f"authorization: {S} more {S}",
    f"curl -H 'Authorization: Basic {S}' https://x",
    f"Cookie: a=b; session={S}",
    f"Set-Cookie: sid={S}; HttpOnly",
    f"sent bearer {S}",
    f"token: bearer {S}",
    f"postgres://app:{S}@db:5432/x",
    f"redis://:{S}@queue",
    f"mysql --password {S} --host db",
    f"app --db-password '{S} {S}'",
    f"curl -u admin:{S} https://x",
    f"sshpass -p {S} ssh x",
    f"mysql -u root -p{S}",
    f"redis-cli -h x -a {S}",
    f"- name: DB_PASSWORD\n  value: {S}",
    f'{{"name":"DB_PASSWORD","value":"{S}"}}',
    f"{{name: DB_PASSWORD, value: {S}}}",
    f"{{Name:API_TOKEN Value:{S} ValueFrom:nil}}",
    f"-----BEGIN RSA PRIVATE KEY-----\n{S}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN PRIVATE KEY-----\n{S}",
    f"-----BEGIN EC PRIVATE KEY-----\n{S}\n" + "x" * 9000,
    f"jwt eyJhbGciOiJIUzI1NiJ9.{LONG}{S}.{LONG}",
    f"secret={S}\tsecret={S}",
]
TOKENS = [
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + LONG,
    "github_pat_" + LONG,
    "glpat-" + LONG,
    "xoxb-1234567890-abcdefghij",
    "AIza" + LONG[:35],
    "npm_" + LONG,
    "hvs." + LONG,
    "sk-ant-api03-" + LONG,
    "sk_live_" + LONG,
]


@pytest.mark.parametrize("text", FORMS)
def test_a_secret_is_replaced_in_whatever_form(text: str) -> None:
    """Assignments, flags, headers, addresses, environments, keys: the value goes, the name stays."""
    redacted = redact(text)

    assert S not in redacted
    assert "[REDACTED:" in redacted
    assert redact(redacted) == redacted


@pytest.mark.parametrize("token", TOKENS)
def test_a_provider_token_is_known_by_its_shape(token: str) -> None:
    """Such a token needs no name beside it."""
    assert token not in redact(f"using {token} now")


@pytest.mark.parametrize(
    "text",
    [
        "registry.example.com:5000/payments/api@sha256:" + "a1" * 32,
        "registry.example.com/payments/api:v1.2.3-rc.1",
        "plan " + "9f" * 32,
        "uid 5d3c9d5e-7f0a-4f1e-9b7a-2f6d1c0e8a44",
        "resourceVersion: 184467440737",
        "pod-template-hash=6d4cf56db6",
        "req-7f3k2m9q/1/2",
        "2026-11-20T10:02:13Z INFO GET /api/v1/items?page=2 200 12ms trace=4bf92f3577b34da6a3ce929d0e0e4736",
        "kubectl --context prod-eu --namespace payments scale deployment/payment-api --replicas=5",
        "https://prod-eu.example.com:6443/apis/apps/v1",
        "Back-off restarting failed container api in pod payment-api-6d4cf56db6-x2x9p_payments(5d3c9d5e)",
        "secretName: payment-tls",
        "automountServiceAccountToken: false",
        "DB_PASSWORD:  <set to the key 'password' in secret 'payment-db'>  Optional: false",
        "the token has expired",
        "basic authentication is off",
        "wrong password for user app",
        "compass: north",
        "at 10:02 alice@example.com said: scale payment-api to 5",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Digests, images, uids, versions, kubectl lines and logs are what people work with."""
    assert text == redact(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"password": S}, {"password": "[REDACTED:named]"}),
        ({"pin": 1, "password": 123456}, {"pin": 1, "password": "[REDACTED:named]"}),
        ({"tokens": [S, S]}, {"tokens": ["[REDACTED:named]", "[REDACTED:named]"]}),
        ({"kind": "Secret", "data": {"a": S}}, {"kind": "Secret", "data": {"a": "[REDACTED:secret]"}}),
        ({"kind": "Secret", "stringData": {"a": S}}, {"kind": "Secret", "stringData": {"a": "[REDACTED:secret]"}}),
        ({"kind": "ConfigMap", "data": {"a": "plain"}}, {"kind": "ConfigMap", "data": {"a": "plain"}}),
        (
            {"kind": "SecretList", "items": [{"data": {"a": S}}]},
            {"kind": "SecretList", "items": [{"kind": "Secret", "data": {"a": "[REDACTED:secret]"}}]},
        ),
        (
            {"env": [{"name": "DB_PASSWORD", "value": S}, {"name": "PORT", "value": "80"}]},
            {"env": [{"name": "DB_PASSWORD", "value": "[REDACTED:named]"}, {"name": "PORT", "value": "80"}]},
        ),
        ({"text": f"password={S}"}, {"text": "password=[REDACTED:assignment]"}),
        (({"a": None, "secret": True},), [{"a": None, "secret": True}]),
        ({"secretName": "payment-tls"}, {"secretName": "payment-tls"}),
    ],
)
def test_a_tree_is_redacted_by_its_names(value: object, expected: object) -> None:
    """A sensitive name gives its value away; the data of a Secret is never kept, its keys are."""
    assert expected == redact_tree(value)
    assert redact_tree(value) == redact_tree(redact_tree(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\tc", "a\nb\tc"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("a\rb", "a\\u000db"),
        ("ab\u202ecd", "ab\\u202ecd"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("soft\u00adhyphen", "soft\\u00adhyphen"),
        ("\u061carabic mark", "\\u061carabic mark"),
        ("tag\U000e0041", "tag\\ue0041"),
        ("variation\ufe0f", "variation\\ufe0f"),
        ("filler\u3164", "filler\\u3164"),
        ("\ufeffbom", "\\ufeffbom"),
        ("grün 日本 🚀", "grün 日本 🚀"),
    ],
)
def test_nothing_is_hidden(text: str, expected: str) -> None:
    """Control, bidirectional and invisible characters are spelled out; letters of any script stay."""
    assert expected == visible(text)
    assert expected == visible(visible(text))
