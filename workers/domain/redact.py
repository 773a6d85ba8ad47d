"""The one choke point: what looks like a secret is replaced before text is stored, shown, logged or hashed.

First form: patterns on text and names of fields. Every pattern is linear: no nested repetition, bounded context.
Replacement is idempotent: redacting redacted text changes nothing.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

# By their first letters: without case, a pattern tries every branch.
_NAMES = (
    r"(?:p(?:ass(?:word|wd|phrase)|wd|rivate[_-]?key)|[_-]pass(?!\w)|s(?:ecret|(?:ession|igning)[_-]?key)|token"
    r"|a(?:pi[_ -]?key|cc(?:ess|ount)[_-]?key|uthorization)|c(?:redentials?|ookie|lient[_-]?key)"
    r"|(?:encryption|master)[_-]?key)"
    r"(?!_?name\b|_?key_?ref|_?ref\b)"  # the name of a Secret is not secret
)
_SCHEMES = r"(?:bearer|basic|token|digest|negotiate|apikey)[ \t]{1,8}"
_OPEN = (
    r"(?!\[REDACTED|<set to the key|(?:true|false|null|none|nil|<nil>)(?![\w-]))"  # `kubectl describe` says "<set to"
)
_VALUE = (
    r"(?:"
    r"\"(?:[^\"\\\n]|\\.){1,2048}\""
    r"|'(?:[^'\n]|''){1,2048}'"
    r"|\\{0,3}[\"'][^\"'\n]{1,2048}"  # JSON within JSON, or a text that was cut off
    r"|[|>][-+0-9]{0,2}[ \t]{0,8}\n(?:[ \t]{1,64}\S[^\n]{0,2048}(?:\n|\Z)){1,64}"  # a YAML block
    rf"|(?:{_SCHEMES})?[^\s\"',;&]{{1,2048}}"
    r")"
)
_QUOTE = r"\\{0,3}+[\"']?+"  # possessive, so that no space or quote is given back to hide a replacement
_IS = r"[ \t]{0,40}+(?>:=|=>|[:=])[ \t]{0,40}+"
_BREAK = r"(?:\s|\\{1,3}n){1,64}+"  # a line break may be spelled out, as in JSON within JSON
# What follows a name, up to the next name: that one is found by itself, and each character is looked at once.
_REST = rf"(?:(?!{_NAMES})[\w.-]){{0,64}}+"
# To an option of a command, and not beyond the next such command, which is found by itself.
_CURL = r"\b(?:curl|wget)\b"
_TO_CURLS = rf"{_CURL}(?:(?!{_CURL})[^\n]){{0,256}}?\s"
_MYSQL = r"\b(?:sshpass|mysql|mysqldump|mariadb|docker login)\b"
_TO_MYSQLS = rf"{_MYSQL}(?:(?!{_MYSQL})[^\n]){{0,256}}?\s"
_TO_REDISES = r"\bredis-cli\b(?:(?!\bredis-cli\b)[^\n]){0,256}?\s"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private-key",
        re.compile(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
            r"(?:.{0,8192}?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)|.{0,8192})",  # without its end: what follows
            re.DOTALL,
        ),
    ),
    ("jwt", re.compile(r"\beyJ[A-Za-z0-9_-]{8,2048}\.[A-Za-z0-9_-]{4,4096}(?:\.[A-Za-z0-9_-]{0,2048})?")),
    ("header", re.compile(rf"(?i)(?P<keep>\b(?:authorization|cookie){_QUOTE}{_IS}{_QUOTE}){_OPEN}[^\n\"']{{1,4096}}")),
    ("bearer", re.compile(r"(?i)\bbearer\s+(?!\[REDACTED)[A-Za-z0-9+/=._~-]{8,4096}")),
    ("bearer", re.compile(r"\b[Bb]asic\s+(?=[A-Za-z]?[a-z]{0,4096}[A-Z0-9=])[A-Za-z0-9+/=]{8,4096}")),
    ("url-password", re.compile(r"(?<=://)[^\s/@:\[\]]{0,128}:(?!\[REDACTED)[^\s/@]{1,256}(?=@)")),
    (
        "named",  # one of a container's environment variables
        re.compile(
            rf"(?i)(?P<keep>\bname{_QUOTE}{_IS}{_QUOTE}[\w.-]{{0,64}}{_NAMES}[\w.-]{{0,64}}+{_QUOTE},?{_BREAK}{_QUOTE}"
            rf"value{_QUOTE}{_IS}){_OPEN}{_VALUE}"
        ),
    ),
    (
        "named",
        re.compile(
            rf"(?i)(?P<keep>\bname{_QUOTE}:{_QUOTE}[\w.-]{{0,64}}{_NAMES}[\w.-]{{0,64}}+{_QUOTE},{_QUOTE}value{_QUOTE}:)"
            rf"{_OPEN}{_VALUE}"
        ),
    ),
    ("assignment", re.compile(rf"(?i)(?P<keep>{_NAMES}{_REST}{_QUOTE}{_IS}){_OPEN}{_VALUE}")),
    ("flag", re.compile(rf"(?i)(?P<keep>(?<![\w-])--[\w-]{{0,32}}{_NAMES}[\w-]{{0,32}}+\s{{1,8}}+){_OPEN}{_VALUE}")),
    (
        "flag",
        re.compile(rf"(?P<keep>{_TO_CURLS}(?:-u|--user)[ =]?[^\s:\"']{{1,64}}:){_OPEN}{_VALUE}"),
    ),
    (
        "flag",
        re.compile(rf"(?P<keep>(?:{_TO_MYSQLS}-p|{_TO_REDISES}-a)[ ]?+){_OPEN}{_VALUE}"),
    ),
    ("aws-key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("github-token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})\b")),
    ("gitlab-token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,255}")),
    ("slack-token", re.compile(r"\b(?:xox[abeprs]|xapp)-[A-Za-z0-9-]{10,255}\b")),
    ("google-key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}")),
    ("npm-token", re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    ("vault-token", re.compile(r"\bhv[sbr]\.[A-Za-z0-9_-]{20,255}")),
    ("secret-key", re.compile(r"\b[sr]k[-_](?:ant|live|test|proj|svcacct)[-_][A-Za-z0-9_-]{16,255}")),
)
_SENSITIVE_NAME = re.compile(rf"(?i){_NAMES}")


def redact(text: str) -> str:
    """The text with each secret replaced by `[REDACTED:<class>]`."""
    for name, pattern in _PATTERNS:
        text = pattern.sub(lambda match, name=name: f"{match.groupdict().get('keep') or ''}[REDACTED:{name}]", text)  # type: ignore[misc]  # lambda's default argument
    return text


def redact_tree(value: Any, name: str = "") -> Any:
    """JSON with every text redacted, values under sensitive names replaced, and the data of Secrets dropped.

    A mapping with `name` and `value` is one named value, as in a container's environment.
    """
    if isinstance(value, Mapping):
        kind, named = value.get("kind"), value.get("name")
        tree: dict[Any, Any] = {}
        for key, item in value.items():
            if kind == "Secret" and key in ("data", "stringData") and isinstance(item, Mapping):
                tree[key] = dict.fromkeys(item, "[REDACTED:secret]")
            elif kind == "SecretList" and key == "items" and isinstance(item, (list, tuple)):
                tree[key] = [
                    redact_tree({"kind": "Secret", **one} if isinstance(one, Mapping) else one) for one in item
                ]
            else:
                tree[key] = redact_tree(item, str(named) if key == "value" and named else str(key))
        return tree
    if isinstance(value, (list, tuple)):
        return [redact_tree(item, name) for item in value]
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return value
    if _SENSITIVE_NAME.search(name) and not str(value).startswith("[REDACTED") and value not in ("true", "false"):
        return "[REDACTED:named]"
    return redact(value) if isinstance(value, str) else value


def visible(text: str) -> str:
    """Control, bidirectional and invisible characters spelled out, so that text cannot hide or reorder anything.

    Newline and tab stay.
    """
    return "".join(c if c in "\n\t" or not _hides(c) else f"\\u{ord(c):04x}" for c in text)


_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # neither control nor space, and nothing to see


def _hides(character: str) -> bool:
    if " " <= character <= "~":
        return False
    code = ord(character)
    return (
        unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        or character in _BLANK
        or 0x180B <= code <= 0x180F  # variation selectors: text can be smuggled in them
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0000 <= code <= 0xE01EF
    )
