"""scale: another number of replicas, through the `scale` subresource."""

from collections.abc import Generator, Mapping
from typing import Annotated, Any

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import MERGE_PATCH, Answer, Call, list_of
from workers.domain.errors import InvalidParameter, KubechatError, Mistake
from workers.domain.kind import KINDS
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import rollout
from workers.verbs.commands import command
from workers.verbs.preconditions import managed_by_us, metadata, patch
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment, Stage

MOST_REPLICAS = 1000


class Params(Value):
    """Exactly one of the three; a plan holds `replicas`."""

    replicas: Annotated[int, Field(ge=0, le=MOST_REPLICAS)] | None = None
    delta: Annotated[int, Field(ge=-MOST_REPLICAS, le=MOST_REPLICAS)] | None = None
    percent: Annotated[int, Field(ge=-100, le=1000)] | None = None


class Scale(ChangeSpec):
    verb = Verb.SCALE
    params = Params
    kinds = ("deployment", "statefulset", "replicaset")
    editable = frozenset({"replicas"})

    def kubectl(self, action: Action) -> tuple[str, ...]:
        return command(action, "scale", f"{action.target.kind}/{action.target.name}", f"--replicas={_wanted(action)}")

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # nothing to mark
        live = yield from rollout.observe(action)
        now, params = rollout.desired(live.object), Params.model_validate(dict(action.params))
        given = [value for value in (params.replicas, params.delta, params.percent) if value is not None]
        if len(given) != 1:
            raise InvalidParameter(
                "scale needs one number", now=f"it has {now}", then="say `scale NAME to 5`, or `by +2`"
            )
        if params.replicas is not None:
            wanted = params.replicas
        else:
            wanted = (
                now + params.delta if params.delta is not None else round(now * (100 + (params.percent or 0)) / 100)
            )
        if not 0 <= wanted <= MOST_REPLICAS:
            raise InvalidParameter(
                f"{action.target.name} cannot have {wanted} replicas",
                now=f"it has {now}",
                then=f"name a number from 0 to {MOST_REPLICAS}",
            )
        if wanted == now:
            raise Mistake(f"{action.target.text} has {now} replicas already", now="nothing would change")
        return action.model_copy(update={"params": {"replicas": wanted}})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        live = yield from rollout.observe(action)
        facts = dict(live.facts)
        if (autoscaler := (yield from _autoscaler(action))) is not None:
            facts["autoscaler"] = autoscaler
        return live.model_copy(update={"pods": abs(rollout.desired(live.object) - _wanted(action)), "facts": facts})

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # the port's signature
        return {"replicas": rollout.desired(live.object)}

    def write(self, action: Action, live: Live, mark: str) -> Call:  # noqa: ARG002  # a Scale holds no annotations
        body = {"metadata": metadata(live), "spec": {"replicas": _wanted(action)}}
        return patch(action, body, MERGE_PATCH, "scale")

    def undo(self, action: Action, live: Live) -> Undo:
        back = action.model_copy(update={"params": {"replicas": rollout.desired(live.object)}})
        return Undo(action=back)

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        moment = yield from rollout.watch(action)
        if _wanted(action) == 0 and moment.stage is Stage.STUCK:
            return Moment(stage=Stage.MOVING, text=moment.text)  # pods that fail are ending all the same
        return moment

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:  # noqa: ARG002  # see write
        now = rollout.desired(live.object)
        ours = managed_by_us(live, "scale")
        if now == _wanted(action):
            return (True, f"it has {now} replicas, {ours}") if ours else (None, f"it has {now} replicas, not set by us")
        return False, f"it has {now} replicas, not {_wanted(action)}"


def _wanted(action: Action) -> int:
    return int(action.params["replicas"]) if "replicas" in action.params else -1


def _autoscaler(action: Action) -> Generator[Call, Answer, str | None]:
    """The HorizontalPodAutoscaler that will change the number again; unknown counts as a fact to show."""
    try:
        answer = yield list_of(KINDS["horizontalpodautoscaler"], action.target.namespace, query={"limit": "500"})
    except KubechatError:
        return "unknown: autoscalers cannot be listed"
    for item in answer.body.get("items", ()):
        spec = item.get("spec") or {}
        reference = spec.get("scaleTargetRef") or {}
        if (reference.get("kind"), reference.get("name")) == (action.target.resource.title, action.target.name):
            bounds = f"{spec.get('minReplicas', 1)} to {spec.get('maxReplicas')}"
            return f"{(item.get('metadata') or {}).get('name')} keeps it at {bounds} and may change it again"
    return None


SPEC = Scale()
