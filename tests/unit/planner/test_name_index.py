"""The index of names: what lists and events make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.value import ClusterName
from workers.planner import name_index
from workers.planner.name_index import KEPT, NameIndex
from workers.planner.names import Named

DEV = ClusterName("dev")


def pod(name: str, namespace: str = "payments", uid: str = "1") -> Named:
    return Named(cluster=DEV, namespace=namespace, kind="pod", name=name, uid=uid, labels={"app": "web"})


def test_cluster_is_known_when_every_kind_was_listed() -> None:
    """Half an index is none: what is missing in it would look like what is not there."""
    index = NameIndex()
    for kind in KEPT[:-1]:
        index.replace(DEV, kind, ())
    before = index.knows(DEV)
    index.replace(DEV, KEPT[-1], ())

    assert (before, index.knows(DEV)) == (False, True)


def test_silence_ends_belief() -> None:
    """A cluster that has not been heard of for a while is asked live."""
    index = NameIndex()
    for kind in KEPT:
        index.replace(DEV, kind, ())
    silent = index._shelves[DEV, "pod"]
    silent.heard_at -= name_index.FRESH_SECONDS + 1
    unheard = index.knows(DEV)
    index.heard(DEV, "pod")

    assert (unheard, index.knows(DEV)) == (False, True)


def test_one_name_in_two_namespaces_is_two_objects() -> None:
    """Dropping one leaves the other."""
    index = NameIndex()
    index.replace(DEV, "pod", [pod("a"), pod("a", "search")])
    index.drop(DEV, "pod", "payments", "a")

    assert [one.namespace for one in index.called(DEV, "pod", "a")] == ["search"]


def test_event_before_the_list_is_not_kept() -> None:
    """Without the list around it, one object would make an index that lacks all others."""
    index = NameIndex()
    index.put(pod("a"))

    assert len(index) == 0


@pytest.mark.parametrize("again", [False, True])
def test_labels_of_many_pods_are_kept_once(*, again: bool) -> None:
    """30,000 pods have a few hundred different sets of labels."""
    index = NameIndex()
    index.replace(DEV, "pod", [pod("a"), pod("b")])
    if again:
        index.put(pod("c"))

    assert len({id(one.labels) for one in index.rows(DEV, "pod")}) == 1


_EVENTS = st.lists(st.tuples(st.sampled_from("PD"), st.sampled_from("abc"), st.sampled_from("xy")), max_size=30)


@given(_EVENTS)
def test_any_history_of_events_leaves_what_a_set_would(history: list[tuple[str, str, str]]) -> None:
    """Puts and drops in any order agree with the plainest model."""
    index, model = NameIndex(), set[tuple[str, str]]()
    index.replace(DEV, "pod", ())
    for event, name, space in history:
        if event == "P":
            index.put(pod(name, space))
            model.add((name, space))
        else:
            index.drop(DEV, "pod", space, name)
            model.discard((name, space))
        index.rows(DEV, "pod")

    assert {(one.name, one.namespace) for one in index.rows(DEV, "pod")} == model
