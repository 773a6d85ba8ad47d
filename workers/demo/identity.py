"""Names, uids, hashes and ages that look random and are the same on every run."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

# Kubernetes leaves out vowels and look-alikes: k8s.io/apimachinery/pkg/util/rand, SafeEncodeString.
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
SPACE = uuid.UUID("6b756265-6368-6174-8000-64656d6f0001")


def number(*seed: object) -> int:
    """A 64-bit number that depends on nothing but the seed."""
    return int.from_bytes(hashlib.blake2b("/".join(map(str, seed)).encode(), digest_size=8).digest())


def between(low: int, high: int, *seed: object) -> int:
    """A number in `low..high`, both included."""
    return low + number(*seed) % (high - low + 1)


def fraction(*seed: object) -> float:
    """A number in `0 <= x < 1`."""
    return number(*seed) / 2**64


def uid(*seed: object) -> str:
    return str(uuid.uuid5(SPACE, "/".join(map(str, seed))))


def suffix(length: int, *seed: object) -> str:
    """A string in the alphabet of generated Kubernetes names, e.g. `x7k2p`."""
    value, letters = number(*seed), []
    for _ in range(length):
        value, letter = divmod(value, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def template_hash(template: Mapping[str, Any], collisions: int = 0) -> str:
    """The hash of a pod template, in the form of the label `pod-template-hash`; the label itself is left out."""
    bare = json.dumps(without_hash(template), sort_keys=True)
    return suffix(10, bare, collisions)


def without_hash(template: Mapping[str, Any]) -> Json:
    """The pod template without the labels that controllers add; two templates are equal when these are.

    Fields that are null are left out too: the API server does not store them.
    """
    metadata = {key: value for key, value in (template.get("metadata") or {}).items() if value is not None}
    labels = {
        key: value
        for key, value in (metadata.get("labels") or {}).items()
        if key not in ("pod-template-hash", "controller-revision-hash")
    }
    annotations = metadata.get("annotations") or {}
    return {"labels": labels, "annotations": annotations, "spec": template.get("spec", {})}


def stamp(moment: datetime) -> str:
    """The moment as Kubernetes writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The moment that `stamp` wrote; microseconds are understood as well."""
    return datetime.fromisoformat(text)
