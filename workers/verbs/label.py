"""`label` and `annotate`: what is written on an object, for selectors and for people."""

from collections.abc import Generator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, Shape, get
from workers.domain.errors import Mistake
from workers.domain.plan import Undo
from workers.domain.redact import redact
from workers.domain.value import Value
from workers.verbs import belonging, pairs, reserved
from workers.verbs.command import kubectl
from workers.verbs.fields import Json, body, dig
from workers.verbs.pairs import Annotations, Labels, Pairs
from workers.verbs.preconditions import is_marked, metadata_patch
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment, Stage

LONGEST = 80  # characters of a value that are shown
HIDDEN = "[REDACTED"
ORDINARY = """
pod deployment statefulset daemonset replicaset job cronjob service ingress networkpolicy configmap secret
serviceaccount horizontalpodautoscaler poddisruptionbudget resourcequota persistentvolumeclaim persistentvolume
namespace node
"""
SELECTING = ("deployment", "statefulset", "daemonset", "replicaset", "job")  # their selector never changes


class LabelParams(Value):
    labels: Labels = Field(description="labels to set or to remove: owner=payments,tier-")


class AnnotateParams(Value):
    annotations: Annotations = Field(description="annotations to set or to remove: owner=payments-oncall,incident-")


class MetadataChange(ChangeSpec):
    """Either of the two: `place` says which."""

    kinds = tuple(ORDINARY.split())
    place: ClassVar[reserved.Place]

    def kubectl(self, action: Action) -> tuple[str, ...]:
        target = action.target
        said = pairs.words(self._wanted(action))
        return kubectl(target, self.verb.value, target.kind, str(target.name), "--overwrite", *said)

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # absolute as it is
        wanted = self._wanted(action)
        reserved.check(action.target, self.place, wanted)
        self._check_is_plain(wanted)
        found = yield from _read(action)
        self._check_is_no_selector(action, found, wanted)
        now = self._now(found, wanted)
        if now == wanted:
            raise Mistake(
                f"{action.target.text} already is so",
                now=f"its {self.place}: {_shown(now)}",
                then=f"look with 'describe {action.target.kind} {action.target.name} in {action.target.cluster}'",
            )
        return action

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        found = yield from _read(action)
        facts = {"now": _shown(self._now(found, self._wanted(action)))}
        if action.target.kind != "pod" or self.place == "annotations":
            return Live(object=found, pods=0, facts=facts)
        facts |= yield from belonging.facts(action.target, found, self._after(action, found))
        return Live(object=found, pods=1, facts=facts)

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:
        return {self.place: self._now(live.object, self._wanted(action))}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        return metadata_patch(action.target, live.object, mark, {self.place: self._wanted(action)})

    def undo(self, action: Action, live: Live) -> Undo:
        before = pairs.written(self._now(live.object, self._wanted(action)))
        if redact(before) != before:
            return Undo(because="the value of before looks like a secret, which is never kept")
        if len(before) > pairs.LONGEST:
            return Undo(because=f"the value of before is longer than the {pairs.LONGEST} characters that are kept")
        back = action.model_copy(update={"params": {self.place: before}})
        lost = live.facts.get("lost by", "")
        makes = "which makes another" in lost
        return Undo(
            action=back, because="the pod that was made in its place stays, or one of them goes" if makes else ""
        )

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        found = yield from _read(action)
        wanted = self._wanted(action)
        now = self._now(found, wanted)
        if now == wanted:
            return Moment(stage=Stage.DONE, text=f"its {self.place}: {_shown(now)}")
        return Moment(stage=Stage.STUCK, text=f"somebody else has changed them meanwhile: {_shown(now)}")

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        wanted = self._wanted(action)
        now = self._now(live.object, wanted)
        said = f"the {self.place} of {action.target.text} are {_shown(now)}"
        if is_marked(live.object, mark):
            return True, f"{said}, and it carries the mark {mark}"
        if now == wanted:
            return None, f"{said}, but without the mark {mark}: somebody else may have done it"
        return False, f"{said}, without the mark {mark}"

    def _wanted(self, action: Action) -> Pairs:
        return pairs.parsed(str(action.params[self.place]))

    def _now(self, obj: Json, wanted: Pairs) -> dict[str, str | None]:
        """What the object has under the same keys."""
        has = dig(obj, "metadata", self.place, default={})
        return {key: has.get(key) for key in wanted}

    def _after(self, action: Action, obj: Json) -> dict[str, str]:
        made = {**dig(obj, "metadata", self.place, default={}), **self._wanted(action)}
        return {key: value for key, value in made.items() if value is not None}

    def _check_is_plain(self, wanted: Pairs) -> None:
        """What looks like a secret was hidden before it came here; raises Mistake rather than write what hides it."""
        for key, value in wanted.items():
            said = f"{key}={value}"
            if value is not None and (HIDDEN in said or redact(said) != said):
                raise Mistake(
                    f"the value of '{key}' looks like a secret",
                    now=f"{self.place} are read by everybody who may look at the object",
                    then="put it in a Secret, from a terminal",
                )

    def _check_is_no_selector(self, action: Action, obj: Json, wanted: Pairs) -> None:
        target = action.target
        if self.place == "annotations" or target.kind not in SELECTING:
            return
        selected = set(dig(obj, "spec", "selector", "matchLabels", default={})) & set(wanted)
        if selected:
            key = min(selected)
            raise Mistake(
                f"'{key}' is in the selector of {target.text}, which can never be changed",
                now="its pods are found by it, and a label of the workload itself would not reach them",
                then=f"choose another key, or label one pod out of it: 'label pod NAME {key}-'",
            )


class Label(MetadataChange):
    verb = Verb.LABEL
    params = LabelParams
    place = "labels"
    editable = frozenset({"labels"})
    example = "label pod redis-0 tier=cache in staging"


class Annotate(MetadataChange):
    verb = Verb.ANNOTATE
    params = AnnotateParams
    place = "annotations"
    editable = frozenset({"annotations"})
    example = "annotate payment-api owner=payments-oncall in prod-eu"


def _read(action: Action) -> Generator[Call, Answer, Json]:
    """Of a secret only its metadata: its values are never read."""
    target = action.target
    shape = Shape.METADATA if target.kind == "secret" else Shape.OBJECT
    answer = yield get(target.resource, target.namespace, str(target.name), shape=shape)
    return body(answer.body, target.text)


def _shown(found: Pairs) -> str:
    return ", ".join(f"no {key}" if value is None else f"{key}={_short(value)}" for key, value in found.items())


def _short(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}..."
