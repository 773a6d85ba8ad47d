"""Sentences that look, talk or tell, put together at random: what is asked for is planned,
and nothing ever changes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.planner.inventory_look import InventoryLook, fleet, inventory, names
from workers.domain.action import Effect, Verb
from workers.domain.plan import Scope
from workers.planner.result import Result, Understood
from workers.planner.understand import understand

LOOK = InventoryLook()
WORKLOADS = [item.name for item in inventory().workloads if item.kind in ("deployment", "statefulset")]
CLUSTERS = inventory().clusters
SPACES = [space for space in inventory().namespaces if space != "default"]

polite = st.sampled_from(["", "please ", "hey, ", "can you ", "@kubechat ", "could you please ", "ok so "])
workload = st.sampled_from(WORKLOADS)
cluster = st.sampled_from(CLUSTERS)
space = st.sampled_from(SPACES)
into = st.sampled_from(["in", "on", "from"])

# (wording, verb); {} is a workload
OF_ONE = st.sampled_from(
    [
        ("logs of {}", Verb.LOGS), ("show me the logs for {}", Verb.LOGS), ("tail {}", Verb.LOGS),
        ("describe {}", Verb.DESCRIBE), ("details of {}", Verb.DESCRIBE), ("events for {}", Verb.EVENTS),
        ("what happened to {}", Verb.EVENTS), ("rollout status of {}", Verb.ROLLOUT_STATUS),
        ("rollout history of {}", Verb.ROLLOUT_HISTORY), ("list revisions of {}", Verb.ROLLOUT_HISTORY),
        ("why is {} failing", Verb.DIAGNOSE), ("what's wrong with {}", Verb.DIAGNOSE), ("diagnose {}", Verb.DIAGNOSE),
        ("investigate {}", Verb.DIAGNOSE), ("get {}", Verb.GET), ("show {}", Verb.GET),
    ]
)  # fmt: skip
OF_A_PLACE = st.sampled_from(
    [
        ("list pods", Verb.GET, "pod"), ("show deployments", Verb.GET, "deployment"), ("get services",
        Verb.GET, "service"),
        ("which configmaps are there", Verb.GET, "configmap"), ("top pods", Verb.TOP, "pod"),
        ("crashlooping pods", Verb.GET, "pod"), ("how many pods are there", Verb.GET, "pod"),
        ("show events", Verb.EVENTS, "event"), ("any persistent volume claims", Verb.GET, "persistentvolumeclaim"),
    ]
)  # fmt: skip
CHANGE = st.sampled_from(
    [
        "restart {}", "scale {} to 0", "delete {}", "roll back {}", "delete pod {}-0", "kubectl delete deploy {}",
        "set {} to v9.9.9", "kubectl scale deploy/{} --replicas=0",
    ]
)  # fmt: skip
TOLD = st.sampled_from(
    [
        "how do I {}?", "should we {}?", "don't {}", "never {}", "what happens if I {}?", "if it breaks again {}",
        'the log says "{}"', "the log says: {}", "alert: KubeDown description: {}", "is it safe to {}?",
        "maybe {} tomorrow",
        "what would it mean to {}?", "we were going to {}", "the runbook says to {}", "```{}```", "please nobody {}",
        "KubePodCrashLooping pod=x-1 {}", "2026-01-01T00:00:00Z ERROR {}", "I wonder whether to {}",
        "Bob will {} later",
    ]
)  # fmt: skip


def plan(text: str) -> Result:
    return understand(text, choices=(), scope=Scope(), clusters=fleet(), names=names(), look=LOOK)


@settings(max_examples=150, deadline=None)
@given(polite, OF_ONE, workload, into, cluster)
def test_look_at_one_object_is_planned_as_asked(
    start: str, wording: tuple[str, Verb], name: str, at: str, where: str
) -> None:
    """Verb, object and cluster are those that were said, whatever stands around them."""
    pattern, verb = wording
    result = plan(f"{start}{pattern.format(name)} {at} {where}")

    assert isinstance(result, Understood), result
    assert [(d.action.verb, d.action.target.name, d.action.target.cluster) for d in result.drafts] == [
        (verb, name, where)
    ]


@settings(max_examples=150, deadline=None)
@given(polite, OF_A_PLACE, space, cluster)
def test_list_of_a_place_is_planned_as_asked(
    start: str, wording: tuple[str, Verb, str], namespace: str, where: str
) -> None:
    """Kind, namespace and cluster are those that were said."""
    pattern, verb, kind = wording
    result = plan(f"{start}{pattern} in the {namespace} namespace on {where}")

    assert isinstance(result, Understood), result
    assert [
        (d.action.verb, d.action.target.kind, d.action.target.namespace, d.action.target.cluster) for d in result.drafts
    ] == [(verb, kind, namespace, where)]


@settings(max_examples=300, deadline=None)
@given(polite, TOLD, CHANGE, workload, cluster)
def test_change_that_is_not_ordered_is_never_planned(
    start: str, frame: str, change: str, name: str, where: str
) -> None:
    """Questions, suppositions, negations, quotations, alerts and stories only ever look."""
    result = plan(start + frame.format(f"{change.format(name)} in {where}"))

    drafts = result.drafts if isinstance(result, Understood) else ()
    assert [draft.why for draft in drafts if draft.action.effect is not Effect.READ] == []
