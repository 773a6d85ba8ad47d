"""`kubechat recipes list|show|lint`: what runbooks there are, and what is wrong with them."""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.card import Card
from bot.outcome import ExitCode
from bot.printing import print_card, print_json
from bot.wire_json import facts_json
from workers.domain.errors import InvalidParameter
from workers.domain.recipe import NAME, Aim, Recipe, RecipeStep
from workers.domain.section import Fields, Table, Text
from workers.recipes.book import files, lint, named, read_recipes
from workers.settings import RECIPES


def list_recipes(folder: Path | None, *, as_json: bool) -> ExitCode:
    found = read_recipes(folder or RECIPES)
    if as_json:
        print_json(facts_json({"recipes": [_json(recipe) for recipe in found.values()]}, ExitCode.DONE))
        return ExitCode.DONE
    rows = tuple((one.name, f"v{one.version}", one.owner, one.title) for one in found.values())
    table = Table(columns=("name", "version", "owner", "title"), rows=rows)
    hint = Text(text="'kubechat recipes show NAME' shows one; in chat: 'run NAME ... in CLUSTER'")
    print_card(_card("recipes", f"{len(rows)} recipes", table, hint))
    return ExitCode.DONE


def show_recipe(name: str, folder: Path | None, *, as_json: bool) -> ExitCode:
    """Raises Mistake with the nearest name."""
    recipe = named(read_recipes(folder or RECIPES), name)
    if as_json:
        print_json(facts_json({"recipe": _json(recipe)}, ExitCode.DONE))
        return ExitCode.DONE
    params = tuple(
        (key, one.type, one.limits, "" if one.default is None else str(one.default), one.about)
        for key, one in recipe.params.items()
    )
    steps = tuple(
        (str(n), step.verb.value.replace("_", " "), _on(step), _set(step), step.why)
        for n, step in enumerate(recipe.steps, 1)
    )
    guards = tuple(
        (one.check, one.target, "" if one.value is None else str(one.value), one.why) for one in recipe.guards
    )
    about = (
        ("owner", recipe.owner),
        ("runs in", ", ".join(recipe.tiers) or "every tier, as the policy lets it"),
        ("type", recipe.usage),
        *(("or say", f"{sentence} in CLUSTER") for sentence in recipe.says),
        ("digest", recipe.digest),
    )
    pieces: list[Text | Fields | Table] = [
        Text(text=recipe.about or recipe.title),
        Fields(rows=about),
        Table(title="parameters", columns=("name", "type", "limits", "default", "about"), rows=params),
        *([Table(title="guards", columns=("check", "target", "value", "why"), rows=guards)] if guards else []),
        Table(title="steps", columns=("no", "verb", "target", "with", "why"), rows=steps),
    ]
    print_card(_card(f"{recipe.name} v{recipe.version}", recipe.title, *pieces))
    return ExitCode.DONE


def lint_recipes(given: Sequence[Path], folder: Path | None, *, as_json: bool) -> ExitCode:
    """1 when anything is wrong; every problem is printed, a line each."""
    paths = list(given) or files(folder or RECIPES)
    problems = [problem for path in paths for problem in lint(path)[1]]
    code = ExitCode.NOT_DONE if problems or not paths else ExitCode.DONE
    if as_json:
        print_json(facts_json({"files": len(paths), "problems": problems}, code))
        return code
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(paths)} recipes read, {len(problems)} problems\n")
    return code


def order(name: str, params: Sequence[str], clusters: Sequence[str], reason: str) -> str:
    """The chat line for it; raises InvalidParameter for what such a line cannot hold."""
    for given in params:
        if not re.fullmatch(r"[a-z_]+=[^\s;`'\"]+", given):
            raise InvalidParameter(f"'{given}' is not name=value", then="type for example: replicas=6")
    if not re.fullmatch(NAME, name):
        raise InvalidParameter(f"'{name}' is not the name of a recipe", then="`kubechat recipes list` shows them")
    where = f"in {' and '.join(clusters)}" if clusters else ""
    because = f"because {reason}" if reason else ""
    return " ".join(part for part in ("run recipe", name, *params, where, because) if part)


def _json(recipe: Recipe) -> Mapping[str, object]:
    return {**recipe.model_dump(mode="json", by_alias=True), "digest": recipe.digest, "usage": recipe.usage}


def _on(step: RecipeStep) -> str:
    if not isinstance(step.target, Aim):
        return step.target
    return " ".join(part for part in (step.target.kind, step.target.name, step.target.selector) if part) or "the place"


def _set(step: RecipeStep) -> str:
    return ", ".join(
        f"{name}={value}{' (editable)' if name in step.editable else ''}" for name, value in step.params.items()
    )


def _card(title: str, status: str, *pieces: Text | Fields | Table) -> Card:
    return Card(request_id=None, state=None, status=status, title=title, sections=pieces)
