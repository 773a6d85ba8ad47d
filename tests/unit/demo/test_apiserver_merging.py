"""Patches and server-side apply on plain objects."""

from typing import Any

import pytest

from workers.demo.apiserver import fields, managed, server_side_apply
from workers.demo.apiserver.errors import StatusError
from workers.demo.apiserver.json_patch import apply_json_patch, apply_merge_patch
from workers.demo.apiserver.strategic import apply_strategic

# RFC 6902, appendix A: document, patch, result (None: does not apply)
JSON_PATCHES = [
    ({"a": 1}, [{"op": "add", "path": "/b", "value": 2}], {"a": 1, "b": 2}),
    ({"a": [1, 3]}, [{"op": "add", "path": "/a/1", "value": 2}], {"a": [1, 2, 3]}),
    ({"a": [1]}, [{"op": "add", "path": "/a/-", "value": [2]}], {"a": [1, [2]]}),
    ({"a": 1, "b": 2}, [{"op": "remove", "path": "/b"}], {"a": 1}),
    ({"a": [1, 2]}, [{"op": "remove", "path": "/a/0"}], {"a": [2]}),
    ({"a": [1, 2]}, [{"op": "replace", "path": "/a/0", "value": 9}], {"a": [9, 2]}),
    ({"a": {"x": 1}}, [{"op": "move", "from": "/a/x", "path": "/b"}], {"a": {}, "b": 1}),
    ({"a": {"x": 1}}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": {"x": 1}, "b": {"x": 1}}),
    (
        {"m/n": 8, "m~n": 9},
        [{"op": "test", "path": "/m~1n", "value": 8}, {"op": "remove", "path": "/m~0n"}],
        {"m/n": 8},
    ),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": "1"}], None),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": True}], None),
    ({"a": 1}, [{"op": "replace", "path": "/b", "value": 1}], None),
    ({"a": 1}, [{"op": "remove", "path": "/b"}], None),
    ({"a": [1]}, [{"op": "add", "path": "/a/5", "value": 1}], None),
    ({"a": 1}, [{"op": "explode", "path": "/a"}], None),
]


@pytest.mark.parametrize(("document", "patch", "result"), JSON_PATCHES)
def test_a_json_patch_applies_as_a_whole_or_is_refused(document: Any, patch: Any, result: Any):
    """Every operation of RFC 6902 works, and one that does not apply is a 422."""
    if result is None:
        with pytest.raises(StatusError) as refused:
            apply_json_patch(document, patch)
        assert refused.value.code == 422
    else:
        assert result == apply_json_patch(document, patch)


def test_a_merge_patch_replaces_lists_and_removes_nulls():
    """RFC 7386: objects merge, everything else replaces, null removes."""
    patched = apply_merge_patch({"a": {"b": 1, "c": 2}, "l": [1, 2]}, {"a": {"b": None, "d": 3}, "l": [3]})

    assert patched == {"a": {"c": 2, "d": 3}, "l": [3]}


POD = {
    "spec": {
        "containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}],
        "tolerations": [{"key": "x"}],
    }
}
STRATEGIC = [
    (
        {"containers": [{"name": "a", "image": "a:2"}]},
        "containers",
        [{"name": "a", "image": "a:2"}, {"name": "b", "image": "b:1"}],
    ),
    ({"containers": [{"name": "a", "$patch": "delete"}]}, "containers", [{"name": "b", "image": "b:1"}]),
    ({"containers": [{"$patch": "replace"}, {"name": "c"}]}, "containers", [{"name": "c"}]),
    ({"tolerations": [{"key": "y"}]}, "tolerations", [{"key": "y"}]),
    ({"$setElementOrder/containers": [{"name": "b"}]}, "containers", POD["spec"]["containers"]),
    ({"volumes": [{"name": "v", "$retainKeys": ["name"]}]}, "volumes", [{"name": "v"}]),
]


@pytest.mark.parametrize(("spec", "field", "expected"), STRATEGIC)
def test_a_strategic_patch_merges_by_the_table(spec: Any, field: str, expected: Any):
    """Lists with a merge key merge, others replace, directives are obeyed and never stored."""
    assert expected == apply_strategic(POD, {"spec": spec})["spec"][field]


def test_a_strategic_patch_edits_sets_of_plain_values():
    """Finalizers are a set: added once, removed with $deleteFromPrimitiveList."""
    obj = {"metadata": {"finalizers": ["a", "b"]}}

    added = apply_strategic(obj, {"metadata": {"finalizers": ["b", "c"]}})
    removed = apply_strategic(obj, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}})

    assert added["metadata"]["finalizers"] == ["a", "b", "c"]
    assert removed["metadata"]["finalizers"] == ["b"]


def test_fields_are_written_and_read_back():
    """fieldsV1 names list items by their keys and round-trips."""
    paths = set(
        fields.leaves({"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80}]}], "replicas": 1}})
    )

    tree = fields.to_tree(paths)

    port = 'k:{"containerPort":80,"protocol":"TCP"}'
    assert tree["f:spec"]["f:containers"]['k:{"name":"a"}']["f:ports"][port] == {".": {}, "f:containerPort": {}}
    assert paths == fields.from_tree(tree)
    assert fields.shown(("f:spec", "f:containers", 'k:{"name":"a"}', "f:image")) == '.spec.containers[name="a"].image'


def test_an_update_takes_fields_from_their_manager():
    """Who changes a field owns it, and the one who had it does not any more."""
    old: Any = {"metadata": {}, "spec": {"replicas": 1, "paused": False}}
    old["metadata"]["managedFields"] = managed.after_update(None, old, "one", "apps/v1", "", "t1")
    new = {"metadata": dict(old["metadata"]), "spec": {"replicas": 2, "paused": False}}

    entries = managed.after_update(old, new, "two", "apps/v1", "scale", "t2")

    owned = {one["manager"]: (one["fieldsV1"], one.get("subresource")) for one in entries}
    assert owned == {"one": ({"f:spec": {"f:paused": {}}}, None), "two": ({"f:spec": {"f:replicas": {}}}, "scale")}


def apply(live: Any, config: Any, manager: str, *, force: bool = False) -> Any:
    merged, entries = server_side_apply.apply(
        live, config, manager=manager, api_version="apps/v1", subresource="", force=force, now="t"
    )
    merged.setdefault("metadata", {})["managedFields"] = entries
    return merged


def test_an_applier_removes_the_list_item_it_gave_up():
    """A container that its only manager no longer declares goes; what others own stays."""
    first = apply({}, {"spec": {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]}}, "me")
    shared = apply(first, {"spec": {"containers": [{"name": "b", "image": "1"}]}}, "you")

    left = apply(shared, {"spec": {"containers": []}}, "me")

    assert left["spec"]["containers"] == [{"name": "b", "image": "1"}]


def test_a_conflict_names_every_manager_and_field():
    """Two conflicts are listed under their manager; force takes the fields away from it."""
    live = apply({}, {"spec": {"a": 1, "b": 1}}, "one")

    with pytest.raises(StatusError) as refused:
        apply(live, {"spec": {"a": 2, "b": 2}}, "two")
    taken = apply(live, {"spec": {"a": 2, "b": 2}}, "two", force=True)

    assert refused.value.message == 'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.a\n- .spec.b'
    assert [cause["field"] for cause in (refused.value.details or {})["causes"]] == [".spec.a", ".spec.b"]
    assert [one["manager"] for one in taken["metadata"]["managedFields"]] == ["two"]
