"""Orders put together from random parts: what is planned is what was put together, or a question is asked."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.planner.inventory_look import InventoryLook, inventory
from tests.unit.planner.predict import result_of
from workers.domain.action import Action, Effect
from workers.planner.result import Understood

CLUSTERS = ("prod-eu", "prod-us", "staging", "dev")
PLACES: dict[str, tuple[str, ...]] = {
    "prod-eu": ("prod-eu",), "prod us": ("prod-us",), "stg": ("staging",), "the dev cluster": ("dev",),
    "staging and dev": ("staging", "dev"), "both prods": ("prod-eu", "prod-us"),
    "all clusters except dev": ("prod-eu", "prod-us", "staging"), "everywhere": CLUSTERS,
}  # fmt: skip
POLITE = ("", "please ", "hey, ", "can you please ", "@kubechat ", "could you ", "ok, now ", "go ahead and ")
THANKS = ("", " please", " thanks", ", thx", " asap", "!")
WORDS = ("sparkle", "gribble", "plonk", "wibbly", "froop", "quux", "zorbs", "blergh", "snarfed", "mumbly")
NEXT = {**dict(zip("abcdefghijklmnopqrstuvwxy", "bcdefghijklmnopqrstuvwxyz", strict=True)), "z": "a"}


FRAMES = (
    "don't {}", "do not {}", "should I {}?", "what happens if I {}?", "never {}", "how do I {}?", "I already did: {}",
    'the log says "{}"', "{} tomorrow", "{} unless it is busy", "if the queue is full, {}", "would it help to {}?",
)  # fmt: skip


@dataclass(frozen=True)
class Wording:
    text: str  # with {name}, and {n}, {v} or {k} where it has a value
    verb: str
    kinds: tuple[str, ...]
    params: Callable[[int], dict[str, object]] = field(default=lambda _: {})


ROLLING = ("deployment", "statefulset", "daemonset")
SCALED = ("deployment", "statefulset")
WORDINGS = (
    Wording("restart {name}", "restart", ROLLING),
    Wording("bounce {name}", "restart", ROLLING),
    Wording("do a rolling restart of {name}", "restart", ROLLING),
    Wording("{name} needs a restart", "restart", ROLLING),
    Wording("scale {name} to {n}", "scale", SCALED, lambda n: {"replicas": n}),
    Wording("scale up {name} to {n} replicas", "scale", SCALED, lambda n: {"replicas": n}),
    Wording("set {name} replicas to {n}", "scale", SCALED, lambda n: {"replicas": n}),
    Wording("scale {name} up by {n}", "scale", SCALED, lambda n: {"delta": n}),
    Wording("scale {name} down by {n}", "scale", SCALED, lambda n: {"delta": -n}),
    Wording("add {n} replicas to {name}", "scale", SCALED, lambda n: {"delta": n}),
    Wording("reduce {name} by {n}%", "scale", SCALED, lambda n: {"percent": -n}),
    Wording("double {name}", "scale", SCALED, lambda _: {"percent": 100}),
    Wording("rollback {name}", "rollback", ROLLING),
    Wording("roll {name} back to revision {n}", "rollback", ROLLING, lambda n: {"revision": n}),
    Wording("undo the last deploy of {name}", "rollback", ROLLING),
    Wording("deploy {name} v1.{n}.0", "set_image", ROLLING, lambda n: {"tag": f"v1.{n}.0"}),
    Wording("set the image of {name} to v2.{n}.1", "set_image", ROLLING, lambda n: {"tag": f"v2.{n}.1"}),
    Wording("pause the rollout of {name}", "pause", ("deployment",)),
    Wording("resume the {name} rollout", "resume", ("deployment",)),
    Wording("autoscale {name} between 1 and {n}", "autoscale", SCALED, lambda n: {"min": 1, "max": n}),
    Wording("autoscale {name} min 1 max {n} at 70% cpu", "autoscale", SCALED,
            lambda n: {"min": 1, "max": n, "cpu_percent": 70}),
    Wording("label {name} with batch=b{n}", "label", ROLLING, lambda n: {"labels": f"batch=b{n}"}),
    Wording("annotate {name} ticket=OPS{n}", "annotate", ROLLING, lambda n: {"annotations": f"ticket=OPS{n}"}),
    Wording("set the memory limit of {name} to {n}Gi", "patch", ROLLING,
            lambda n: {"field": "resources.limits.memory", "value": f"{n}Gi"}),
    Wording("set env BATCH_SIZE={n} on {name}", "patch", ROLLING,
            lambda n: {"field": "env.BATCH_SIZE", "value": str(n)}),
    Wording("open a shell in {name}", "exec", ROLLING, lambda _: {"command": "sh"}),
    Wording("run `head -n {n} /etc/hosts` in {name}", "exec", ROLLING,
            lambda n: {"command": f"head -n {n} /etc/hosts"}),
    Wording("delete pod {name}", "delete_pod", ("pod",)),
    Wording("force delete the pod {name}", "delete_pod", ("pod",), lambda _: {"force": True}),
    Wording("evict {name}", "evict", ("pod",)),
    Wording("cordon {name}", "cordon", ("node",)),
    Wording("uncordon {name}", "uncordon", ("node",)),
    Wording("drain {name}", "drain", ("node",)),
    Wording("drain {name} with a {n} minute timeout", "drain", ("node",), lambda n: {"timeout": f"{n}m"}),
)  # fmt: skip
KUBECTL = (
    Wording("kubectl rollout restart {kind}/{name}", "restart", ROLLING),
    Wording("kubectl scale {kind} {name} --replicas={n}", "scale", SCALED, lambda n: {"replicas": n}),
    Wording("kubectl scale --replicas {n} {kind}/{name}", "scale", SCALED, lambda n: {"replicas": n}),
    Wording("kubectl rollout undo {kind} {name} --to-revision={n}", "rollback", ROLLING, lambda n: {"revision": n}),
    Wording("kubectl rollout pause {kind}/{name}", "pause", ("deployment",)),
    Wording("kubectl rollout resume {kind} {name}", "resume", ("deployment",)),
    Wording("kubectl set env {kind}/{name} BATCH={n}", "patch", ROLLING,
            lambda n: {"field": "env.BATCH", "value": str(n)}),
    Wording("kubectl label {kind} {name} batch=b{n}", "label", ROLLING, lambda n: {"labels": f"batch=b{n}"}),
    Wording("kubectl annotate {kind} {name} batch-", "annotate", ROLLING, lambda _: {"annotations": "batch-"}),
    Wording("kubectl autoscale {kind} {name} --max={n}", "autoscale", SCALED, lambda n: {"max": n}),
    Wording("kubectl exec -it {kind}/{name} -- env", "exec", ROLLING, lambda _: {"command": "env"}),
    Wording("kubectl delete pod {name} --grace-period={n}", "delete_pod", ("pod",), lambda n: {"grace_period": n}),
    Wording("kubectl cordon {name}", "cordon", ("node",)),
    Wording("kubectl drain {name} --ignore-daemonsets --force", "drain", ("node",),
            lambda _: {"force": True, "ignore_daemonsets": True}),
)  # fmt: skip


@dataclass(frozen=True)
class Order:
    text: str
    verb: str
    name: str
    clusters: tuple[str, ...]
    params: dict[str, object]


def names(kind: str, clusters: tuple[str, ...]) -> list[str]:
    """Names of a kind that are there in all of these clusters."""
    look = InventoryLook()
    listed = {"pod": lambda c: look.pods(c, None), "node": look.nodes}.get(kind, look.workloads)
    sets = [{named.name for named in listed(cluster) if named.kind == kind} for cluster in clusters]  # type: ignore[arg-type]
    return sorted(set.intersection(*sets))


@st.composite
def orders(draw: st.DrawFn, wordings: tuple[Wording, ...] = WORDINGS) -> Order:
    wording = draw(st.sampled_from(wordings))
    literal = wording.text.startswith("kubectl")
    places = {c: (c,) for c in CLUSTERS} if literal else PLACES
    place = draw(st.sampled_from(sorted(places)))
    kind = draw(st.sampled_from(wording.kinds))
    there = names(kind, places[place])
    if not there:
        place = draw(st.sampled_from(sorted(place for place, clusters in places.items() if names(kind, clusters))))
        there = names(kind, places[place])
    name = draw(st.sampled_from(there))
    number = draw(st.integers(2, 40))
    text = wording.text.format(name=name, n=number, kind=kind)
    if literal:
        early = text.replace("kubectl", f"kubectl --context={place}", 1)
        late = f"{text} --context {place}"
        text = early if " -- " in text else draw(st.sampled_from([early, late]))
    else:
        inside = place if place == "everywhere" else f"in {place}"
        shapes = (f"{text} {inside}", f"{inside} {text}") if inside[0] != "e" else (f"{text} {inside}",)
        text = draw(st.sampled_from(shapes))
        text = draw(st.sampled_from(POLITE)) + text + draw(st.sampled_from(THANKS))
    return Order(text=text, verb=wording.verb, name=name, clusters=places[place], params=wording.params(number))


def slipped(text: str, at: int, mistake: str) -> str:
    """One typing mistake at a letter."""
    return {
        "drop": text[:at] + text[at + 1 :],
        "swap": text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :],
        "double": text[: at + 1] + text[at:],
        "other": text[:at] + NEXT[text[at]] + text[at + 1 :],
    }[mistake]


def changes(text: str) -> list[Action]:
    """What is planned of it, without what only reads."""
    result = result_of(text, {})
    drafts = result.drafts if isinstance(result, Understood) else ()
    return [draft.action for draft in drafts if draft.action.effect is not Effect.READ]


def is_ordered(actions: list[Action], order: Order) -> bool:
    """Exactly this verb, object, parameters and clusters."""
    return {a.target.cluster for a in actions} == set(order.clusters) and all(
        (str(a.verb), a.target.name, dict(a.params)) == (order.verb, order.name, order.params) for a in actions
    )


@settings(max_examples=400, deadline=None)
@given(orders())
def test_order_with_every_part_is_planned_as_it_is_said(order: Order) -> None:
    """Any wording, politeness and order of words comes to this change and no other."""
    actions = changes(order.text)

    assert is_ordered(actions, order), (order, actions)


@settings(max_examples=200, deadline=None)
@given(orders(KUBECTL))
def test_kubectl_line_with_every_part_is_planned_as_it_stands(order: Order) -> None:
    """Flags before or behind: the line means what kubectl would do."""
    actions = changes(order.text)

    assert is_ordered(actions, order), (order, actions)


@settings(max_examples=400, deadline=None)
@given(orders(), st.integers(0, 200), st.sampled_from(["drop", "swap", "double", "other"]))
def test_typing_mistake_leads_to_the_same_change_or_to_none(order: Order, at: int, mistake: str) -> None:
    """One wrong letter anywhere is corrected, or asked about; it never makes another change."""
    text = order.text
    at %= len(text)
    if text[at] not in NEXT:
        return

    actions = changes(slipped(text, at, mistake))

    harmless = all(
        (str(a.verb), a.target.name) == (order.verb, order.name) and a.target.cluster in order.clusters for a in actions
    )
    assert harmless, (order, slipped(text, at, mistake), actions)


@settings(max_examples=400, deadline=None)
@given(orders(tuple(w for w in WORDINGS if w.verb != "exec")), st.integers(0, 40), st.sampled_from(WORDS))
def test_word_that_is_not_known_leads_to_the_same_change_or_to_none(order: Order, at: int, word: str) -> None:
    """A change is planned only when every word of it is understood."""
    parts = order.text.split()
    at %= len(parts) + 1
    text = " ".join([*parts[:at], word, *parts[at:]])

    actions = changes(text)

    assert not actions or is_ordered(actions, order), (text, actions)


@settings(max_examples=200, deadline=None)
@given(orders(), st.sampled_from(FRAMES))
def test_order_that_is_denied_asked_or_quoted_is_not_planned(order: Order, frame: str) -> None:
    """What is not ordered changes nothing."""
    body = order.text.rstrip("!")

    assert changes(frame.format(body)) == [], frame.format(body)


def test_inventory_has_every_kind_that_is_ordered() -> None:
    """The generator has something to choose from for each of its wordings."""
    assert all(names(kind, ("dev",)) for wording in WORDINGS for kind in wording.kinds)
    assert inventory()
