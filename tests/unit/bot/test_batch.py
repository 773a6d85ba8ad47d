"""`kubechat plan`: texts in, what the planner makes of them out, without any cluster."""

import json
from pathlib import Path

import pytest

from bot.batch import plan_batch, plan_text
from bot.outcome import ExitCode
from tests.unit.planner.inventory_look import DATA
from workers.domain.errors import InvalidConfiguration

INVENTORY = DATA / "inventory.json"


def test_one_text_is_told_with_its_steps(capsys: pytest.CaptureFixture[str]) -> None:
    """The line says the outcome; each step follows."""
    code = plan_text("restart payment-api", INVENTORY, cluster="staging", namespace=None, as_json=False)

    shown = capsys.readouterr().out
    assert code is ExitCode.DONE
    assert shown.startswith("plan: ")
    assert '"clusters": ["staging"]' in shown


def test_a_batch_answers_every_line_in_order(tmp_path: Path) -> None:
    """Same ids, same order, one JSON object a line."""
    lines = [{"id": f"n{i}", "text": text} for i, text in enumerate(("hi", "list pods in dev", "restart it"))]
    given, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    given.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    plan_batch(given, INVENTORY, out)

    found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [one["id"] for one in found] == ["n0", "n1", "n2"]
    assert [one["outcome"] for one in found] == ["chat", "plan", "clarify"]


def test_a_broken_line_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    """The third line is not JSON: the error says so, and no half output is left."""
    given, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    given.write_text('{"id": "a", "text": "hi"}\n\n{"id": "b"', encoding="utf-8")

    with pytest.raises(InvalidConfiguration, match="line 3"):
        plan_batch(given, INVENTORY, out)

    assert list(tmp_path.iterdir()) == [given]
