"""`apply`: an object as a manifest says, by server-side apply; of a file only the command to apply it oneself.

Ownership of fields and conflicts: Kubernetes 1.36, Server-Side Apply.
"""

from collections.abc import Generator, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from workers.domain.action import Action, Verb
from workers.domain.call import APPLY_PATCH, Answer, Call
from workers.domain.errors import InvalidParameter
from workers.domain.plan import Undo
from workers.domain.target import NO_KIND
from workers.domain.value import Value
from workers.verbs import making, manifests
from workers.verbs.command import kubectl
from workers.verbs.fields import Json, annotation, plain, uid
from workers.verbs.grammar import FileName
from workers.verbs.preconditions import MARK, QUERY, version
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment

APPLIED = """deployment statefulset daemonset job cronjob service ingress networkpolicy configmap serviceaccount
horizontalpodautoscaler poddisruptionbudget resourcequota limitrange persistentvolumeclaim namespace"""
SUFFIXES = (".yaml", ".yml", ".json")


class Params(Value):
    filename: FileName | None = Field(
        None, description="a file, a folder or an address, which only a terminal can read"
    )
    manifest: Annotated[str, StringConstraints(max_length=manifests.MOST_CHARACTERS)] | None = Field(
        None, description="the fields that are wanted, as JSON; from a recipe"
    )

    @model_validator(mode="after")
    def _is_one_source(self) -> "Params":
        if (self.filename is None) == (self.manifest is None):
            raise ValueError("exactly one of filename and manifest says what to apply")
        return self


class Apply(ChangeSpec):
    verb = Verb.APPLY
    params = Params
    kinds = tuple(APPLIED.split())
    kindless = True
    names_itself = True
    ours = frozenset({"manifest"})
    example = "apply manifests/payment-config.yaml to staging"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        if "manifest" in action.params:
            return kubectl(action.target, "apply", "--server-side", "--field-manager=kubechat", "-f", "-")
        name = str(action.params.get("filename", "FILE"))
        built = not name.endswith((*SUFFIXES, "/")) and "://" not in name and name != "-"
        return kubectl(action.target, "apply", "-k" if built else "-f", name)

    def elsewhere(self, action: Action) -> str:
        if "manifest" in action.params:
            return ""
        return "Kubechat sees no files: only where the file is can it be applied"

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # absolute as it is
        yield from ()
        if action.target.kind == NO_KIND or action.target.name is None:
            raise InvalidParameter("apply of a manifest needs the object's kind and name", now="none is named")
        making.check_is_plain(manifest=action.params.get("manifest"))
        _wanted(action)
        return action

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        found = yield from making.there(action.target)
        return Live(object=found, pods=_pods(_wanted(action), found), facts={"now": "there" if found else "not there"})

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:
        return {"uid": uid(live.object), "fields": plain(_was(_wanted(action), live.object))}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        """Of what is there only this very object, as it was read; fields that others own are a conflict."""
        wanted, kind = _wanted(action), action.target.resource
        conditions = version(live.object) if live.object else {}
        notes = {**((wanted.get("metadata") or {}).get("annotations") or {}), MARK: mark}
        metadata = {**(wanted.get("metadata") or {}), **conditions, "annotations": notes}
        return Call(
            method="PATCH",
            group=kind.group,
            version=kind.version,
            resource=kind.plural,
            namespace=action.target.namespace,
            name=action.target.name,
            query=QUERY,
            body={**wanted, "metadata": metadata},
            content_type=APPLY_PATCH,
        )

    def undo(self, action: Action, live: Live) -> Undo:
        """The same fields as they were; an object that was not there is deleted."""
        if not live.object:
            return making.unmade(action)
        before = manifests.written(_was(_wanted(action), live.object))
        if why := manifests.why_not_kept(before):
            return Undo(because=f"what {action.target.text} was before is not kept: {why}")
        return Undo(action=action.model_copy(update={"params": {"manifest": before}}))

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        found = yield from making.there(action.target)
        return making.moment(action.target, found)

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        if annotation(live.object, MARK) == mark:
            return True, f"{action.target.text} carries the mark {mark}"
        return False, f"{action.target.text} carries no mark {mark}"


def _wanted(action: Action) -> dict[str, Any]:
    return manifests.parsed(str(action.params["manifest"]), action.target)


def _was(wanted: Any, now: Any) -> Any:
    """The fields that the manifest speaks of, as they are now; those that are not there are left out."""
    if isinstance(wanted, dict) and isinstance(now, Mapping):
        return {key: _was(value, now[key]) for key, value in wanted.items() if key in now}
    if isinstance(wanted, list) and isinstance(now, list | tuple) and wanted and all(_name(one) for one in wanted):
        there = {_name(one): one for one in now}
        return [_was(one, there[_name(one)]) for one in wanted if _name(one) in there]
    return now


def _name(item: Any) -> Any:
    """What items of most lists are merged by."""
    return item.get("name") if isinstance(item, Mapping) else None


def _pods(wanted: Json, found: Json) -> int | None:
    if not found and wanted.get("kind") in ("ConfigMap", "Service", "NetworkPolicy", "Namespace"):
        return 0
    spec = wanted.get("spec") or {}
    if wanted.get("kind") in ("Deployment", "StatefulSet"):
        replicas = spec.get("replicas", ((found or {}).get("spec") or {}).get("replicas", 1))
        return int(replicas)
    return None if wanted.get("kind") in ("DaemonSet", "Job", "CronJob") else 0
