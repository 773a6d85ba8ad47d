"""Bodies in protobuf, as kubectl's typed commands send them, to plain objects.

Wire format: protobuf.dev/programming-guides/encoding; envelope: k8s.io/apimachinery/pkg/runtime/generated.proto
(`Unknown`, after the magic bytes). A field the tables do not know is an error, never silently lost, unless it is empty.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from workers.demo.apiserver.protobuf_fields import MESSAGES
from workers.demo.apiserver.resources import Object

MAGIC = b"k8s\x00"
Value = int | bytes


class Unreadable(Exception):
    """Not protobuf, or a message this server has no table for."""


def decode(body: bytes) -> Object:
    """The object in the envelope, with its kind and apiVersion."""
    if not body.startswith(MAGIC):
        raise Unreadable("the body has no protobuf envelope")
    envelope = dict(_fields(body[len(MAGIC) :]))
    head = dict(_fields(_bytes(envelope.get(1, b""))))
    api_version, kind = _bytes(head.get(1, b"")).decode(), _bytes(head.get(2, b"")).decode()
    if kind not in MESSAGES:
        raise Unreadable(f"no protobuf table for {kind}")
    return {"kind": kind, "apiVersion": api_version, **_message(kind, _bytes(envelope.get(2, b"")))}


def _message(name: str, data: bytes) -> Object:
    table = MESSAGES[name]
    made: Object = {}
    for number, value in _fields(data):
        if number not in table:
            if value and not _is_empty(value):
                raise Unreadable(f"{name} has a field {number} that has no table entry")
            continue
        field, kind = table[number]
        if kind == "-":
            continue
        if kind.startswith("{"):
            entry = dict(_fields(_bytes(value)))
            key = _bytes(entry.get(1, b"")).decode()
            made.setdefault(field, {})[key] = _scalar(kind[1], entry.get(2, b""))
        elif kind.endswith("*"):
            made.setdefault(field, []).append(_part(kind[:-1], value))
        elif (part := _part(kind, value)) or kind in {"I", "B"}:
            made[field] = part
    return made


def _part(kind: str, value: Value) -> Any:
    return _message(kind, _bytes(value)) if kind in MESSAGES else _scalar(kind, value)


def _scalar(kind: str, value: Value) -> Any:
    match kind.lower():
        case "s":
            return _bytes(value).decode()
        case "x":
            return base64.b64encode(_bytes(value)).decode()
        case "q":
            return _bytes(dict(_fields(_bytes(value))).get(1, b"")).decode()
        case "b":
            return bool(value)
        case _:
            number = int(value) if isinstance(value, int) else 0
            return number - (1 << 64) if number >> 63 else number


def _is_empty(value: Value) -> bool:
    """A message of nothing but zero values, which Go writes out."""
    if isinstance(value, int):
        return value == 0
    try:
        return all(_is_empty(inner) for _, inner in _fields(value))
    except Unreadable:
        return False


def _bytes(value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    raise Unreadable("a number where text was expected")


def _fields(data: bytes) -> Iterator[tuple[int, Value]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                number, at = _varint(data, at)
                yield tag >> 3, number
            case 2:
                size, at = _varint(data, at)
                if at + size > len(data):
                    raise Unreadable("a field is longer than its message")
                yield tag >> 3, data[at : at + size]
                at += size
            case wire:
                raise Unreadable(f"wire type {wire} is not used by Kubernetes")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data):
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    raise Unreadable("a number is cut off")
