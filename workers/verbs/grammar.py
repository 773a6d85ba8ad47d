"""The grammars of Kubernetes names and values, as types of parameters: what does not match reaches no path or command.

Sources: apimachinery/pkg/util/validation (DNS-1123, label keys and values), apimachinery/pkg/labels (selectors),
distribution/reference (images, tags), Kubernetes 1.36.
"""

import re
import shlex
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_KEY = rf"(?:{_SUBDOMAIN}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
_SPACE = r" {0,3}"
_REQUIREMENT = (
    rf"(?:!?{_KEY}|{_KEY}{_SPACE}(?:==|=|!=){_SPACE}{_VALUE}"
    rf"|{_KEY} {{1,3}}(?:in|notin){_SPACE}\({_SPACE}{_VALUE}(?:{_SPACE},{_SPACE}{_VALUE})*{_SPACE}\))"
)
_SEPARATOR = r"(?:[._]|__|-{1,10})"
_PART = rf"[a-z0-9]+(?:{_SEPARATOR}[a-z0-9]+)*"
_HOST = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}"

LABEL = re.compile(_LABEL)
SUBDOMAIN = re.compile(_SUBDOMAIN)
QUALIFIED = re.compile(_KEY)
LABEL_VALUE = re.compile(_VALUE)
SELECTOR = re.compile(rf"{_REQUIREMENT}(?:{_SPACE},{_SPACE}{_REQUIREMENT})*")
TAG = re.compile(_TAG)
IMAGE = re.compile(rf"(?:{_HOST}(?::[0-9]{{1,5}})?/)?{_PART}(?:/{_PART})*(?::{_TAG})?(?:@{_DIGEST})?")
CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9@:/._+-]{0,252}")  # names of kubeconfig contexts, as tools write them
FILE_NAME = re.compile(r"-|[A-Za-z0-9@:/._%+=][A-Za-z0-9@:/._%+=,-]{0,499}")  # or an address; - is the terminal
SPAN = re.compile(r"([1-9][0-9]{0,6})([smhdw])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
LONGEST = 253
LONGEST_KEY = LONGEST + 1 + 63


def is_name(text: str) -> bool:
    """A DNS-1123 subdomain, as the names of all kinds in KINDS are."""
    return len(text) <= LONGEST and SUBDOMAIN.fullmatch(text) is not None


def is_label(text: str) -> bool:
    """A DNS-1123 label, as namespaces and containers are named."""
    return LABEL.fullmatch(text) is not None


def is_selector(text: str) -> bool:
    """A label selector: `app=web,tier!=data`, `app in (web, api)`, `!legacy`."""
    return len(text) <= 500 and SELECTOR.fullmatch(text) is not None


def is_qualified(text: str) -> bool:
    """The key of a label or an annotation: `app`, `example.com/owner`."""
    return len(text) <= LONGEST_KEY and QUALIFIED.fullmatch(text) is not None


def is_label_value(text: str) -> bool:
    """At most 63 letters, digits, '-', '_' and '.'; may be empty."""
    return LABEL_VALUE.fullmatch(text) is not None


def seconds(span: str) -> int:
    """`10m` in seconds."""
    match = SPAN.fullmatch(span)
    if match is None:
        raise ValueError("not a span of time")
    return int(match[1]) * SECONDS[match[2]]


def _matching(pattern: re.Pattern[str], longest: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text) > longest or not pattern.fullmatch(text):
            raise ValueError("does not match")
        return text

    return AfterValidator(check)


def _whole(value: Any) -> Any:
    """A switch is no number, although it is an int in Python."""
    if isinstance(value, bool) or (isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]{1,12}", value)):
        raise ValueError("not a whole number")
    return value


def _plain(text: str) -> str:
    if HIDDEN.search(text):
        raise ValueError("control or invisible characters")
    return text


def _moment(text: str) -> str:
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError("a time without its zone")
    return text


def _command(text: str) -> str:
    if not shlex.split(_plain(text)):
        raise ValueError("no command")
    return text


Whole = Annotated[int, BeforeValidator(_whole)]
Name = Annotated[str, _matching(SUBDOMAIN, LONGEST)]
FileName = Annotated[str, _matching(FILE_NAME, 500)]
Container = Annotated[str, _matching(LABEL, 63)]
Image = Annotated[str, _matching(IMAGE, 500)]
Tag = Annotated[str, _matching(TAG, 128)]
Span = Annotated[str, _matching(SPAN, 8)]
Word = Annotated[str, _matching(re.compile(r"[A-Za-z][A-Za-z0-9:/_-]{0,127}"), 128)]  # a status or an event's reason
Uid = Annotated[str, _matching(re.compile(r"[A-Za-z0-9-]{1,64}"), 64)]
Moment = Annotated[str, StringConstraints(max_length=40), AfterValidator(_moment)]  # RFC 3339
Command = Annotated[
    str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_command)
]  # as typed in a shell
Words = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_plain)]
