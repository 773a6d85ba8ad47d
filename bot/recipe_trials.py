"""`kubechat recipes test`: each recipe run on the simulated fleet by two people, and undone again."""

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.binding import as_button, shown_by
from bot.commands import Ask, Command, Press, PressKind
from bot.follow import follow
from bot.identity import terminal_account, terminal_actor, terminal_place
from bot.outcome import ExitCode, is_settled
from bot.printing import print_json
from bot.processes import interruptible, served
from bot.recipes import order
from bot.wire_json import facts_json
from bot.wiring import Instance, connect, settings_of
from workers.domain.action import Effect
from workers.domain.recipe import Recipe
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import RequestId, Value
from workers.recipes.book import named, read_recipes
from workers.settings import RECIPES

ASKER, APPROVER = "alice", "bob"
LONGEST_SECONDS = 120.0


class Trial(Value):
    """What came of one recipe."""

    recipe: str
    ok: bool
    steps: int
    text: str  # "succeeded, undone", or what went wrong
    seconds: float


def try_recipes(names: Sequence[str], folder: Path | None, *, as_json: bool) -> ExitCode:
    """0 only when every recipe that was tried succeeded, and its undo too where it has one."""
    from workers.demo.process import running_fleet
    from workers.demo.rbac import NAMES

    recipes = read_recipes(folder or RECIPES)
    chosen = [named(recipes, name) for name in names] or list(recipes.values())
    trials: list[Trial] = []
    with (
        interruptible(),
        tempfile.TemporaryDirectory(prefix="kubechat-recipes-") as scratch,
        running_fleet(Path(scratch) / "fleet", incident=False, speed=20) as fleet,
    ):
        settings = settings_of(
            Path(scratch) / "data",
            {},
            kubeconfig=fleet.kubeconfig,
            http_port=0,
            index_as=NAMES,
            person_per_minute=10_000,
            channel_per_minute=10_000,
            recipes=(folder or RECIPES).absolute(),
        )
        with served(settings, with_bot=False):
            instance = connect(settings)
            try:
                for trial in _trials(instance, chosen):
                    trials.append(trial)
                    if not as_json:
                        mark = "ok  " if trial.ok else "FAIL"
                        sys.stdout.write(f"{mark} {trial.recipe:<24} {trial.seconds:5.1f} s  {trial.text}\n")
                        sys.stdout.flush()
            finally:
                instance.close()
    code = ExitCode.DONE if trials and all(trial.ok for trial in trials) else ExitCode.NOT_DONE
    if as_json:
        print_json(facts_json({"trials": [trial.model_dump(mode="json") for trial in trials]}, code))
    return code


def _trials(instance: Instance, recipes: Sequence[Recipe]) -> Iterator[Trial]:
    for recipe in recipes:
        began = time.monotonic()
        text = order(recipe.name, _params(recipe), [recipe.tried.cluster], "a trial")
        request, why = _through(instance, Ask(text=text), None)
        said = why or request.state.value
        ok = not why and request.state is State.SUCCEEDED
        if ok and request.plan and request.plan.effect is not Effect.READ and request.undoable:
            undone, why = _through(instance, Press(what=PressKind.UNDO, request=request.id), request.id)
            ok = not why and undone.state is State.SUCCEEDED
            said = "succeeded, undone" if ok else f"succeeded; its undo: {why or _why(undone)}"
        elif not ok:
            said = why or _why(request)
        steps = len(request.plan.steps) if request.plan else 0
        yield Trial(recipe=recipe.name, ok=ok, steps=steps, text=said, seconds=round(time.monotonic() - began, 1))


def _params(recipe: Recipe) -> list[str]:
    return [f"{name}={_there(recipe, value)}" for name, value in recipe.tried.params.items()]


def _there(recipe: Recipe, value: object) -> str:
    """`@search-api` is the first of its pods."""
    from workers.demo.inventory import load

    text = str(value)
    if not text.startswith("@"):
        return text
    pods = load().pods[recipe.tried.cluster]
    return next(pod.name for pod in pods if pod.owner.rpartition("/")[2] == text[1:])


def _through(instance: Instance, command: Command, current: RequestId | None) -> tuple[Request, str]:
    """Asks, presses whatever is still missing, and waits for the end; what was refused, as text."""
    request, why = _press(instance, ASKER, command, current)
    presses: Mapping[str, tuple[str, PressKind]] = {
        "requester": (ASKER, PressKind.RUN),
        "approver": (APPROVER, PressKind.APPROVE),
    }
    for _ in range(4):
        if why or request.state is not State.AWAITING_APPROVAL:
            break
        person, kind = presses[request.missing[0].role]
        yes = as_button(Press(what=kind, request=request.id), shown_by(request))
        request, why = _press(instance, person, yes, request.id)
    return request, why


def _press(instance: Instance, person: str, command: Command, current: RequestId | None) -> tuple[Request, str]:
    actor = terminal_actor(instance.service, person, terminal_account())
    cursor = instance.store.cursor()
    reply = instance.router.take(command, actor, terminal_place("trial"), current)
    if reply.request is None:
        text = reply.problem.text if reply.problem else "nothing came of it"
        stored = instance.store.request(current) if current else instance.service.recent(limit=1).requests[0]
        return stored, text
    request = reply.request
    if not is_settled(request):
        for _ in follow(instance.store, instance.bus, request.id, cursor, LONGEST_SECONDS):
            pass
    return instance.store.request(request.id), ""


def _why(request: Request) -> str:
    if request.problem is not None:
        return f"{request.state.value}: {request.problem.text}; {request.problem.now}"
    if request.question is not None:
        return f"it asks: {request.question.text}"
    return request.summary.headline if request.summary else request.state.value
