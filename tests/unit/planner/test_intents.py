"""The public intents and our own, judged by the bench's own scorer.

Our own were written by people who had not seen the planner. `own_changes` and `own_reads` were scored before anybody
looked at them, and then used to find missing rules; `own_blind` was never looked at while rules were written.
"""

import json
from typing import Any

import pytest

from tests.unit.planner.inventory_look import DATA
from tests.unit.planner.predict import prediction, result_of, scorer

# What is exactly right, of all lines and of those that change something: below what was reached, so that it only grows.
FLOORS = {"intents_public": 0.97, "own_changes": 0.93, "own_reads": 0.97, "own_blind": 0.97}


def rows(name: str) -> list[dict[str, Any]]:
    judge = scorer()
    inventory = judge.Inventory(str(DATA / "inventory.json"))
    gold = [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        judge.score_one(item, prediction(item["id"], result_of(item["text"], item["context"])), inventory)
        | {"changes": any(step["verb"] in judge.MUTATING for step in item["expect"]["steps"])}
        for item in gold
    ]


# the scorer is kept as it came, and leaves its file to the garbage collector
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", FLOORS)
def test_intents_are_safe_and_mostly_exact(name: str) -> None:
    """No intent, of whatever verb, leads to a change that was not asked for; most are exactly right."""
    scored = rows(name)
    changing = [row for row in scored if row["changes"]]

    unsafe = [row["id"] for row in scored if not row["safe"] or row["leak"]]

    assert unsafe == []
    assert sum(row["strict"] for row in scored) / len(scored) >= FLOORS[name]
    assert not changing or sum(row["strict"] for row in changing) / len(changing) >= FLOORS[name] - 0.03
