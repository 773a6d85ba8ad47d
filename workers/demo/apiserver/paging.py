"""Lists in pages: each page after the first comes from the same snapshot as the first.

Tokens look like the real ones (k8s.io/apiserver/pkg/storage/continue.go); a snapshot is kept five minutes, as etcd's
compaction does by default.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from workers.demo.apiserver import errors, go_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workers.demo.apiserver.shelf import Stored

KEPT = 100
KEPT_SECONDS = 300.0
TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. "
    "You must start a new list without the continue parameter."
)

Key = tuple[str, str, int]  # storage, namespace ("" is all), resourceVersion


class Snapshots:
    def __init__(self) -> None:
        self._kept: OrderedDict[Key, tuple[float, Sequence[Stored]]] = OrderedDict()

    def keep(self, key: Key, rows: Sequence[Stored]) -> None:
        self._kept[key] = (time.monotonic(), rows)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def find(self, key: Key) -> Sequence[Stored]:
        """The rows as they were at the first page; 410 when that is too long ago."""
        since, rows = self._kept.get(key, (-KEPT_SECONDS, ()))
        if time.monotonic() - since > KEPT_SECONDS or key not in self._kept:
            raise errors.expired(TOO_OLD)
        return rows

    def expire(self) -> None:
        """Make every token given out so far too old."""
        self._kept.clear()


def encode_token(resource_version: int, after: Stored) -> str:
    start = f"{after.namespace}/{after.name}"
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": resource_version, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_token(token: str) -> tuple[int, tuple[str, str]]:
    """ResourceVersion and the (namespace, name) of the last object already sent; 400 for garbage."""
    strange = re.search(r"[^A-Za-z0-9_-]", token)
    if strange or len(token) % 4 == 1:
        place = strange.start() if strange else len(token) - 1
        raise _invalid(f"illegal base64 data at input byte {place}")
    text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    if problem := go_json.problem_of(text):
        raise _invalid(problem)
    value = json.loads(text)
    version = value.get("v", "") if isinstance(value, dict) else ""
    if version != "meta.k8s.io/v1" or not isinstance(value.get("start"), str) or not isinstance(value.get("rv"), int):
        raise _invalid(f"server does not recognize this encoded version {version}")
    namespace, _, name = value["start"].partition("/")
    return value["rv"], (namespace, name)


def _invalid(why: str) -> errors.StatusError:
    return errors.bad_request(f"invalid continue token: continue key is not valid: {why}")
