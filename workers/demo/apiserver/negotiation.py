"""In which shape an answer is wanted: the objects themselves, a Table, or their metadata only."""

from __future__ import annotations

from dataclasses import dataclass

from workers.demo.apiserver import errors

SHAPES = frozenset({"Table", "PartialObjectMetadata", "PartialObjectMetadataList"})
READABLE = frozenset({"application/json", "application/*", "*/*", ""})


@dataclass(frozen=True)
class Shape:
    name: str = ""  # "" is the object itself
    include: str = "Metadata"  # of a Table's rows: "None", "Metadata", "Object"


def parse(accept: str) -> list[tuple[str, dict[str, str]]]:
    """Media types in the order written, with their parameters."""
    found = []
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        found.append((media, dict(one.split("=", 1) for one in parameters if "=" in one)))
    return found


def shape(accept: str, include: str) -> Shape:
    """The first acceptable one; 406 when the client takes nothing the server can write."""
    for media, parameters in parse(accept):
        if media not in READABLE:
            continue
        wanted = parameters.get("as", "")
        if not wanted:
            return Shape()
        if wanted in SHAPES and parameters.get("g") == "meta.k8s.io" and parameters.get("v") in {"v1", "v1beta1"}:
            return Shape("Table" if wanted == "Table" else "PartialObjectMetadata", include or "Metadata")
    if any(media in {"application/yaml", "application/vnd.kubernetes.protobuf"} for media, _ in parse(accept)):
        return Shape()
    raise errors.not_acceptable("application/json, application/yaml, application/vnd.kubernetes.protobuf")
