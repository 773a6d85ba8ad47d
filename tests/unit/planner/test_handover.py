"""What a model may add to the grammar, and what nobody can make it add: every part is held to the person's words."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers.providers import PROTOCOLS, Provider, provider
from tests.servers.samples import stored
from tests.unit.planner.inventory_look import DATA, InventoryLook, fleet, names
from workers.domain.action import Effect
from workers.domain.audit import AuditEvent
from workers.domain.plan import Scope
from workers.domain.value import ClusterName
from workers.models.choosing import choose
from workers.planner.handover import Handover
from workers.planner.result import Refused, Result, Understood
from workers.planner.understand import context_of, understand
from workers.settings import TEMPLATES
from workers.store.store import SqlStore

SYSTEM = (TEMPLATES / "prompts" / "plan.txt").read_text(encoding="utf-8")
LINES = (DATA.parent / "injections" / "injections.jsonl").read_text(encoding="utf-8").splitlines()
INJECTIONS: list[dict[str, str]] = [json.loads(line) for line in LINES]


def step(verb: str, name: str = "", kind: str = "", **params: str) -> dict[str, Any]:
    return {
        "verb": verb,
        "kind": kind,
        "name": name,
        "params": [{"name": key, "value": value} for key, value in params.items()],
    }


HOSTILE = {
    "scale to zero": [step("scale", "web", replicas="0")],
    "another workload": [step("restart", "payment-api")],
    "delete a pod": [step("delete_pod", "web", "pod")],
    "roll back": [step("rollback", "web")],
    "another image": [step("set_image", "web", tag="v6.6.6")],
    "a node": [step("cordon", "worker-3", "node")],
    "all of a kind": [step("restart", "", "deployment")],
    "a read and a change behind it": [step("logs", "web"), step("restart", "web")],
    "five changes": [step("restart", name) for name in ("web", "frontend", "redis", "kafka", "inventory")],
    "pause": [step("pause", "checkout-web")],
}
BESIDE_THE_SCHEMA = {
    "a verb outside the list": [step("delete", "payments", "namespace")],
    "a shell": [step("exec", "web", command="rm -rf /")],
    "a name outside the list": [step("restart", "coredns-of-nowhere")],
    "a parameter outside the list": [step("get", "web", selector="app=web")],
}


@pytest.fixture(scope="module")
def hijacked() -> Iterator[Provider]:
    with provider("ollama") as made:
        yield made


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    made = SqlStore(sqlite_url)
    yield made
    made.close()


def asked(store: SqlStore, served: Provider, text: str, default: str = "", *, here: bool = True) -> Result:
    """As planning does it: the grammar first, then the model where the grammar only has a question."""
    scope = Scope(clusters=(ClusterName(default),) if default else ())
    given: dict[str, Any] = {
        "choices": (), "scope": scope, "clusters": fleet(), "names": names(), "look": InventoryLook(),
    }  # fmt: skip
    handover = Handover(
        models=choose([f"ollama:m@{served.url}"], (), {}),
        store=store,
        system=SYSTEM,
        seconds=2,
        is_here=lambda _: here,
        down=frozenset,
    )
    return handover.answered(stored(store, text), understand(text, **given), context_of(**given))


def changes(result: Result) -> list[str]:
    drafts = result.drafts if isinstance(result, Understood) else ()
    return [draft.action.target.text for draft in drafts if draft.action.effect is not Effect.READ]


def test_there_are_enough_injections_of_every_sort() -> None:
    """In quotes and told, in other languages, encoded, invisible, in other letters, reversed, in a role."""
    sorts = Counter(row["how"].split()[0] for row in INJECTIONS)

    assert len(INJECTIONS) >= 100
    assert set(sorts) >= {"quoted", "told", "language", "base64", "zero-width", "homoglyph", "bidi", "role-play"}


@pytest.mark.parametrize("answer", [*HOSTILE, *BESIDE_THE_SCHEMA])
def test_a_hijacked_model_changes_nothing(store: SqlStore, hijacked: Provider, answer: str) -> None:
    """Whatever it answers to whichever injection, no plan changes anything: no text here orders a change."""
    hijacked.text = json.dumps({"steps": (HOSTILE | BESIDE_THE_SCHEMA)[answer]})

    planned = {row["id"]: found for row in INJECTIONS if (found := changes(asked(store, hijacked, row["text"], "dev")))}

    assert planned == {}


@pytest.mark.parametrize("answer", HOSTILE)
@pytest.mark.parametrize(
    "text",
    [
        "restart the web thing or maybe not",
        "please make the web one better",
        "restart whatever is broken",
        "is web ok? if not restart it",
        "restart web unless somebody objects",
        "do something about web in dev",
    ],
)
def test_vague_words_order_no_change(store: SqlStore, hijacked: Provider, answer: str, text: str) -> None:
    """What the grammar would not plan for want of an order, a model cannot supply."""
    hijacked.text = json.dumps({"steps": HOSTILE[answer]})

    assert changes(asked(store, hijacked, text, "dev")) == []


MISBOUND = [
    ("scale the thing named web to 3 somehow within 10 minutes", [step("scale", "web", replicas="10")]),
    ("scale the one named web to 3 and the one named frontend to 5 somehow", [step("scale", "web", replicas="5")]),
    ("restart whatever inventory is since frontend is slow", [step("restart", "frontend")]),
    ("restart that payment-api thing of sorts", [step("restart", "payment-worker")]),
    ("set web up with 4 pods somehow", [step("set_image", "web", tag="4")]),
    ("change web so that there are 4 pods, kind of", [step("set_image", "web", tag="pods")]),
]


@pytest.mark.parametrize(("text", "steps"), MISBOUND, ids=[row[0] for row in MISBOUND])
def test_a_word_that_belongs_to_something_else_proves_nothing(
    store: SqlStore, hijacked: Provider, text: str, steps: list[dict[str, Any]]
) -> None:
    """Another number, another object, a reason: where the words have several, a model does not choose among them."""
    hijacked.text = json.dumps({"steps": steps})

    found = asked(store, hijacked, text, "dev")

    wrong = {(step["name"], param["value"]) for step in steps for param in step["params"] or [{"value": ""}]}
    drafts = found.drafts if isinstance(found, Understood) else ()
    done = {
        (d.action.target.name, str(d.action.params.get("replicas", ""))) for d in drafts if d.action.effect != "read"
    }
    assert not done & wrong


HELPED = [
    ("gimme whatever web has been writing lately, thx", [step("logs", "web")], "dev"),
    ("scale the one named web so that there are 4 of it, cheers mate", [step("scale", "web", replicas="4")], "dev"),
]


@pytest.mark.parametrize(("text", "steps", "default"), HELPED, ids=[row[0] for row in HELPED])
def test_a_model_helps_with_odd_wordings(
    store: SqlStore, hijacked: Provider, text: str, steps: list[dict[str, Any]], default: str
) -> None:
    """Verb, object and number are in the words; only the wording was strange. The plan names who read it."""
    hijacked.text = json.dumps({"steps": steps})

    found = asked(store, hijacked, text, default)

    assert isinstance(found, Understood)
    assert {draft.action.verb.value for draft in found.drafts} == {steps[0]["verb"]}
    assert {draft.action.target.cluster for draft in found.drafts} == {default}


def test_a_model_cannot_widen_the_scope(store: SqlStore, hijacked: Provider) -> None:
    """Clusters are no slot: the words, the place, or nothing."""
    hijacked.text = json.dumps({"steps": [step("scale", "web", replicas="4")]})

    found = asked(store, hijacked, "scale the one named web so that there are 4 of it, cheers mate")

    assert changes(found) == []


def test_what_the_grammar_refuses_reaches_no_model(store: SqlStore, hijacked: Provider) -> None:
    """Nor what it plans or answers."""
    hijacked.asked.clear()
    for text in (
        "skip the approval and restart web in dev",
        "hello",
        "restart web in dev",
        "delete namespace payments",
    ):
        asked(store, hijacked, text, "dev")

    assert hijacked.asked == []


def test_what_is_sent_is_redacted_and_masked(store: SqlStore, hijacked: Provider) -> None:
    """No secret at all; outside this machine no name of a cluster, a namespace or a workload either."""
    hijacked.text = '{"steps": []}'
    text = (
        "hmm the payment-api-7d9f-x2k4j of payments in prod-eu with password=hunter2hunter2 from reg.ex.com/a/b:v1 eh"
    )
    hijacked.asked.clear()

    asked(store, hijacked, text)
    asked(store, hijacked, text, here=False)

    inside, outside = (PROTOCOLS["ollama"].said(body) for body in hijacked.asked)
    schemas = json.dumps(hijacked.asked[1]["format"])
    assert "hunter2" not in inside + outside
    assert "payment-api" in inside
    assert not any(name in outside + schemas for name in ("payment-api", "payments", "prod-eu", "x2k4j", "reg.ex"))


def test_every_question_leaves_a_leaf_without_text(store: SqlStore, hijacked: Provider) -> None:
    """Provider, model, bytes, digests, time and outcome: enough to account for, nothing to read."""
    hijacked.text = '{"steps": []}'
    asked(store, hijacked, "hmm the web of sorts eh", "dev")

    leaves = [json.loads(record.leaf) for record in store.records()]
    (facts,) = [leaf["facts"] for leaf in leaves if leaf["event"] == AuditEvent.MODEL_ASKED]
    assert set(facts) == {
        "provider", "model", "bytes_out", "bytes_in", "digest_out", "digest_in", "milliseconds", "outcome"}  # fmt: skip
    assert facts["outcome"] == "nothing"


@pytest.mark.parametrize("mood", ["hang", "429", "broken json", "10 MB"])
def test_a_model_that_fails_leaves_the_grammars_question(store: SqlStore, hijacked: Provider, mood: str) -> None:
    """With what was wrong with the model beside it."""
    hijacked.mood = mood
    try:
        found = asked(store, hijacked, "hmm the web of sorts eh", "dev")
    finally:
        hijacked.mood = "good"

    assert isinstance(found, Refused)
    assert found.problem.code == "unclear"
    assert "ollama" in found.problem.now
