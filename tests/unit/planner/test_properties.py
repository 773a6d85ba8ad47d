"""What holds for any text whatever."""

import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.planner.inventory_look import InventoryLook, inventory
from tests.unit.planner.predict import result_of
from workers.domain.action import Effect
from workers.planner.expand import NEW
from workers.planner.result import Understood
from workers.planner.tokens import vocabulary

WORDS = st.sampled_from(
    sorted(
        vocabulary(
            """
            restart scale delete rollback set image to by from in on the all every pods pod of payment-api web payments
            prod prod-eu us staging dev worker-1 kafka-0 5 0 -1 50% v1.2.3 nginx:1.27 and then or not except but don't
            if because because, kubectl rollout undo -n --replicas=3 --context -l app=web it them ? . , ; : " ' ` ```
            namespace deployment node cordon show logs why is everything nothing half double replicas revision 7 last
            10m delete-pod checkout search default
            """
        )
    )
)
SENTENCES = st.lists(WORDS, max_size=25).map(" ".join)
CONTEXTS = st.fixed_dictionaries({"default_cluster": st.sampled_from([None, "dev", "prod-eu"])})


def exists(target: object, look: InventoryLook) -> bool:
    kind, name, cluster = target.kind, target.name, target.cluster  # type: ignore[attr-defined]
    found = (
        *look.workloads(cluster),
        *look.pods(cluster, None),
        *look.nodes(cluster),
        *look.objects(cluster, kind, None),
    )
    spaces = set(inventory().namespaces)
    return any((n.kind, n.name, n.namespace) == (kind, name, target.namespace) for n in found) or (  # type: ignore[attr-defined]
        kind == "namespace" and name in spaces
    )


@settings(max_examples=300, deadline=None)
@given(SENTENCES, CONTEXTS)
def test_any_sentence_only_changes_what_exists(text: str, context: dict[str, str | None]) -> None:
    """No words in any order raise, or name an object that is not there; a change of many is bounded."""
    result = result_of(text, context)

    if isinstance(result, Understood):
        for draft in result.drafts:
            target = draft.action.target
            assert target.name is None or draft.action.verb in NEW or exists(target, InventoryLook())
            many = target.selector or target.namespace not in (None, "*") or draft.action.verb in NEW
            assert draft.action.effect is Effect.READ or target.name or many


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), CONTEXTS)
def test_any_text_is_answered(text: str, context: dict[str, str | None]) -> None:
    """Control characters, bidi marks, half quotations: something is always answered, never raised."""
    result_of(text, context)


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(
        [
            '"',
            "'",
            "`",
            "a-",
            "restart ",
            "=,",
            "a=b,",
            "1.",
            "kubectl ",
            "except dev ",
            "- ",
            "not ",
            "v1.",
            "\n",
            "and ",
        ]
    )
)
def test_repetition_costs_no_more_than_its_words(piece: str) -> None:
    """4,000 characters of one thing over and over take milliseconds: nothing is tried again and again."""
    text = (piece * 4000)[:4000]

    assert min(_timed(text) for _ in range(5)) < 0.15


def test_random_text_is_answered_in_fifty_milliseconds() -> None:
    """4,000 random characters are answered within 50 ms."""
    dice = random.Random(7)  # not a secret
    texts = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz -_.,/0123456789\"'`\n", k=4000)) for _ in range(3)]

    assert max(min(_timed(text) for _ in range(5)) for text in texts) < 0.05


def _timed(text: str) -> float:
    start = time.perf_counter()
    result_of(text, {"default_cluster": "dev"})
    return time.perf_counter() - start
