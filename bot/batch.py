"""`kubechat plan`: what the planner makes of a text, or of a file of them, against a fleet written down in a file."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from bot.outcome import ExitCode
from bot.printing import print_json, print_note
from workers.domain.errors import InvalidConfiguration
from workers.planner.inventory import Inventory, InventoryLook
from workers.planner.prediction import Line, Surroundings, prediction, understood
from workers.settings import explain


def plan_batch(lines: Path, inventory: Path, out: Path | None) -> ExitCode:
    """One JSON object a line in the order of the lines; the output appears whole or not at all.

    A line on which the planner itself fails is a question, told on standard error, and makes the exit code 1.
    """
    look = _look(inventory)
    code = ExitCode.DONE
    found: list[str] = []
    for line in _read(lines):
        try:
            answer = prediction(understood(line, look))
        except Exception as error:  # noqa: BLE001  # the top of a line, as of a job: the others are answered
            print_note(f"line '{line.id}': a defect of Kubechat ({type(error).__name__}); please report the text")
            answer, code = {"outcome": "clarify", "text": "it could not be read"}, ExitCode.NOT_DONE
        found.append(json.dumps({"id": line.id, **answer}, ensure_ascii=False))
    text = "".join(f"{one}\n" for one in found)
    if out is None:
        sys.stdout.write(text)
        return code
    beside = out.with_name(f"{out.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(out)
    return code


def plan_text(text: str, inventory: Path, *, cluster: str | None, namespace: str | None, as_json: bool) -> ExitCode:
    """0 for a plan, a question or an answer; 1 for a refusal."""
    look = _look(inventory)
    where = Surroundings.model_validate({"default_cluster": cluster, "default_namespace": namespace})
    found = prediction(understood(Line(id="", text=text, context=where), look))
    if as_json:
        print_json(found)
    else:
        sys.stdout.write("\n".join(_told(found)) + "\n")
    return ExitCode.NOT_DONE if found["outcome"] == "refuse" else ExitCode.DONE


def _told(found: dict[str, object]) -> Iterator[str]:
    yield f"{found['outcome']}: {found.get('explanation') or found.get('text')}"
    steps, choices = found.get("steps"), found.get("choices")
    for step in steps if isinstance(steps, list) else ():
        yield f"   {json.dumps(step, ensure_ascii=False)}"
    for choice in choices if isinstance(choices, list) else ():
        yield f"   - {choice}"


def _look(path: Path) -> InventoryLook:
    try:
        return InventoryLook(Inventory.model_validate_json(path.read_bytes()))
    except ValidationError as error:
        raise InvalidConfiguration(f"{path}: {explain(error)}", then="mend the inventory and start again") from error


def _read(path: Path) -> Iterator[Line]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                yield Line.model_validate_json(text)
            except ValidationError as error:
                raise InvalidConfiguration(
                    f"{path}, line {number}: {explain(error)}",
                    now="nothing was written",
                    then='a line is {"id": "...", "text": "...", "context": {"default_cluster": null}}',
                ) from error
