"""Whatever a cluster says, a diagnosis comes to an end: objects are data of any shape."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workers.diagnosis.evidence import Evidence, Happening, Output
from workers.diagnosis.judge import judge
from workers.diagnosis.report import report

WORDS = """
metadata name namespace labels ownerReferences controller kind uid spec status phase reason message conditions type
containers state waiting terminated running lastState exitCode restartCount ready resources limits memory selector
matchLabels template ports targetPort subsets addresses image httpGet readinessProbe replicas name limits
"""
KEYS = st.sampled_from(WORDS.split())
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 300),
    st.text(max_size=12),
    st.sampled_from(
        ["Ready", "False", "True", "Deployment", "Job", "CronJob", "PodScheduled", "Unknown", "Failed", "OOMKilled",
         "CrashLoopBackOff", "ImagePullBackOff", "ContainerCreating", "Progressing", "ScalingLimited",
         "TooManyReplicas", "ReplicaFailure", "0/3: 3 Insufficient cpu."]
    ),
)  # fmt: skip
OBJECTS = st.recursive(
    st.dictionaries(KEYS, LEAVES, max_size=4),
    lambda inner: st.dictionaries(KEYS, st.one_of(inner, st.lists(inner, max_size=3), LEAVES), max_size=6),
    max_leaves=30,
)
ANY = st.one_of(OBJECTS, LEAVES, st.lists(st.one_of(OBJECTS, LEAVES), max_size=3))
STATE = st.fixed_dictionaries({}, optional=dict.fromkeys(("waiting", "terminated", "running"), ANY))
NAMED = {"name": LEAVES, "restartCount": LEAVES, "ready": LEAVES, "state": STATE, "lastState": STATE}
CONTAINERS = st.one_of(ANY, st.lists(st.fixed_dictionaries({}, optional=NAMED), max_size=2))
CONDITION = st.fixed_dictionaries({"type": LEAVES, "status": LEAVES}, optional={"reason": LEAVES, "message": LEAVES})
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "conditions": st.one_of(ANY, st.lists(CONDITION, max_size=3)),
    "containerStatuses": CONTAINERS,
    "initContainerStatuses": CONTAINERS,
    "containers": CONTAINERS,
    "replicas": LEAVES,
    "maxReplicas": LEAVES,
    "currentReplicas": LEAVES,
    "phase": LEAVES,
    "reason": LEAVES,
    "selector": ANY,
    "template": ANY,
    "paused": LEAVES,
    "unschedulable": LEAVES,
}
PART = st.one_of(ANY, st.fixed_dictionaries({}, optional=PARTS))
METADATA = st.fixed_dictionaries(
    {}, optional={"name": LEAVES, "namespace": LEAVES, "labels": ANY, "ownerReferences": ANY}
)
OBJECT = st.fixed_dictionaries(
    {}, optional={"kind": LEAVES, "metadata": st.one_of(METADATA, ANY), "spec": PART, "status": PART}
)
SOME = st.lists(OBJECT, max_size=2).map(tuple)
HAPPENING = st.builds(
    Happening,
    kind=st.sampled_from(["pod", "deployment", ""]),
    namespace=st.text(max_size=3),
    name=st.text(max_size=3),
    warning=st.booleans(),
    reason=st.sampled_from(["Failed", "Killing", "Unhealthy", "FailedCreate", "FailedMount"]),
    message=st.text(max_size=40),
)
OUTPUT = st.builds(
    Output,
    namespace=st.just(""),
    pod=st.just(""),
    container=st.just(""),
    previous=st.booleans(),
    lines=st.lists(st.text(max_size=30), max_size=3).map(tuple),
)


@given(
    pods=SOME,
    workloads=SOME,
    nodes=SOME,
    claims=SOME,
    scalers=SOME,
    services=st.lists(st.tuples(OBJECT, OBJECT), max_size=2).map(tuple),
    happenings=st.lists(HAPPENING, max_size=3).map(tuple),
    outputs=st.lists(OUTPUT, max_size=2).map(tuple),
)
def test_a_diagnosis_ends_and_is_bounded(**found: Any) -> None:
    """No exception, no finding without a source, and a report of a size that a card can hold."""
    seen = Evidence(**found)
    findings = judge(seen)
    said = report("here", seen, findings)

    assert all(one.says and one.sources for one in findings)
    assert 1 <= len(said) <= 20
