"""A drain as the walk carries it out: one step a pod, each looked at again just before its write."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.unit.walk.rehearsal import PLACE, Rehearsal, SmallFleet, deployment, lost_answer
from workers.domain.action import Action, Verb
from workers.domain.call import Call
from workers.domain.errors import InvalidParameter, Mistake, NotNow, RunItYourself
from workers.domain.observed import DryRun, StepOutcome
from workers.domain.plan import Edit
from workers.domain.policy import Outcome
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.target import Target
from workers.domain.value import ClusterName
from workers.drafting import MOST_STEPS, Drafting
from workers.planner.result import Draft, Understood
from workers.planning import Planning
from workers.preview import Previewer
from workers.settings import DEFAULTS, read_policy
from workers.walk import utc_now

PODS = "/api/v1/namespaces/payments/pods"
NODES = ("worker-1", "worker-2")
POLICY, DIGEST = read_policy(DEFAULTS / "policy.yaml")


def pod(name: str, node: str = "worker-1") -> dict[str, Any]:
    owner = [{"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "j", "controller": True}]
    metadata = {"name": name, "namespace": "payments", "uid": f"uid-{name}", "resourceVersion": "1"}
    return {
        "kind": "Pod",
        "metadata": {**metadata, "ownerReferences": owner},
        "spec": {"nodeName": node, "containers": []},
        "status": {"phase": "Running"},
    }


class NodeFleet(SmallFleet):
    """With nodes and pods on them in dev; lists pods by their node."""

    def __init__(self, *names: str) -> None:
        super().__init__(deployment())
        dev = self.objects[ClusterName("dev")]
        for node in NODES:
            metadata = {"name": node, "uid": f"uid-{node}", "resourceVersion": "1"}
            dev[f"/api/v1/nodes/{node}"] = {"kind": "Node", "metadata": metadata, "spec": {}}
        for name in names:
            self.put(pod(name))

    def put(self, one: dict[str, Any]) -> None:
        self.objects[ClusterName("dev")][f"{PODS}/{one['metadata']['name']}"] = one

    def drop(self, name: str) -> None:
        del self.objects[ClusterName("dev")][f"{PODS}/{name}"]

    def _found(self, objects: Any, call: Call) -> Any:
        found = super()._found(objects, call)
        chosen = call.query.get("fieldSelector", "").partition("spec.nodeName=")[2]
        if chosen:
            found["items"] = [one for one in found["items"] if one["spec"].get("nodeName") == chosen]
        return found


def act(verb: Verb, kind: str, name: str | None, namespace: str | None = None, **params: Any) -> Action:
    where = Target(cluster=ClusterName("dev"), namespace=namespace, kind=kind, name=name)
    return Action(verb=verb, target=where, params=params)


def drain(node: str = "worker-1", **params: Any) -> Action:
    return act(Verb.DRAIN, "node", node, **params)


class Stage(Rehearsal):
    """Plans actions instead of words."""

    def __init__(self, url: str, fleet: NodeFleet) -> None:
        super().__init__(url, fleet)
        self.nodes = fleet
        previewer = Previewer(fleet, utc_now)
        self.drafting = Drafting(fleet, previewer, utc_now)
        self.planning = Planning(
            store=self.store,
            bus=self.bus,
            fleet=fleet,
            previewer=previewer,
            drafting=self.drafting,
            policy=POLICY,
            policy_digest=DIGEST,
        )

    def waiting(self, *actions: Action) -> Request:
        request = self.service.open_request("drain it", self.actor("alice"), PLACE)
        drafts = tuple(Draft(action=action, why="it was asked for") for action in actions)
        plan = self.drafting.plan(request, Understood(drafts=drafts, explanation="drain it"))
        judged = self.planning.judge(plan, request)
        with self.store.change() as change:
            stored = change.request(request.id)
            change.save(stored.planned(judged.plan, judged.preview, judged.risk, judged.decision, change.now()))
        return self.now(request)

    def done(self, request: Request) -> Request:
        return self.run(self.allowed(request))


@pytest.fixture
def stage(sqlite_url: str) -> Stage:
    return Stage(sqlite_url, NodeFleet("a", "b"))


def steps(request: Request) -> list[str]:
    assert request.plan is not None
    return [f"{step.number} {step.action.verb} {step.action.target.name or 'pods'}" for step in request.plan.steps]


def outcomes(request: Request) -> list[tuple[str, str]]:
    return [(result.outcome.value, result.message) for result in request.results]


def written(stage: Stage) -> Sequence[str]:
    return [call.path for _, call in stage.fleet.writes]


def test_a_pod_that_goes_while_the_drain_is_planned_needs_no_step(stage: Stage) -> None:
    """It was listed, and is gone before it is looked at: what was asked for has come true for it."""

    def before(call: Call, dry_run: bool) -> None:
        if call.name == "a" and f"{PODS}/a" in stage.nodes.objects[ClusterName("dev")]:
            stage.nodes.drop("a")

    stage.fleet.before = before
    planned = stage.waiting(drain())

    assert steps(planned) == ["1 cordon worker-1", "2 evict b", "3 get pods"]
    assert planned.plan is not None
    assert "dev/payments pod/a is gone by itself" in planned.plan.notes


def system_pod(name: str) -> dict[str, Any]:
    one = pod(name)
    one["metadata"]["namespace"] = "kube-system"
    return one


def test_only_a_whole_drain_may_evict_what_the_policy_protects(stage: Stage) -> None:
    """Picked out of a drain, or asked for by itself, the same eviction is refused."""
    path = "/api/v1/namespaces/kube-system/pods/dns"
    stage.nodes.objects[ClusterName("dev")][path] = system_pod("dns")
    whole = stage.waiting(drain())
    alone = stage.waiting(act(Verb.EVICT, "pod", "dns", "kube-system", timeout="5m"))
    edits = (Edit(step=3, params={}, about="evict dev/payments pod/a", drops=True),)
    picked = stage.drafting.plan(
        whole.model_copy(update={"edits": edits}),
        Understood(drafts=(Draft(action=drain(), why="it was asked for"),), explanation="drain it"),
    )

    assert (whole.state, alone.state) == (State.AWAITING_APPROVAL, State.REFUSED)
    assert stage.planning.judge(picked, whole).decision.outcome is Outcome.REFUSE
    assert whole.plan is not None
    assert {step.part_of for step in whole.plan.steps} == {Verb.DRAIN}


def test_a_drain_is_planned_as_single_steps(stage: Stage) -> None:
    """Numbered, each with its own preview and undo; what stays is noted."""
    planned = stage.waiting(drain())

    assert steps(planned) == ["1 cordon worker-1", "2 evict a", "3 evict b", "4 get pods"]
    assert planned.plan is not None
    assert planned.preview is not None
    undo = [step.undo for step in planned.plan.steps]
    assert undo[0] is not None
    assert undo[0].action is not None
    assert undo[0].action.verb is Verb.UNCORDON
    assert [one.action if one else None for one in undo[1:]] == [None, None, None]
    assert [step.dry_run for step in planned.preview.steps] == [DryRun.DONE] * 3 + [DryRun.NOT_NEEDED]
    assert planned.plan.notes[-1] == "pods that come to worker-1 later are not touched; the last step shows them"


def test_a_drain_runs_step_by_step_and_its_cordon_is_taken_back(stage: Stage) -> None:
    """The undo of the request is the uncordon alone."""
    done = stage.done(stage.waiting(drain()))

    assert done.state is State.SUCCEEDED
    assert written(stage) == ["/api/v1/nodes/worker-1", f"{PODS}/a/eviction", f"{PODS}/b/eviction"]
    undo = stage.drafting.inverse(done, stage.actor("alice"))
    assert [draft.action.verb for draft in undo.drafts] == [Verb.UNCORDON]


def test_a_pod_that_is_gone_when_its_turn_comes_is_told_and_not_missed(stage: Stage) -> None:
    """Neither drift nor a failure: what was approved has come true by itself."""
    ready = stage.allowed(stage.waiting(drain()))
    stage.nodes.drop("a")
    stage.nodes.put({**pod("b"), "metadata": {**pod("b")["metadata"], "uid": "uid-next"}})

    done = stage.run(ready)

    assert done.state is State.SUCCEEDED
    assert [message for _, message in outcomes(done)[1:3]] == [
        "a was gone already; nothing was evicted",
        "b was gone already; another pod has its name now and is left alone",
    ]
    assert written(stage) == ["/api/v1/nodes/worker-1"]


def test_a_pod_that_came_later_is_left_alone_and_shown(stage: Stage) -> None:
    """What nobody approved is not evicted; the last step lists what is on the node."""
    ready = stage.allowed(stage.waiting(drain()))
    stage.nodes.put(pod("late"))

    done = stage.run(ready)

    assert f"{PODS}/late" in stage.fleet.objects[ClusterName("dev")]
    assert done.results[-1].step == 4


def refusing(times: int) -> Any:
    """The server's answer to so many evictions that are meant."""
    left = [times]

    def before(call: Call, dry_run: bool) -> None:
        if call.subresource == "eviction" and (dry_run or left[0]):
            left[0] -= not dry_run
            raise NotNow("The disruption budget api needs 2 healthy pods and has 2 currently")

    return before


def test_a_full_budget_is_waited_for(stage: Stage) -> None:
    """At the preview it is a warning; when it is carried out the eviction is tried until its time is over."""
    stage.fleet.before = refusing(1)
    planned = stage.waiting(drain(timeout="1s"))

    assert planned.preview is not None
    assert planned.preview.steps[1].dry_run is DryRun.FAILED
    assert "disruption budget api" in planned.preview.steps[1].warnings[0]
    done = stage.done(planned)
    assert done.state is State.SUCCEEDED
    told = [row.text for row in stage.store.progress_after(0) if "waits" in row.text]
    assert told == ["step 2: waits: The disruption budget api needs 2 healthy pods and has 2 currently"]


def test_a_budget_that_stays_full_ends_the_drain(stage: Stage) -> None:
    """Nothing was written for that pod, and nothing after it is started."""
    stage.fleet.before = refusing(99)

    done = stage.done(stage.waiting(drain(timeout="1s")))

    assert done.state is State.FAILED
    assert [result.outcome for result in done.results] == [
        StepOutcome.DONE,
        StepOutcome.FAILED,
        StepOutcome.SKIPPED,
        StepOutcome.SKIPPED,
    ]
    assert done.results[1].message.startswith("nothing was written: The disruption budget api")
    assert written(stage) == ["/api/v1/nodes/worker-1"]


def test_several_nodes_are_closed_before_the_first_is_emptied(stage: Stage) -> None:
    """Or pods would move from one to the other; a node that is to be cordoned anyway is so once."""
    stage.nodes.put(pod("c", "worker-2"))
    planned = stage.waiting(act(Verb.CORDON, "node", "worker-1"), drain("worker-1"), drain("worker-2"))

    assert steps(planned) == [
        "1 cordon worker-1",
        "2 cordon worker-2",
        "3 evict a",
        "4 evict b",
        "5 get pods",
        "6 evict c",
        "7 get pods",
    ]


def test_an_edit_goes_to_the_step_that_was_edited_or_nowhere(stage: Stage) -> None:
    """The pods of a node may be others when it is planned again: a number alone would be somebody else's step."""
    planned = stage.waiting(drain())
    edited = stage.service.edit(planned.id, 3, {"timeout": "30s"}, stage.actor("alice"))
    drafts = Understood(drafts=(Draft(action=drain(), why="it was asked for"),), explanation="drain it")
    plan = stage.drafting.plan(edited, drafts)
    assert [step.action.params.get("timeout") for step in plan.steps] == [None, "5m", "30s", None]

    stage.nodes.drop("a")
    plan = stage.drafting.plan(edited, drafts)
    assert [step.action.params.get("timeout") for step in plan.steps] == [None, "30s", None]

    stage.nodes.drop("b")
    stage.nodes.put(pod("c"))
    with pytest.raises(Mistake, match="step 3 is not the one any more that was edited"):
        stage.drafting.plan(edited, drafts)


def test_an_edit_of_what_gets_its_name_later_finds_it(stage: Stage) -> None:
    """A pod to be run has no name in the words, and another one at each planning."""
    run = act(Verb.RUN, "pod", None, "payments", image="busybox")
    edited = stage.service.edit(stage.waiting(run).id, 1, {"image": "busybox:2"}, stage.actor("alice"))
    plan = stage.drafting.plan(edited, Understood(drafts=(Draft(action=run, why="run it"),), explanation="run it"))

    assert plan.steps[0].action.params == {"image": "busybox:2"}


def test_a_plan_has_a_most_number_of_steps(stage: Stage) -> None:
    """Nobody can judge more."""
    for i in range(MOST_STEPS):
        stage.nodes.put(pod(f"p{i}"))

    with pytest.raises(Mistake, match="that would take 124 steps") as caught:
        stage.waiting(drain())
    assert caught.value.now == "a plan has at most 120"


def test_what_chat_cannot_do_is_refused_with_the_command(stage: Stage) -> None:
    """Nothing of the plan is done: the person gets the line to run."""
    files = act(Verb.APPLY, "", None, filename="overlays/dev")

    with pytest.raises(RunItYourself, match="Kubechat sees no files") as caught:
        stage.waiting(drain(), files)

    assert caught.value.then == "run it yourself: `kubectl --context dev apply -k overlays/dev`"


def test_a_whole_object_is_no_parameter_for_words(stage: Stage) -> None:
    """A model that writes a manifest into its plan is refused; an undo or a recipe may."""
    with pytest.raises(InvalidParameter, match="manifest of create is not for words"):
        stage.waiting(act(Verb.CREATE, "configmap", "x", "payments", manifest="{}"))


def test_a_new_object_is_taken_away_by_its_uid(stage: Stage) -> None:
    """Its uid is known only after it was made; another one of its name is not deleted."""
    done = stage.done(stage.waiting(act(Verb.CREATE, "configmap", "settings", "payments", data="A=b")))

    assert done.state is State.SUCCEEDED
    undo = stage.drafting.inverse(done, stage.actor("alice"))
    assert [(draft.action.verb, draft.action.params) for draft in undo.drafts] == [(Verb.DELETE, {"uid": "uid-0"})]


def test_a_deleted_object_is_made_again(stage: Stage) -> None:
    """From what was read before; the undo says nothing of changes, because nobody made any."""
    done = stage.done(stage.waiting(act(Verb.DELETE, "deployment", "api", "payments")))
    assert (done.state, written(stage)) == (State.SUCCEEDED, [str(API)])

    undo = stage.drafting.inverse(done, stage.actor("alice"))

    assert [draft.action.verb for draft in undo.drafts] == [Verb.CREATE]
    assert undo.notes == ("the pods are new ones, and the history of its rollouts is not brought back",)


API = "/apis/apps/v1/namespaces/payments/deployments/api"


def lost(stage: Stage, action: Action, *, applied: bool) -> Request:
    """What the reconciler makes of a write that nobody heard the answer to."""
    ready = stage.allowed(stage.waiting(action))
    setattr(stage.fleet, "after" if applied else "before", lost_answer)
    found = stage.run(ready)
    assert found.state is State.INTERRUPTED
    stage.fleet.before = stage.fleet.after = lambda call, dry_run: None
    for _ in range(2):  # "not applied" is said only when it was seen twice
        stage.walk.reconcile(ready.id)
    return stage.now(ready)


MAKING = act(Verb.CREATE, "configmap", "settings", "payments", data="A=b")
DELETING = act(Verb.DELETE, "deployment", "api", "payments")
EVICTING = act(Verb.EVICT, "pod", "a", "payments")


@pytest.mark.parametrize("action", [MAKING, DELETING, EVICTING], ids=["create", "delete", "evict"])
@pytest.mark.parametrize("applied", [True, False])
def test_a_write_without_an_answer_is_told_from_the_cluster(stage: Stage, action: Action, applied: bool) -> None:
    """The mark of what was made, the absence of what was to go; it is never sent again."""
    found = lost(stage, action, applied=applied)

    assert found.state is (State.SUCCEEDED if applied else State.FAILED)
    assert len(stage.fleet.writes) == applied
