"""`drain`: a node is closed for new pods, and those on it are evicted one by one.

What is evicted and what stays: kubectl/pkg/drain/filters.go, Kubernetes 1.36.
"""

from collections.abc import Generator

from pydantic import Field

from workers.domain.action import Action, Parameter, Verb
from workers.domain.call import Answer, Call, list_of
from workers.domain.errors import Mistake
from workers.domain.kind import KINDS
from workers.domain.target import EVERYWHERE, Target
from workers.domain.value import Value
from workers.verbs import departure
from workers.verbs.command import flags, kubectl
from workers.verbs.fields import Json, annotation, dig, items, name, owner, rows, text
from workers.verbs.grammar import Span, Whole
from workers.verbs.pods import is_leaving, is_over
from workers.verbs.spec import CompoundSpec, Expansion
from workers.verbs.workload import read

MIRROR = "kubernetes.io/config.mirror"  # a static pod of the kubelet: its eviction does nothing
TIMEOUT = "5m"  # for each pod whose budget has to be waited for, when nobody says otherwise
MOST_NAMED = 5


class Params(Value):
    timeout: Span | None = Field(None, description="how long a disruption budget is waited for, for each pod: 30s, 5m")
    force: bool | None = Field(None, description="true or false: also pods that nothing makes anew")
    delete_emptydir_data: bool | None = Field(
        None, description="true or false: also pods that lose data in an emptyDir"
    )
    ignore_daemonsets: bool | None = Field(None, description="true or false; pods of daemonsets stay in any case")
    grace_period: Whole | None = Field(None, ge=0, le=3600, description="seconds from 0 to 3600")


class Drain(CompoundSpec):
    verb = Verb.DRAIN
    params = Params
    kinds = ("node",)
    example = "drain worker-3 in staging"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        said = {key: action.params.get(key) for key in ("grace_period", "timeout", "force", "delete_emptydir_data")}
        return kubectl(action.target, "drain", str(action.target.name), "--ignore-daemonsets", *flags(**said))

    def expand(self, action: Action) -> Generator[Call, Answer, Expansion]:
        """Cordon, unless it is so already, then an eviction for each pod; raises Mistake naming what is in the way."""
        node = yield from read(action.target)
        answer = yield list_of(KINDS["pod"], None, query={"fieldSelector": f"spec.nodeName={action.target.name}"})
        pods = sorted(items(answer.body), key=lambda pod: (text(pod, "metadata", "namespace"), name(pod)))
        staying = [pod for pod in pods if _stays(pod)]
        going = [pod for pod in pods if not is_leaving(pod) and not _stays(pod)]
        _check_bare(action, going)
        _check_data(action, going)
        steps = [] if dig(node, "spec", "unschedulable") else [_with(action, Verb.CORDON, action.target, {})]
        steps += [_eviction(action, pod) for pod in going]
        if steps:
            steps.append(_look(action))
        else:
            raise Mistake(
                f"{action.target.text} is drained already",
                now="it takes no new pods, and none is left to evict",
                then=f"to open it again: 'uncordon {action.target.name} in {action.target.cluster}'",
            )
        return Expansion(actions=tuple(steps), notes=tuple(_notes(action, self.kubectl(action), staying, pods)))


def _look(action: Action) -> Action:
    """What is still on the node in the end: also pods that came after this was planned."""
    everywhere = Target(cluster=action.target.cluster, namespace=EVERYWHERE, kind="pod")
    return _with(action, Verb.GET, everywhere, {"node": str(action.target.name)})


def _eviction(action: Action, pod: Json) -> Action:
    params: dict[str, Parameter] = {"timeout": action.params.get("timeout", TIMEOUT)}
    if "grace_period" in action.params:
        params["grace_period"] = action.params["grace_period"]
    if not departure.controller(pod) and not is_over(pod):
        params["force"] = True  # said for the whole node, or the plan would not have come so far
    where = Target(
        cluster=action.target.cluster, namespace=text(pod, "metadata", "namespace"), kind="pod", name=name(pod)
    )
    return _with(action, Verb.EVICT, where, params)


def _with(action: Action, verb: Verb, target: Target, params: dict[str, Parameter]) -> Action:
    return action.model_copy(update={"verb": verb, "target": target, "params": params})


def _stays(pod: Json) -> bool:
    """A daemonset would put it there again at once, the kubelet runs it from a file."""
    return bool(annotation(pod, MIRROR)) or (text(owner(pod), "kind") == "DaemonSet" and not is_over(pod))


def _check_bare(action: Action, going: list[Json]) -> None:
    bare = [pod for pod in going if not departure.controller(pod) and not is_over(pod)]
    if bare and not action.params.get("force"):
        raise Mistake(
            f"{_named(bare)} on {action.target.name} {_have(bare)} no controller",
            now="nothing would make what is evicted anew",
            then=f"to evict it all the same: 'drain {action.target.name} in {action.target.cluster} with force'",
        )


def _check_data(action: Action, going: list[Json]) -> None:
    holding = [pod for pod in going if _has_empty_dir(pod) and not is_over(pod)]
    if holding and not action.params.get("delete_emptydir_data"):
        raise Mistake(
            f"{_named(holding)} on {action.target.name} {_have(holding)} data in an emptyDir",
            now="it is lost when the pod goes",
            then=f"to lose it: 'drain {action.target.name} in {action.target.cluster} and delete emptydir data', or "
            f"`kubectl drain {action.target.name} --delete-emptydir-data`",
        )


def _has_empty_dir(pod: Json) -> bool:
    return any("emptyDir" in volume for volume in rows(pod, "spec", "volumes"))


def _notes(action: Action, whole: tuple[str, ...], staying: list[Json], pods: list[Json]) -> list[str]:
    daemons = [pod for pod in staying if not annotation(pod, MIRROR)]
    mirrors = [pod for pod in staying if annotation(pod, MIRROR)]
    leaving = [pod for pod in pods if is_leaving(pod) and not _stays(pod)]
    notes = [f"kubectl would do all this in one go: {' '.join(whole)}"]
    if daemons:
        notes.append(f"{_named(daemons)} {_belong(daemons)} to a daemonset and {_stay(daemons)}")
    if mirrors:
        notes.append(f"{_named(mirrors)} {_stay(mirrors)}: the kubelet runs static pods by itself")
    if leaving:
        notes.append(f"{_named(leaving)} {'is' if len(leaving) == 1 else 'are'} already on the way out")
    notes.append(f"pods that come to {action.target.name} later are not touched; the last step shows them")
    return notes


def _named(pods: list[Json]) -> str:
    """`payments/web-1, payments/web-2 and 3 more`."""
    shown = ", ".join(f"{text(pod, 'metadata', 'namespace')}/{name(pod)}" for pod in pods[:MOST_NAMED])
    return shown + (f" and {len(pods) - MOST_NAMED} more" if len(pods) > MOST_NAMED else "")


def _have(pods: list[Json]) -> str:
    return "has" if len(pods) == 1 else "have"


def _belong(pods: list[Json]) -> str:
    return "belongs" if len(pods) == 1 else "belong"


def _stay(pods: list[Json]) -> str:
    return "stays" if len(pods) == 1 else "stay"
