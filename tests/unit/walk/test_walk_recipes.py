"""A recipe on its road: its limits hold at plan, at an edit, and once more before the first write."""

from pathlib import Path

import pytest
import yaml

from tests.unit.walk.rehearsal import API, Rehearsal, SmallFleet, deployment
from workers.domain.errors import KubechatError
from workers.domain.request import Request
from workers.domain.state import State
from workers.settings import RECIPES

ORDER = "run recipe scale-out workload=api replicas={} in dev"


@pytest.fixture
def book(data: Path) -> Path:
    """A folder with one recipe, to be changed under way."""
    folder = data / "recipes"
    folder.mkdir()
    text = (RECIPES / "scale-out.yaml").read_text(encoding="utf-8")
    (folder / "scale-out.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def stage(sqlite_url: str, book: Path) -> Rehearsal:
    stage = Rehearsal(sqlite_url, SmallFleet(deployment()))
    stage.settings = stage.settings.model_copy(update={"recipes": book})
    stage.walk = stage.worker()
    return stage


def changed(book: Path, **changes: object) -> None:
    path = book / "scale-out.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**raw, **changes}), encoding="utf-8")


def test_the_plan_names_its_recipe_and_what_the_guards_saw(stage: Rehearsal) -> None:
    """Who approves sees which recipe it is; its digest is inside the plan's."""
    request = stage.ask(ORDER.format(4))

    assert request.plan is not None
    assert (request.plan.source.kind, request.plan.source.name) == ("recipe", "scale-out")
    assert request.intent.params == {"workload": "deployment/payments/api", "replicas": 4}
    assert any("quota" in note for note in request.plan.notes)
    source = request.plan.source.model_copy(update={"digest": "0" * 64})
    assert request.plan.digest != request.plan.model_copy(update={"source": source}).digest


def test_it_runs_like_anything_else(stage: Rehearsal) -> None:
    """Run by its requester outside production; the deployment has four pods afterwards."""
    done = stage.run(stage.allowed(stage.ask(ORDER.format(4))))

    assert done.state is State.SUCCEEDED
    assert stage.fleet.objects[stage.fleet.names[0]][API]["spec"]["replicas"] == 4


def test_an_edit_stays_within_the_recipe(stage: Rehearsal) -> None:
    """Up to twenty the recipe lets people edit; the verb alone would take a thousand."""
    request = stage.ask(ORDER.format(4))
    inside = _edited(stage, request, 20)
    outside = _edited(stage, stage.ask(ORDER.format(4)), 21)

    assert inside.plan is not None
    assert inside.plan.steps[0].action.params == {"replicas": 20}
    assert outside.plan is None or outside.plan.steps[0].action.params == {"replicas": 4}
    assert stage.fleet.writes == []


def _edited(stage: Rehearsal, request: Request, replicas: int) -> Request:
    return stage.planned(stage.service.edit(request.id, 1, {"replicas": replicas}, stage.actor("alice")))


def test_what_is_locked_cannot_be_edited(stage: Rehearsal, book: Path) -> None:
    """Without `editable` the number of the order is the number."""
    raw = yaml.safe_load((book / "scale-out.yaml").read_text(encoding="utf-8"))
    raw["steps"][0].pop("editable")
    changed(book, **raw)
    stage.walk = stage.worker()
    request = stage.ask(ORDER.format(4))

    with pytest.raises(KubechatError, match="'replicas' of step 1 cannot be edited"):
        stage.service.edit(request.id, 1, {"replicas": 5}, stage.actor("alice"))


def test_a_recipe_that_has_changed_does_not_run(stage: Rehearsal, book: Path) -> None:
    """What people approved was another recipe: nothing is written."""
    ready = stage.allowed(stage.ask(ORDER.format(4)))
    changed(book, version=2)

    ended = stage.run(ready, stage.worker())

    assert ended.state is State.REFUSED
    assert ended.problem is not None
    assert "version 2" in ended.problem.now
    assert stage.fleet.writes == []


def test_a_recipe_that_is_gone_does_not_run(stage: Rehearsal, book: Path) -> None:
    """Taking a recipe away stops what was planned with it."""
    ready = stage.allowed(stage.ask(ORDER.format(4)))
    (book / "scale-out.yaml").unlink()

    ended = stage.run(ready, stage.worker())

    assert (ended.state, stage.fleet.writes) == (State.REFUSED, [])


def test_a_guard_is_asked_at_plan_and_before_the_write(stage: Rehearsal) -> None:
    """The quota has room when it is planned, and none any more when it is to run."""
    quota = {"metadata": {"name": "tight", "uid": "u", "resourceVersion": "1"}, "spec": {}}
    path = "/api/v1/namespaces/payments/resourcequotas/tight"
    objects = stage.fleet.objects[stage.fleet.names[0]]
    objects[path] = {**quota, "status": {"hard": {"pods": "10"}, "used": {"pods": "2"}}}
    ready = stage.allowed(stage.ask(ORDER.format(4)))
    objects[path] = {**quota, "status": {"hard": {"pods": "10"}, "used": {"pods": "9"}}}

    ended = stage.run(ready)
    again = stage.ask(ORDER.format(4))

    for request in (ended, again):
        assert request.state is State.REFUSED
        assert request.problem is not None
        assert "1 pods left" in request.problem.now
    assert stage.fleet.writes == []
