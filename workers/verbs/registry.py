"""Every verb, by its word. A verb that is not here does not exist."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from workers.domain.action import Action, Effect, Verb
from workers.domain.errors import Broken, InvalidParameter
from workers.domain.target import EVERYWHERE, NO_KIND, Target
from workers.verbs.apply import Apply
from workers.verbs.autoscale import Autoscale
from workers.verbs.cordon import Cordon, Uncordon
from workers.verbs.cp import Cp
from workers.verbs.create import Create
from workers.verbs.delete import Delete
from workers.verbs.delete_pod import DeletePod
from workers.verbs.describe import Describe
from workers.verbs.diagnose import Diagnose
from workers.verbs.drain import Drain
from workers.verbs.events import Events
from workers.verbs.evict import Evict
from workers.verbs.exec import Exec
from workers.verbs.get import Get
from workers.verbs.grammar import CONTEXT, is_label, is_name, is_selector
from workers.verbs.label import Annotate, Label
from workers.verbs.logs import Logs
from workers.verbs.patch import Patch
from workers.verbs.pause import Pause, Resume
from workers.verbs.port_forward import PortForward
from workers.verbs.restart import Restart
from workers.verbs.rollback import Rollback
from workers.verbs.rollout_history import RolloutHistory
from workers.verbs.rollout_status import RolloutStatus
from workers.verbs.run import Run
from workers.verbs.scale import Scale
from workers.verbs.set_image import SetImage
from workers.verbs.spec import ChangeSpec, ReadSpec, Spec
from workers.verbs.top import Top

SPECS: Mapping[Verb, Spec] = {
    one.verb: one
    for one in (
        Get(),
        Describe(),
        Logs(),
        Events(),
        Top(),
        RolloutStatus(),
        RolloutHistory(),
        Scale(),
        Restart(),
        Rollback(),
        SetImage(),
        Cordon(),
        Uncordon(),
        DeletePod(),
        Delete(),
        Evict(),
        Drain(),
        Create(),
        Run(),
        Apply(),
        Cp(),
        PortForward(),
        Exec(),
        Label(),
        Annotate(),
        Pause(),
        Resume(),
        Patch(),
        Autoscale(),
        Diagnose(),
    )
}
NEEDS_NAME = frozenset({Verb.ROLLOUT_STATUS, Verb.ROLLOUT_HISTORY})
MOST_WORDS = 12  # of a list in an error
SHOWN = 80  # characters of a wrong value that are repeated


def spec(verb: Verb) -> Spec:
    return SPECS[verb]


def read_spec(verb: Verb) -> ReadSpec:
    found = SPECS[verb]
    if not isinstance(found, ReadSpec):
        raise Broken(f"'{verb}' changes something and was taken for a read")
    return found


def change_spec(verb: Verb) -> ChangeSpec:
    found = SPECS[verb]
    if not isinstance(found, ChangeSpec):
        raise Broken(f"'{verb}' only reads and was taken for a change")
    return found


def validated(action: Action) -> Action:
    """The action with typed parameters, only those that were said; raises InvalidParameter.

    A change may still be about many objects here, as the planner leaves it; what is carried out is `single`.
    What comes back may become part of a path or of a command line: every text in it matches its grammar.
    """
    verb = SPECS[action.verb]
    _check_target(action, verb)
    try:
        params = verb.params.model_validate(dict(action.params))
    except ValidationError as error:
        raise _explained(action, verb, error) from error
    return action.model_copy(update={"params": params.model_dump(exclude_none=True, by_alias=True)})


def single(action: Action) -> Action:
    """The same, if it is about one object by name as every step that changes something is; raises InvalidParameter."""
    target, verb = action.target, SPECS[action.verb]
    named = target.name is not None or (isinstance(verb, ChangeSpec) and verb.names_itself)
    if action.effect is not Effect.READ and (not named or target.namespace == EVERYWHERE):
        raise InvalidParameter(
            f"{_word(verb)} needs one object by name", now=f"'{target.text}' is not one", then=_type(verb)
        )
    return action


def _check_target(action: Action, verb: Spec) -> None:
    target = action.target
    _check_grammar(target, verb)
    word = _word(verb)
    if target.kind == NO_KIND:
        if not verb.kindless:
            raise InvalidParameter(f"{word} needs a kind", now="none is named", then=_type(verb))
        return
    if verb.kinds and target.kind not in verb.kinds:
        raise InvalidParameter(
            f"{word} does not work on a {target.kind}", now=f"it works on: {_some(verb.kinds)}", then=_type(verb)
        )
    if target.resource.namespaced and target.namespace is None:
        raise InvalidParameter(f"{word} of a {target.kind} needs a namespace", now="none is named", then=_type(verb))
    named = target.name is not None
    if named and target.namespace == EVERYWHERE:
        raise InvalidParameter(
            f"'{target.name}' in all namespaces is not one object",
            now="a named object has one namespace",
            then=_type(verb),
        )
    if not named and (action.verb in NEEDS_NAME or (action.verb in (Verb.LOGS, Verb.TOP) and not _may_be_many(target))):
        raise InvalidParameter(f"{word} needs one {target.kind} by name", now="none is named", then=_type(verb))
    if not named and action.verb is Verb.LOGS and target.selector is None:
        raise InvalidParameter(f"{word} needs a pod, a workload or a label", now="none is named", then=_type(verb))


def _may_be_many(target: Target) -> bool:
    """Pods and nodes may be many at once; of a workload it must be clear which."""
    return target.kind in ("pod", "node")


def _check_grammar(target: Target, verb: Spec) -> None:
    checks = (
        ("cluster", target.cluster, CONTEXT.fullmatch(target.cluster) is not None, "the name of a kubeconfig context"),
        (
            "namespace",
            target.namespace,
            target.namespace in (None, EVERYWHERE) or is_label(str(target.namespace)),
            "lower-case letters, digits and '-', at most 63",
        ),
        (
            "name",
            target.name,
            target.name is None or is_name(target.name),
            "lower-case letters, digits, '-' and '.', at most 253",
        ),
        (
            "selector",
            target.selector,
            target.selector is None or is_selector(target.selector),
            "a label selector: app=web,tier!=data",
        ),
    )
    for what, value, good, allowed in checks:
        if not good:
            raise InvalidParameter(
                f"{_word(verb)}: {what} {_quoted(value)} cannot be", now=f"allowed: {allowed}", then=_type(verb)
            )


def _explained(action: Action, verb: Spec, error: ValidationError) -> InvalidParameter:
    """What was asked, what is allowed, what to type."""
    first = error.errors(include_url=False, include_context=False)[0]
    takes = {field.alias or name: field.description or "" for name, field in verb.params.model_fields.items()}
    if not first["loc"]:
        said = str(first["msg"]).removeprefix("Value error, ")
        return InvalidParameter(f"{_word(verb)}: {_said(action)}", now=said, then=_type(verb))
    name = str(first["loc"][0])
    if name not in takes:
        known = ", ".join(takes) or "none"
        return InvalidParameter(
            f"{_word(verb)} has no parameter {_quoted(name)}", now=f"its parameters: {known}", then=_type(verb)
        )
    return InvalidParameter(
        f"{_word(verb)}: {name} {_quoted(action.params.get(name))} cannot be",
        now=f"allowed: {takes[name]}",
        then=_type(verb),
        facts={"parameter": name},
    )


def _said(action: Action) -> str:
    return ", ".join(f"{name} {_quoted(value)}" for name, value in action.params.items()) or "no parameter given"


def _some(words: Sequence[str]) -> str:
    more = len(words) - MOST_WORDS
    return ", ".join(words[:MOST_WORDS]) + (f" and {more} more" if more > 0 else "")


def _quoted(value: Any) -> str:
    text = str(value)
    return f"'{text}'" if len(text) <= SHOWN else f"'{text[:SHOWN]}...'"


def _word(verb: Spec) -> str:
    return verb.verb.value.replace("_", " ")


def _type(verb: Spec) -> str:
    return f"type, for example: '{verb.example}'"
