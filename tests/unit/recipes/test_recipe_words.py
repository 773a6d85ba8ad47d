"""Recipes asked for in words, against the imaginary fleet."""

import pytest

from tests.unit.planner.inventory_look import InventoryLook, fleet, names
from workers.domain.plan import Question, Scope
from workers.domain.recipe import Recipe
from workers.domain.value import ClusterName
from workers.planner.names import Named
from workers.planner.result import Refused, Result, Understood
from workers.planner.understand import understand
from workers.recipes.book import read_recipes
from workers.settings import RECIPES

BOOK = read_recipes(RECIPES)
DEV_ONLY = {
    "poke": Recipe.model_validate(
        {
            "name": "poke",
            "version": 1,
            "title": "Poke",
            "owner": "sre",
            "tiers": ["development"],
            "params": {"workload": {"type": "workload", "about": "what"}},
            "steps": [{"verb": "restart", "target": "workload", "why": "poke"}],
            "try": {"cluster": "dev", "params": {"workload": "web"}},
        }
    )
}


class Moved(InventoryLook):
    """In dev every workload is in another namespace than elsewhere."""

    def workloads(self, cluster: ClusterName) -> tuple[Named, ...]:
        found = super().workloads(cluster)
        return tuple(one.model_copy(update={"namespace": "search"}) for one in found) if cluster == "dev" else found


def asked(
    text: str, default: str = "", recipes: dict[str, Recipe] | None = None, look: InventoryLook | None = None
) -> Result:
    return understand(
        text,
        choices=(),
        scope=Scope(clusters=(ClusterName(default),) if default else ()),
        clusters=tuple(one.model_copy(update={"tier": "development"}) if one.name == "dev" else one for one in fleet()),
        names=names(),
        look=look or InventoryLook(),
        recipes=BOOK if recipes is None else recipes,
    )


PLANNED = [
    ("run drain-node node=worker-3 in prod-eu", "drain-node", ["prod-eu"]),
    ("run drain-node worker-3 in prod-eu please", "drain-node", ["prod-eu"]),
    ("@kubechat run the recipe drain-node for worker-3 on prod eu", "drain-node", ["prod-eu"]),
    ("drain worker-3 safely in prod-eu", "drain-node", ["prod-eu"]),
    ("scale-out workload=search-api replicas=6 in staging", "scale-out", ["staging"]),
    ("scale out search-api to 6 in staging", "scale-out", ["staging"]),
    ("in staging scale search-api out to 6", "scale-out", ["staging"]),
    ("restart checkout-cart in waves in prod-eu and dev", "restart-in-waves", ["dev", "prod-eu"]),
    ("rerun nightly-report in dev because INC-7", "rerun-job", ["dev"]),
]


@pytest.mark.parametrize(("text", "name", "clusters"), PLANNED, ids=[row[0] for row in PLANNED])
def test_name_and_sentence_come_to_the_same_recipe(text: str, name: str, clusters: list[str]) -> None:
    """By name with values, by name with the one thing missing, by a sentence that the recipe lists."""
    found = asked(text)

    assert isinstance(found, Understood)
    assert found.recipe is not None
    assert found.recipe.name == name
    assert found.recipe.digest == BOOK[name].digest
    assert list(dict.fromkeys(draft.action.target.cluster for draft in found.drafts)) == clusters


def test_the_least_critical_cluster_comes_first() -> None:
    """However the clusters were named, production is last."""
    found = asked("restart checkout-cart in waves in prod-us, staging and dev")

    assert isinstance(found, Understood)
    order = list(dict.fromkeys(draft.action.target.cluster for draft in found.drafts))
    assert order[-1] == "prod-us"


def test_one_name_for_two_objects_is_asked_about() -> None:
    """What differs from cluster to cluster is run one cluster at a time: guards and locks are of one object."""
    text = "restart checkout-cart in waves in {}"

    both, one = asked(text.format("dev and staging"), look=Moved()), asked(text.format("dev"), look=Moved())

    assert isinstance(both, Refused)
    assert "deployment/search/checkout-cart" in both.problem.text
    assert isinstance(one, Understood)


ENDED = [
    ("run drain-node in prod-eu", "", "needs 'node'"),
    ("run drain-node node=worker-3", "", "in which cluster"),
    ("run drain-node node=worker-3 in prod-eu2", "", "prod-eu2"),
    ("run drain-node node=worker-99 in prod-eu", "", "worker-99"),
    ("run drain-node node=worker-3 speed=fast in prod-eu", "", "no parameter 'speed'"),
    ("run scale-out workload=search-api replicas=500 in staging", "", "cannot be"),
    ("run scale-out workload=fluent-bit replicas=5 in staging", "", "is not"),
    ("run recipe drain-nodes node=worker-3 in prod-eu", "", "there is no recipe 'drain-nodes'"),
    ("run drain-node node=worker-3 quickly in prod-eu", "", "quickly"),
]


@pytest.mark.parametrize(("text", "default", "said"), ENDED, ids=[row[0] for row in ENDED])
def test_what_is_missing_or_wrong_is_asked_or_refused(text: str, default: str, said: str) -> None:
    """Never a plan with a guess in it."""
    found = asked(text, default)

    assert isinstance(found, Refused | Question)
    assert said in (found.text if isinstance(found, Question) else found.problem.text)


def test_a_recipe_stays_in_its_tiers() -> None:
    """Where it may run is part of it; the refusal names the owner."""
    inside, outside = asked("run poke web in dev", recipes=DEV_ONLY), asked("run poke web in prod-eu", recipes=DEV_ONLY)

    assert isinstance(outside, Refused)
    assert outside.problem.code == "recipe-tier"
    assert "sre" in outside.problem.then
    assert isinstance(inside, Understood)


@pytest.mark.parametrize(
    "text",
    [
        "don't run drain-node node=worker-3 in prod-eu",
        "how do I drain a node safely?",
        'the runbook says "drain worker-3 safely in prod-eu"',
        "should we scale out search-api to 6 in staging?",
    ],
)
def test_talk_about_a_recipe_runs_none(text: str) -> None:
    """Negated, asked about, or quoted."""
    found = asked(text)

    assert not isinstance(found, Understood) or found.recipe is None
