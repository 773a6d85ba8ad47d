"""`kubechat recipes test`: every shipped recipe, run by two people on the simulated clusters, and undone."""

import json
import subprocess
import sys

from workers.recipes.book import files
from workers.settings import RECIPES


def test_every_shipped_recipe_runs_and_is_undone() -> None:
    """The command says so for each of them, and ends with 0."""
    command = [sys.executable, "-c", "from bot.cli import main; main()", "recipes", "test", "--json"]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    trials = json.loads(ended.stdout)["trials"]
    assert [trial for trial in trials if not trial["ok"]] == []
    assert len(trials) == len(files(RECIPES))
    assert ended.returncode == 0
