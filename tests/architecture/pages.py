"""The pages of docs/ that are made from the code, each as a function that gives its whole text or its marked part."""

import ast
import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import bot
import workers
from workers.domain.errors import KubechatError
from workers.domain.recipe import Recipe
from workers.domain.state import FINAL, TRANSITIONS, WAITS_FOR, Event, State
from workers.recipes.book import read_recipes
from workers.recipes.guards import CHECKS
from workers.settings import RECIPES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BEGIN, END = "<!-- modules: begin -->", "<!-- modules: end -->"
MADE = "<!-- Made by tests/architecture/pages.py; `make goldens` writes it again. -->"


def states() -> str:
    """docs/states.md: the table of the state machine, and its picture."""
    return "\n".join(
        [
            "# States of a request",
            "",
            MADE,
            "",
            "A request is in one state, named by what it waits for. It moves only by a line of this table, which is",
            "`TRANSITIONS` in `workers/domain/state.py`; any other event in a state is an error. `running` is entered",
            "from `ready` only, and `ready` only when the policy allows the plan outright or every needed approval is",
            "there.",
            "",
            "| state | waits for | leaves by |",
            "|---|---|---|",
            *(f"| `{state}` | {WAITS_FOR[state]} | {_exits(state)} |" for state in State if state not in FINAL),
            f"| {' '.join(f'`{state}`' for state in State if state in FINAL)} | nobody | |",
            "",
            "An event without an arrow leaves the state as it is.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {State.PLANNING}",
            *(f"    {source} --> {to}: {event}" for (source, event), to in TRANSITIONS.items()),
            *(f"    {state} --> [*]" for state in State if state in FINAL),
            "```",
            "",
        ]
    )


def _exits(state: State) -> str:
    def line(event: Event, to: State) -> str:
        return f"`{event}`" if to is state else f"`{event}` → {to}"

    return ", ".join(line(event, to) for (source, event), to in TRANSITIONS.items() if source is state)


def errors() -> str:
    """docs/errors.md: every error class with its code and default message, below its remedy."""
    lines = [
        "# Errors",
        "",
        MADE,
        "",
        "Errors are ordered by what a person or a caller does about them. The code is stable: it is in records, in",
        "`--json` output and in tests. The text is the default; most errors say what was asked, what is so now, and",
        "what to type next.",
    ]
    for remedy, meaning in REMEDIES.items():
        lines += ["", f"## {remedy}", "", f"{meaning}.", "", "| code | class | says |", "|---|---|---|"]
        lines += [
            f"| `{error.code}` | `{error.__name__}` | {(error.__doc__ or '').partition(chr(10))[0]} |"
            for error in error_classes()
            if remedy in [parent.__name__ for parent in error.__mro__]
        ]
    lines += ["", "## Codes of other ends", "", "A request can also end, or be refused, with one of these.", ""]
    lines += ["| code | says |", "|---|---|", *(f"| `{code}` | {says} |" for code, says in ENDS.items())]
    return "\n".join([*lines, ""])


ENDS = {
    "cancelled": "the requester took it back",
    "failed": "a step did not succeed; the card and `results` say which",
    "refused": "the words alone are refused; the rule is named, see [the policy](policy.md#refused-by-the-words-alone)",
    "recipe-tier": "a recipe does not run in clusters of that tier",
    "rejected": "somebody said no",
    "too-long": "the message is longer than what is read",
    "too-many": "it would touch more objects than one request may",
    "unclear": "the words leave something open that no choice can settle",
    "unknown-kind": "a kind of object that Kubechat does not know",
    "unknown-verb": "something that this release does not do",
}
REMEDIES = {
    "Mistake": "The person can fix it. It is shown, and not logged as an error",
    "Refusal": "Policy or permission says no. It is shown and recorded",
    "Stale": "It was true once, and is not any more. It is shown with the new state",
    "Unavailable": "A part that is needed does not answer. Try later; nothing that was decided is lost",
    "Broken": "A rule of Kubechat's own does not hold. It is logged and shown with an id; please report it",
}


def error_classes() -> list[type[KubechatError]]:
    """Every subclass in the product, in order of code."""
    for package in (bot, workers):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "__main__" not in module.name and ".migrations." not in module.name:
                importlib.import_module(module.name)
    return sorted({*_below(KubechatError)}, key=lambda error: error.code)


def _below(parent: type[KubechatError]) -> Iterator[type[KubechatError]]:
    for error in parent.__subclasses__():
        if error.__module__.split(".")[0] in ("bot", "workers"):
            yield error
        yield from _below(error)


def modules() -> str:
    """The part of docs/architecture.md between the markers: every module with the first sentence of its docstring."""
    lines = []
    for room in rooms():
        folder = room.relative_to(ROOT).as_posix()
        about = _sentence(room / "__init__.py")
        lines += [
            "",
            f"### `{folder}/`",
            "",
            *([about, ""] if about else []),
            "| module | what it is for |",
            "|---|---|",
        ]
        lines += [f"| `{file.name}` | {_sentence(file)} |" for file in sorted(room.glob("*.py")) if _is_listed(file)]
    return "\n".join([BEGIN, *lines, "", END])


def rooms() -> list[Path]:
    folders = {file.parent for package in ("bot", "workers") for file in (ROOT / package).rglob("*.py")}
    return sorted(folder for folder in folders if any(_is_listed(file) for file in folder.glob("*.py")))


def _is_listed(file: Path) -> bool:
    return file.name != "__init__.py" and "migrations" not in file.parts


def _sentence(file: Path) -> str:
    if not file.exists():
        return ""
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return said.partition("\n")[0].replace("|", "\\|")


def with_modules(page: str) -> str:
    """The page with its marked part made again."""
    before, _, rest = page.partition(BEGIN)
    return before + modules() + rest.partition(END)[2]


def recipe_schema() -> str:
    """docs/recipe.schema.json: what an editor needs to check a recipe while it is written."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Recipe.model_json_schema(by_alias=True),
    }
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


RECIPES_BEGIN, RECIPES_END = "<!-- recipes: begin -->", "<!-- recipes: end -->"


def with_recipes(page: str) -> str:
    """docs/recipes.md with the shipped recipes and the guards between their markers."""
    shipped = read_recipes(RECIPES)
    lines = [
        RECIPES_BEGIN,
        "",
        "| recipe | what it does | owner | say |",
        "|---|---|---|---|",
        *(f"| `{one.name}` | {one.title} | {one.owner} | {one.says[0]} in CLUSTER |" for one in shipped.values()),
        "",
        "| guard | holds when |",
        "|---|---|",
        *(f"| `{name}` | {(check.__doc__ or '').rstrip('.')} |" for name, check in CHECKS.items()),
        "",
        RECIPES_END,
    ]
    before, _, rest = page.partition(RECIPES_BEGIN)
    return before + "\n".join(lines) + rest.partition(RECIPES_END)[2]
