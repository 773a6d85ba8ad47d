"""What the walk makes of words that name nothing, too much, or what the person may not do; on real processes."""

import re
import time

import pytest

from tests.e2e.stack import Stack, World
from workers.domain.observed import DryRun, Proof
from workers.domain.request import Request
from workers.domain.risk import RiskLevel
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-1")


def choices(request: Request) -> list[str]:
    assert request.state is State.AWAITING_CHOICE
    assert request.question is not None
    return [choice.label for choice in request.question.choices]


@pytest.mark.parametrize("text", ["pods of payment-api in prod-ue", "scale payment-api to 4 in prod-ue"])
def test_an_unknown_cluster_is_asked_about(stack: Stack, text: str) -> None:
    """The nearest cluster comes first, every choice exists, and the answer goes on with the request."""
    asked = stack.ask("alice", text)

    assert choices(asked) == ["prod-eu", "prod-us", "staging", "dev"]
    assert asked.question is not None
    assert "prod-ue" in asked.question.text
    planned = stack.done("alice", "1", asked)
    assert planned.plan is not None
    assert planned.plan.clusters == ("prod-eu",)


def test_an_unknown_namespace_is_asked_about(stack: Stack, world: World) -> None:
    """Every namespace offered is there."""
    asked = stack.ask("alice", "restart checkout-web in namespace nowhere in staging")

    there = {one["metadata"]["name"] for one in world.admin("staging", "GET", "/api/v1/namespaces")["items"]}
    assert set(choices(asked)) <= there
    assert "nowhere" in stack.card(asked)


def test_a_near_miss_of_a_name_is_said_and_waits(stack: Stack) -> None:
    """One near name is taken for a change, but the card says so before anybody presses."""
    asked = stack.ask("alice", "restart paymnt-api in staging")

    assert asked.state is State.AWAITING_APPROVAL
    assert "nearest to 'paymnt-api'" in stack.card(asked)


def test_an_unknown_name_is_a_question_with_what_there_is(stack: Stack) -> None:
    """Several names are near: nothing is guessed."""
    asked = stack.ask("alice", "restart payment in staging")

    assert choices(asked) == ["payments/payment-api (deployment)", "payments/payment-worker (deployment)"]


def test_an_unknown_object_of_a_kind_is_never_replaced_by_another(stack: Stack) -> None:
    """A pod's name is not corrected: the pods of the same stem are offered, or nothing."""
    asked = stack.ask("alice", "delete pod payment-api-aaaaaaaaaa-zzzzz in staging")

    assert asked.state in (State.AWAITING_CHOICE, State.REFUSED)
    assert asked.plan is None


def test_a_name_in_two_namespaces_is_asked_about(stack: Stack, world: World) -> None:
    """The person says which; the other one is never touched."""
    world.deployment("staging", "twin-svc", "search")
    world.deployment("staging", "twin-svc", "checkout")

    asked = stack.ask("alice", "scale twin-svc to 3 in staging")
    labels = choices(asked)
    planned = stack.done("alice", str(labels.index("search/twin-svc (deployment)") + 1), asked)
    done = stack.done("alice", "run", planned)

    assert labels == ["checkout/twin-svc (deployment)", "search/twin-svc (deployment)"]
    assert done.state is State.SUCCEEDED
    assert world.replicas("staging", "twin-svc", "search") == 3
    assert world.replicas("staging", "twin-svc", "checkout") == 2


@pytest.mark.parametrize("number", ["-1", "1001", "10000", "1.5", "99999999999999999999", "NaN"])
def test_a_number_out_of_range_plans_nothing(stack: Stack, number: str) -> None:
    """The refusal repeats the number and nothing is planned from it."""
    asked = stack.ask("alice", f"scale payment-api to {number} in staging")

    assert asked.state in (State.REFUSED, State.AWAITING_CHOICE)
    assert asked.plan is None
    assert number in stack.card(asked)


def test_scaling_to_zero_is_critical(stack: Stack) -> None:
    """Stopping every pod is possible, and the card says what it is."""
    asked = stack.ask("alice", "scale payment-worker to 0 in staging")

    assert asked.state is State.AWAITING_APPROVAL
    assert asked.risk is not None
    assert asked.risk.level is RiskLevel.CRITICAL
    assert "stops every pod of payment-worker" in stack.card(asked)


@pytest.mark.parametrize("text", ["", "   \n\t ", "\u200b", "\x00"])
def test_empty_text_is_answered_with_examples(stack: Stack, text: str) -> None:
    """Nothing said is no error and no plan."""
    asked = stack.ask("alice", text)

    assert asked.state in (State.SUCCEEDED, State.REFUSED)
    assert asked.plan is None
    assert "restart payment-api in staging" in stack.card(asked) or asked.problem


def test_a_hundred_kilobytes_are_refused_at_once_and_not_kept(stack: Stack) -> None:
    """The limit is named, and neither the request nor the trail holds more than it."""
    begun = time.monotonic()
    asked = stack.ask("alice", "scale payment-api to 5 in staging " + "because " * 12_500)

    assert (asked.state, asked.problem and asked.problem.code) == (State.REFUSED, "too-long")
    assert time.monotonic() - begun < 3
    assert len(asked.intent.text) <= 4_200
    assert len(str(stack.leaves(asked))) < 10_000
    assert stack.leaves(asked)[0]["facts"]["shortened"] is True


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("restart pay\u202ement-api in staging", "\\u202e"),
        ("restart payment-api\x1b[31m in staging", "\\u001b"),
        ("restart payment-api\x00 in staging", "\\u0000"),
        ("restart \u2066payment-api\u2069 in staging", "\\u2066"),
        ("restart paym\u0435nt-api in staging", "\u0435"),  # a Cyrillic letter
    ],
)
def test_hidden_characters_are_spelled_out_and_change_nothing(stack: Stack, text: str, shown: str) -> None:
    """What a person cannot see is shown, stays in no record as it came, and is never silently another name."""
    asked = stack.ask("alice", text)

    assert shown in asked.intent.text
    assert not set("\u202e\x1b\x00\u2066\u2069") & set(stack.card(asked) + asked.intent.text)
    assert asked.state in (State.AWAITING_CHOICE, State.REFUSED) or "nearest to" in stack.card(asked)


@pytest.mark.parametrize("fault", [{"dead": True}, {"hang": True}])
def test_a_dead_cluster_neither_slows_nor_hides_the_others(stack: Stack, world: World, fault: dict[str, bool]) -> None:
    """All others answer, long before its time-out, with a note about it; a question about another as always."""
    world.harm("prod-us", **fault)
    time_out = stack.instance.settings.read_seconds
    begun = time.monotonic()

    everywhere = stack.ask("alice", "list deployments in all clusters")
    took = time.monotonic() - begun
    begun = time.monotonic()
    elsewhere = stack.ask("alice", "pods of payment-api in prod-eu")
    took_elsewhere = time.monotonic() - begun

    assert everywhere.state is State.SUCCEEDED
    assert everywhere.plan is not None
    assert {"prod-eu", "staging", "dev"} - _said_silent(stack.card(everywhere)) == set(everywhere.plan.clusters)
    assert "prod-us does not answer and was left out" in stack.card(everywhere)
    assert took < time_out / 2
    assert elsewhere.state is State.SUCCEEDED
    assert took_elsewhere < time_out / 2


def _said_silent(card: str) -> set[str]:
    """A machine that is busy with other tests may leave out more, but never without a word."""
    return set(re.findall(r"(\S+) does not answer and was left out", " ".join(card.split())))


def test_a_question_about_a_dead_cluster_says_so(stack: Stack, world: World) -> None:
    """Named alone, it is the answer that it does not answer."""
    world.harm("dev", dead=True)

    read, change = stack.ask("alice", "pods of payment-api in dev"), stack.ask("alice", "restart payment-api in dev")

    for asked in (read, change):
        assert (asked.state, asked.problem and asked.problem.code) == (State.REFUSED, "cluster-unreachable")
        assert "dev does not answer" in stack.card(asked)


def test_without_the_right_the_denial_names_everything_and_is_recorded(stack: Stack, world: World) -> None:
    """Verb, resource, namespace, cluster and the shortest rule that would allow it, on the card and in the trail."""
    asked = stack.ask("carol", "restart payment-api in prod-eu")

    assert (asked.state, asked.problem and asked.problem.code) == (State.REFUSED, "access-denied")
    rule = "{apiGroups: [apps], resources: [deployments], verbs: [patch]}"
    (leaf,) = stack.leaves(asked, "plan.refused")
    for text in (stack.card(asked), " ".join(map(str, leaf["facts"].values()))):
        for word in ("Carol Chen", "patch", "deployments", "payments", "prod-eu", rule):
            assert word in text
    assert world.writes("prod-eu", asked.id) == []


def test_without_the_right_to_scale_the_subresource_is_named(stack: Stack) -> None:
    """The rule is for what is really called."""
    asked = stack.ask("carol", "scale frontend to 3 in staging")

    assert "resources: [deployments/scale], verbs: [patch]" in stack.card(asked)


def test_what_a_person_may_do_elsewhere_is_theirs(stack: Stack, world: World) -> None:
    """carol's own namespaces outside production need nobody else."""
    name = world.deployment("dev")

    asked = stack.ask("carol", f"scale {name} to 3 in dev")
    done = stack.done("carol", "run", asked)

    assert done.state is State.SUCCEEDED
    assert [one["impersonated"] for one in world.writes("dev", done.id)] == ["carol"]


def test_a_webhook_that_cannot_try_makes_it_critical(stack: Stack, world: World) -> None:
    """No dry-run is no refusal, but nobody is told that it was tried."""
    world.harm("staging", no_dry_run=["deployments"])

    asked = stack.ask("alice", "scale payment-worker to 3 in staging")

    assert asked.state is State.AWAITING_APPROVAL
    assert asked.preview is not None
    assert asked.risk is not None
    (step,) = asked.preview.steps
    assert step.dry_run is DryRun.UNSUPPORTED
    assert step.undo is not None
    assert step.undo.proof is not Proof.PROVEN
    assert asked.risk.level is RiskLevel.CRITICAL
    card = stack.card(asked)
    assert "not possible on this server" in card
    assert "does not support dry run" in card


def test_what_is_protected_is_refused_by_its_rule(stack: Stack, world: World) -> None:
    """The policy refuses after the preview and before anybody is asked."""
    asked = stack.ask("alice", "restart coredns in staging")

    assert asked.state is State.REFUSED
    assert "protected-namespaces" in stack.card(asked)
    assert world.writes("staging", asked.id) == []


def test_secrets_in_words_logs_and_objects_reach_nobody(stack: Stack) -> None:
    """What looks like a secret is replaced before it is stored; the session's end searches every sink for it."""
    from workers.demo.canaries import API_KEY, PASSWORD

    said = stack.ask("alice", f"restart payment-api in staging because password={PASSWORD} and {API_KEY}")
    logs = stack.ask("alice", "logs of payment-api in prod-eu")
    told = stack.ask("alice", "describe payment-api in prod-eu")
    secret = stack.ask("alice", "get secret stripe-api-key -n payments -o yaml in prod-eu")

    assert "[REDACTED" in said.intent.text
    assert (logs.state, told.state) == (State.SUCCEEDED, State.SUCCEEDED)
    assert secret.state is State.REFUSED
