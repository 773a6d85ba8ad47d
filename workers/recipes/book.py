"""The recipes of a folder: read, checked in every way that needs no cluster, and found by name."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from workers.bounded_yaml import Unreadable, load
from workers.domain.errors import InvalidConfiguration, KubechatError, Mistake
from workers.domain.kind import KINDS, WORKLOADS
from workers.domain.recipe import OBJECTS, Recipe
from workers.domain.value import ClusterName
from workers.recipes.filling import Found, actions, given
from workers.recipes.guards import CHECKS
from workers.settings import explain
from workers.verbs.registry import validated

LARGEST_BYTES = 64 << 10
MOST_RECIPES = 500


def read_recipes(folder: Path) -> Mapping[str, Recipe]:
    """By name, sorted; raises InvalidConfiguration with every problem of every file."""
    problems: list[str] = []
    found: dict[str, Recipe] = {}
    for path in files(folder):
        recipe, wrong = lint(path)
        problems += wrong
        if recipe is not None and recipe.name in found:
            problems.append(f"{path.name}: another file has a recipe '{recipe.name}'")
        elif recipe is not None:
            found[recipe.name] = recipe
    if problems:
        raise InvalidConfiguration(
            f"{len(problems)} problems in the recipes of {folder}",
            now="; ".join(problems[:5]),
            then="`kubechat recipes lint` shows all of them",
        )
    return dict(sorted(found.items()))


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))[:MOST_RECIPES] if folder.is_dir() else []


def lint(path: Path) -> tuple[Recipe | None, tuple[str, ...]]:
    """The recipe of one file, and what is wrong with it, a sentence each."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            return None, (f"{path.name}: larger than {LARGEST_BYTES >> 10} KiB",)
        recipe = Recipe.model_validate(load(path.read_bytes()))
    except (OSError, Unreadable) as error:
        return None, (f"{path.name}: {' '.join(str(error).split())[:300]}",)
    except ValidationError as error:
        return None, (f"{path.name}: {explain(error)}",)
    wrong = [f"{path.name}: {problem}" for problem in _problems(recipe)]
    if path.stem != recipe.name:
        wrong.append(f"{path.name}: the recipe is called '{recipe.name}', so the file is {recipe.name}.yaml")
    return (recipe if not wrong else None), tuple(wrong)


def named(recipes: Mapping[str, Recipe], name: str) -> Recipe:
    """Raises Mistake with the nearest name."""
    if recipe := recipes.get(name):
        return recipe
    close = get_close_matches(name, recipes, n=1)
    raise Mistake(
        f"there is no recipe '{name}'",
        now=f"there are: {', '.join(recipes) or 'none'}",
        then=f"did you mean '{close[0]}'?" if close else "`kubechat recipes list` shows them",
    )


def _problems(recipe: Recipe) -> Iterator[str]:
    """What only shows when the recipe is filled in: as on the demo fleet, with objects taken on trust."""
    for guard in recipe.guards:
        if guard.check not in CHECKS:
            yield f"guard '{guard.check}' is not one of {', '.join(CHECKS)}"
    for name, param in recipe.params.items():
        yield from (f"parameter '{name}': there is no kind '{kind}'" for kind in param.kinds if kind not in KINDS)
    try:
        values = {
            name: _trusted(recipe, name, str(value)) if recipe.params[name].type in OBJECTS else value
            for name, value in given(recipe, recipe.tried.params).items()
        }
        for number, (step, action) in enumerate(actions(recipe, values, ClusterName(recipe.tried.cluster)), 1):
            validated(action)
            unknown = [name for name in step.editable if name not in action.params]
            yield from (f"step {number}: '{name}' cannot be edited" for name in unknown)
    except KeyError as error:
        yield f"there is no kind {error}"
    except KubechatError as error:
        yield error.text


def _trusted(recipe: Recipe, name: str, value: str) -> Found:
    """An object of a trial, taken to be there; `@search-api` stands for one of its pods."""
    param, value = recipe.params[name], f"{value[1:]}-0" if value.startswith("@") else value
    kind = {"pod": "pod", "node": "node"}.get(param.type) or (param.kinds or WORKLOADS)[0]
    return Found(kind=kind, namespace="default" if KINDS[kind].namespaced else None, name=value, pods=f"app={value}")
