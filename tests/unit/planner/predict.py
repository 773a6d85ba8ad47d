"""Planner results in the scorer's words."""

import importlib.util
from types import ModuleType
from typing import Any

from tests.unit.planner.inventory_look import DATA, InventoryLook, fleet, names
from workers.planner import prediction as product
from workers.planner.result import Result
from workers.planner.understand import understand


def scorer() -> ModuleType:
    """The bench's own scorer, loaded from its file."""
    spec = importlib.util.spec_from_file_location("score_intents", DATA / "score_intents.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def result_of(text: str, context: dict[str, Any], look: InventoryLook | None = None) -> Result:
    scope = product.Surroundings.model_validate(context).scope
    return understand(text, choices=(), scope=scope, clusters=fleet(), names=names(), look=look or InventoryLook())


def prediction(id_: str, result: Result) -> dict[str, Any]:
    """One line for the scorer."""
    return {"id": id_, **product.prediction(result)}
