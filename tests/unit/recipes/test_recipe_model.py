"""What a recipe file may say, and what is told about one that says something else."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from workers.domain.errors import InvalidConfiguration, InvalidParameter, Mistake
from workers.domain.recipe import Recipe
from workers.domain.value import ClusterName
from workers.recipes.book import files, lint, named, read_recipes
from workers.recipes.filling import Found, actions, given
from workers.settings import RECIPES

GOOD: dict[str, Any] = {
    "name": "more-pods",
    "version": 1,
    "title": "More pods",
    "owner": "sre",
    "says": ["more pods for {workload}: {replicas}"],
    "params": {
        "workload": {"type": "workload", "about": "what", "kinds": ["deployment"]},
        "replicas": {"type": "integer", "about": "how many", "minimum": 1, "maximum": 9},
    },
    "steps": [
        {"verb": "scale", "target": "workload", "params": {"replicas": "{replicas}"}, "why": "more of {workload}"},
        {"verb": "rollout status", "target": "workload", "why": "see it"},
    ],
    "try": {"cluster": "staging", "params": {"workload": "web", "replicas": 2}},
}


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "more-pods.yaml"
    path.write_text(yaml.safe_dump({**GOOD, **changes}), encoding="utf-8")
    return path


def test_every_shipped_recipe_is_in_order() -> None:
    """At least ten, and none with a problem."""
    assert [problem for path in files(RECIPES) for problem in lint(path)[1]] == []
    assert len(read_recipes(RECIPES)) >= 10


def step(**changes: Any) -> dict[str, Any]:
    return {"verb": "scale", "target": "workload", "params": {"replicas": "{replicas}"}, "why": "so"} | changes


WRONG = [
    ({"steps": []}, "steps"),
    ({"steps": [step(target="nothing")]}, "there is no parameter 'nothing'"),
    ({"steps": [step(target="replicas")]}, "'replicas' names no object"),
    ({"steps": [step(params={"replicas": "{count}"})]}, "there is no parameter 'count'"),
    ({"steps": [step(params={"replicas": "{replicas.kind}"})]}, "'replicas' has no kind"),
    ({"steps": [step(params={"replicas": 3})]}, "parameter 'replicas' is not used"),
    ({"steps": [step(params={"replicas": "{replicas}", "speed": "fast"})]}, "scale has no parameter 'speed'"),
    ({"steps": [step(verb="explode")]}, "verb"),
    ({"steps": [step(editable=["speed"])]}, "'speed' is editable and not set"),
    ({"says": ["more pods for {workload}"]}, "does not say 'replicas'"),
    ({"says": ["more for {workload} and {nobody}: {replicas}"]}, "there is no parameter 'nobody'"),
    ({"guards": [{"check": "moon-is-full", "why": "so"}]}, "guard 'moon-is-full' is not one of"),
    ({"guards": [{"check": "ready", "target": "moon", "why": "so"}]}, "there is no parameter 'moon'"),
    ({"try": {"cluster": "staging", "params": {"workload": "web"}}}, "'replicas' is missing"),
    ({"try": {"cluster": "staging", "params": {"workload": "web", "replicas": 99}}}, "a whole number from 1 to 9"),
    ({"owner": ""}, "owner"),
    ({"surprise": True}, "surprise"),
    ({"name": "less-pods"}, "so the file is less-pods.yaml"),
]


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_wrong_is_said(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    """Every problem names the file, and what to mend in it."""
    recipe, problems = lint(written(tmp_path, **changes))

    assert recipe is None
    assert any(said in problem and "more-pods.yaml" in problem for problem in problems)


@pytest.mark.parametrize(
    ("param", "said"),
    [
        ({"type": "integer", "about": "n"}, "needs minimum and maximum"),
        ({"type": "integer", "about": "n", "minimum": 5, "maximum": 1}, "minimum is above maximum"),
        ({"type": "text", "about": "n"}, "a text needs a pattern"),
        ({"type": "text", "about": "n", "pattern": "("}, "pattern"),
        ({"type": "choice", "about": "n"}, "a choice needs choices"),
        ({"type": "object", "about": "n"}, "an object needs kinds"),
        ({"type": "integer", "about": "n", "minimum": 1, "maximum": 3, "default": 4}, "default"),
    ],
)
def test_no_parameter_takes_just_anything(param: dict[str, Any], said: str, tmp_path: Path) -> None:
    """Limits are part of the type."""
    params = {**GOOD["params"], "replicas": param}

    assert any(said in problem for problem in lint(written(tmp_path, params=params))[1])


def test_a_file_that_is_no_yaml_hides_no_other(tmp_path: Path) -> None:
    """All problems of all files are told at once."""
    written(tmp_path, owner="")
    (tmp_path / "broken.yaml").write_text("a: [", encoding="utf-8")

    with pytest.raises(InvalidConfiguration) as error:
        read_recipes(tmp_path)

    assert "broken.yaml" in error.value.now
    assert "more-pods.yaml" in error.value.now


def test_digest_follows_everything_that_people_read() -> None:
    """A recipe with another limit is another recipe."""
    limits = {**GOOD["params"], "replicas": {**GOOD["params"]["replicas"], "maximum": 10}}
    one, other = Recipe.model_validate(GOOD), Recipe.model_validate({**GOOD, "params": limits})

    assert one.digest != other.digest
    assert one.digest == Recipe.model_validate(GOOD).digest


def test_filling_keeps_the_type_of_a_value() -> None:
    """A number that fills a whole text stays a number; one inside a sentence becomes words."""
    recipe = Recipe.model_validate(GOOD)
    web = Found(kind="deployment", namespace="default", name="web", pods="app=web")

    ((scale, action), _) = actions(recipe, {"workload": web, "replicas": 4}, ClusterName("dev"))

    assert action.params == {"replicas": 4}
    assert action.target.text == "dev/default deployment/web"
    assert scale.why == "more of {workload}"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"workload": "web"}, "needs 'replicas'"),
        ({"workload": "web", "replicas": "12"}, "cannot be"),
        ({"workload": "web", "replicas": "many"}, "cannot be"),
        ({"workload": "web", "replicas": 2, "cluster": "dev"}, "has no parameter 'cluster'"),
    ],
)
def test_what_is_said_is_held_to_the_limits(said: dict[str, Any], why: str) -> None:
    """Missing, too large, not a number, unknown: each is told with what is allowed."""
    with pytest.raises(InvalidParameter) as error:
        given(Recipe.model_validate(GOOD), said)

    assert why in error.value.message
    assert error.value.now


def test_a_wrong_name_offers_the_nearest() -> None:
    """Nobody has to look the name up again."""
    with pytest.raises(Mistake) as error:
        named(read_recipes(RECIPES), "drain-nod")

    assert error.value.then == "did you mean 'drain-node'?"
