"""Structured logs: one JSON line an event, redacted, control characters escaped."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO, cast

import structlog

from workers.domain.redact import redact_tree, visible

Log = structlog.stdlib.BoundLogger


def configure(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Sends every log line of this process to the stream (standard error when none is given)."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redacted,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def log(**facts: object) -> Log:
    """A logger that adds these facts to every line: `log(request=id).info("plan.made", steps=3)`."""
    return cast(Log, structlog.get_logger(**facts))


def _redacted(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    cleaned: dict[str, Any] = redact_tree({key: _plain(value) for key, value in event.items()})
    return cleaned


def _plain(value: object) -> object:
    """As JSON has it: in the `repr` of a list a line break is two characters, and a secret behind it is not seen."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {visible(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return visible(str(value))
