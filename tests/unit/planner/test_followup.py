"""Messages that leave out what the thread has said."""

import pytest

from tests.unit.planner.inventory_look import InventoryLook, fleet, names
from workers.domain.action import Action, Effect
from workers.domain.plan import Scope
from workers.domain.value import ClusterName
from workers.planner.result import Result, Understood
from workers.planner.understand import understand


def say(text: str, before: tuple[Action, ...] = (), default: tuple[str, ...] = ()) -> Result:
    scope = Scope(clusters=tuple(ClusterName(c) for c in default))
    return understand(
        text, choices=(), scope=scope, clusters=fleet(), names=names(), look=InventoryLook(), before=before
    )


def thread(*texts: str) -> Result:
    before: tuple[Action, ...] = ()
    result: Result | None = None
    for text in texts:
        result = say(text, before)
        before = tuple(draft.action for draft in result.drafts) if isinstance(result, Understood) else before
    assert result is not None
    return result


# (the turns of a thread, what the last one is understood as)
THREADS = [
    (("restart web in dev", "now in staging too"), "restart deployment web in staging"),
    (("restart web in dev", "now in staging too", "same for prod-us"), "restart deployment web in prod-us"),
    (("logs of checkout-web and checkout-cart in prod-eu", "only the cart"),
     "logs of deployment checkout-cart in prod-eu"),
    (("why is payment-api failing in prod-eu", "and its logs"), "logs of deployment payment-api in prod-eu"),
    (("why is payment-api failing in prod-eu", "and the worker?"), "diagnose deployment payment-worker in prod-eu"),
    (("logs of web in dev, last 10m", "describe it"), "describe deployment web in dev"),
    (("logs of web in dev, last 10m", "now in staging"), "logs of deployment web (since 10m) in staging"),
    (("logs of web in dev", "scale it to 3"), "scale deployment web (replicas 3) in dev"),
    (("scale web to 5 in staging", "same but 6 replicas"), "scale deployment web (replicas 6) in staging"),
    (("scale web to 5 in staging", "do it in dev as well"), "scale deployment web (replicas 5) in dev"),
    (("get pods in payments on staging", "what about prod-us?"), "get pods in prod-us"),
    (("top pods in search in dev", "also in prod-eu"), "top of pods in prod-eu"),
    (("set web to v1.2.3 in dev", "now in both prods"), "set image deployment web (tag v1.2.3) in prod-eu, prod-us"),
    (("restart payment-api and payment-worker in dev", "show their logs"),
     "logs of deployment payment-api in dev; logs of deployment payment-worker in dev"),
    (("diagnose checkout in prod-eu", "and prod-us too"), "diagnose everything in checkout in prod-us"),
]  # fmt: skip


@pytest.mark.parametrize(("turns", "explanation"), THREADS)
def test_what_is_left_out_comes_from_the_thread(turns: tuple[str, ...], explanation: str) -> None:
    """Verb, object, clusters and parameters that a message does not say are those of the plan before it."""
    result = thread(*turns)

    assert isinstance(result, Understood), result
    assert explanation == result.explanation
    assert "thread" in {taken.source for taken in result.taken}


@pytest.mark.parametrize(
    "turns",
    [
        ("restart web in dev", "again"),
        ("restart web in dev", "and in staging?"),
        ("restart web in dev", "what about redis?"),
        ("restart web in dev", "not in staging"),
        ("restart web in dev", "don't do it in prod-us"),
        ("restart web in dev", "same in prod-ap"),
        ("restart web in dev", "undo"),
        ("restart web in dev", 'the log says "now in staging too"'),
        ("rollback web in dev", "same for staging"),
        ("delete pod redis-0 in staging", "same for prod-us"),
        ("logs of web in dev", "restart"),
        ("logs of web in dev", "delete it"),
        ("restart web in dev", "not again"),
        ("restart web in dev", "prod-eu"),
        ("restart web in dev", "only the worker"),
        ("restart web in dev", "dev only please"),
        ("restart web in dev", "ok now undo that"),
        ("restart web in dev", "staging has the same problem"),
        ("restart web in dev", "it was in staging too"),
        ("restart web in dev", "set the image to v2.0.0 in staging"),
        ("scale web to 5 in dev", "same but frobnicate it in staging"),
    ],
)
def test_change_is_never_guessed_from_the_thread(turns: tuple[str, ...]) -> None:
    """A question, a negation, an unknown word, or nothing new repeats no change."""
    result = thread(*turns)

    drafts = result.drafts if isinstance(result, Understood) else ()
    assert [draft.action.verb for draft in drafts if draft.action.effect is not Effect.READ] == []


@pytest.mark.parametrize(
    "text", ["now in staging too", "only the cart", "and its logs", "same but 6 replicas", "again"]
)
def test_without_a_thread_nothing_is_filled_in(text: str) -> None:
    """There is nothing to go on from."""
    assert not isinstance(say(text, default=("dev",)), Understood)


def test_full_request_does_not_look_back() -> None:
    """A request that says its object goes to the channel's own cluster."""
    before = tuple(d.action for d in thread("logs of web in prod-eu").drafts)  # type: ignore[union-attr]

    result = say("logs of redis", before, default=("dev",))

    assert isinstance(result, Understood)
    assert result.explanation == "logs of statefulset redis in dev"
