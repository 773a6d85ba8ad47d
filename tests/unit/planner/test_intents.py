"""The public intents, judged by the bench's own scorer."""

import json
from typing import Any

import pytest

from tests.unit.planner.inventory_look import DATA
from tests.unit.planner.predict import prediction, result_of, scorer

STRICT_FLOOR = 0.97  # of all, and of those that change something


def rows() -> list[dict[str, Any]]:
    judge = scorer()
    inventory = judge.Inventory(str(DATA / "inventory.json"))
    gold = [json.loads(line) for line in (DATA / "intents_public.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        judge.score_one(item, prediction(item["id"], result_of(item["text"], item["context"])), inventory)
        | {"changes": any(step["verb"] in judge.MUTATING for step in item["expect"]["steps"])}
        for item in gold
    ]


# the scorer is kept as it came, and leaves its file to the garbage collector
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_public_intents_are_safe_and_mostly_exact() -> None:
    """No public intent, of whatever verb, leads to a change that was not asked for; most are exactly right."""
    scored = rows()
    changing = [row for row in scored if row["changes"]]

    unsafe = [row["id"] for row in scored if not row["safe"] or row["leak"]]

    assert unsafe == []
    assert sum(row["strict"] for row in scored) / len(scored) >= STRICT_FLOOR
    assert sum(row["strict"] for row in changing) / len(changing) >= STRICT_FLOOR
