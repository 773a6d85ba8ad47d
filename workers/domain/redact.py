"""The one choke point: what looks like a secret is replaced before text is stored, shown, logged or hashed.

First form: patterns on text and names of fields. Every pattern is linear: no nested repetition, bounded context.
Replacement is idempotent: redacting redacted text changes nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

_NAMES = r"(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|authorization)"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private-key",
        re.compile(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.{0,8192}?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)", re.DOTALL
        ),
    ),
    ("jwt", re.compile(r"\beyJ[A-Za-z0-9_-]{8,2048}\.[A-Za-z0-9_-]{4,4096}(?:\.[A-Za-z0-9_-]{0,2048})?")),
    ("bearer", re.compile(r"(?i)\b(?:bearer|basic)\s+(?!\[REDACTED)[A-Za-z0-9+/=._~-]{8,4096}")),
    ("url-password", re.compile(r"(?<=://)[^\s/@:\[\]]{0,128}:(?!\[REDACTED)[^\s/@]{1,256}(?=@)")),
    (
        "assignment",
        re.compile(
            rf"(?i)(?P<keep>[\w.-]{{0,64}}{_NAMES}[\w.-]{{0,64}}[\"']?\s{{0,4}}[:=]\s{{0,4}})(?!\[REDACTED|bearer\s|basic\s)(?:\"[^\"\n]{{1,1024}}\"|'[^'\n]{{1,1024}}'|[^\s\"',;&]{{1,1024}})"
        ),
    ),
    ("flag", re.compile(rf"(?i)(?P<keep>--[\w-]{{0,32}}{_NAMES}[\w-]{{0,32}}\s+)(?!\[REDACTED)[^\s]{{1,1024}}")),
    ("aws-key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("github-token", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,255}\b")),
    ("slack-token", re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,255}\b")),
)
_SENSITIVE_NAME = re.compile(rf"(?i){_NAMES}")


def redact(text: str) -> str:
    """The text with each secret replaced by `[REDACTED:<class>]`."""
    for name, pattern in _PATTERNS:
        text = pattern.sub(lambda match, name=name: f"{match.groupdict().get('keep') or ''}[REDACTED:{name}]", text)  # type: ignore[misc]  # lambda's default argument
    return text


def redact_tree(value: Any, name: str = "") -> Any:
    """JSON with every text redacted, values under sensitive names replaced, and the data of Secrets dropped."""
    if isinstance(value, Mapping):
        secret = value.get("kind") == "Secret"
        return {
            key: dict.fromkeys(item, "[REDACTED:secret]")
            if secret and key in ("data", "stringData") and isinstance(item, Mapping)
            else redact_tree(item, str(key))
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact_tree(item, name) for item in value]
    if isinstance(value, str):
        if _SENSITIVE_NAME.search(name) and not value.startswith("[REDACTED"):
            return "[REDACTED:named]"
        return redact(value)
    return value


def visible(text: str) -> str:
    """Control, bidirectional and zero-width characters spelled out, so that text cannot hide or reorder anything.

    Newline and tab stay.
    """
    return "".join(c if c in "\n\t" or not _hides(c) else f"\\u{ord(c):04x}" for c in text)


def _hides(character: str) -> bool:
    code = ord(character)
    return (
        code < 0x20
        or 0x7F <= code < 0xA0
        or 0x200B <= code <= 0x200F
        or 0x2028 <= code <= 0x202E
        or 0x2060 <= code <= 0x206F
        or code == 0xFEFF
        or 0xD800 <= code <= 0xDFFF
        or 0xE0000 <= code <= 0xE007F
    )
