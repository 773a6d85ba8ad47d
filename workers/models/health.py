"""Which models would answer, as the prober last saw them: a file, so that one that hangs is not asked each time."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import time

from workers.ports import Model

CHECK_SECONDS = 2.0
OLDEST_SECONDS = 120.0  # what was seen before that is not known any more


def look(models: Sequence[Model], file: Path) -> None:
    """Asks each of them, and writes down why not."""
    found = {f"{model.name}:{model.version}": model.check(CHECK_SECONDS) for model in models}
    beside = file.with_name(f"{file.name}.part")
    beside.write_text(json.dumps({"at": time(), "models": found}), encoding="utf-8")
    beside.replace(file)


def seen(file: Path) -> Mapping[str, str]:
    """By name; empty text is well. Nothing when nobody has looked lately."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(file.read_text(encoding="utf-8"))
        if time() - float(told["at"]) < OLDEST_SECONDS:
            return {str(name): str(why) for name, why in told["models"].items()}
    return {}


def down(file: Path) -> frozenset[str]:
    return frozenset(name for name, why in seen(file).items() if why)
