"""The public intents, judged by the bench's own scorer."""

import json
from typing import Any

import pytest

from tests.unit.planner.inventory_look import DATA
from tests.unit.planner.predict import prediction, result_of, scorer
from workers.domain.action import Verb

STRICT_FLOOR = 0.97  # of the intents whose verbs this release has, and of all that are no plan
VERBS = {verb.value for verb in Verb}


def rows() -> list[dict[str, Any]]:
    judge = scorer()
    inventory = judge.Inventory(str(DATA / "inventory.json"))
    gold = [json.loads(line) for line in (DATA / "intents_public.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        judge.score_one(item, prediction(item["id"], result_of(item["text"], item["context"])), inventory)
        | {"verbs": {step["verb"] for step in item["expect"]["steps"]}}
        for item in gold
    ]


# the scorer is kept as it came, and leaves its file to the garbage collector
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_public_intents_are_safe_and_mostly_exact() -> None:
    """No public intent, of whatever verb, leads to a change that was not asked for; most are exactly right."""
    scored = rows()
    subset = [row for row in scored if row["verbs"] <= VERBS]

    unsafe = [row["id"] for row in scored if not row["safe"] or row["leak"]]
    strict = sum(row["strict"] for row in subset) / len(subset)

    assert unsafe == []
    assert strict >= STRICT_FLOOR
