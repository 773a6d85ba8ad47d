"""Table answers: the rows that `kubectl get` prints, computed by the server (meta.k8s.io/v1 Table)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workers.demo.apiserver.columns import COLUMNS, PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from workers.demo.apiserver.resources import Object, Resource


def table(
    of: Resource, values: Sequence[Object], include: str, now: datetime, metadata: Object, *, columns: bool = True
) -> Object:
    """One row an object; `include` says what of the object goes with it: "None", "Metadata" or "Object"."""
    shown = COLUMNS.get(of.kind, PLAIN)
    rows = []
    for value in values:
        row: Object = {"cells": [column.cell(value, now) for column in shown]}
        if include == "Object":
            row["object"] = value
        elif include != "None":
            kind = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
            row["object"] = {**kind, "metadata": value["metadata"]}
        rows.append(row)
    if not metadata and len(values) == 1:
        metadata = {"resourceVersion": values[0]["metadata"].get("resourceVersion", "")}
    definitions = [
        {
            "name": column.name,
            "type": column.type,
            "format": "name" if column.name == "Name" else "",
            "description": column.name,
            "priority": column.priority,
        }
        for column in shown
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions if columns else None,
        "rows": rows,
    }
