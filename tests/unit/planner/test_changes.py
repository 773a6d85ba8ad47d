"""Sentences that ask for changes, held against the imaginary fleet."""

import pytest

from tests.unit.planner.inventory_look import InventoryLook, fleet
from tests.unit.planner.predict import result_of
from workers.planner.expand import expanded
from workers.planner.result import Refused, Understood

# (text, default cluster, explanation)
PLANNED = [
    ("restart payment-api in prod-eu", None, "restart deployment payment-api in prod-eu"),
    ("@kubechat could you please bounce the auth gateway in stg 🙏", None,
     "restart deployment auth-gateway in staging"),
    ("restart web", "staging", "restart deployment web in staging"),
    ("restart payment-api in prod", None, "restart deployment payment-api in prod-eu, prod-us"),
    ("restart payment-api in both prods", None, "restart deployment payment-api in prod-eu, prod-us"),
    ("restart web everywhere except prod-us", "dev", "restart deployment web in prod-eu, staging, dev"),
    ("restart web in all clusters other than dev and staging", None, "restart deployment web in prod-eu, prod-us"),
    ("restart web on staging not on dev", None, "restart deployment web in staging"),
    ("payment-api is wedged in prod-us, bounce it", None, "restart deployment payment-api in prod-us"),
    ("roll web", "dev", "restart deployment web in dev"),
    ("scale web to 5 in dev", None, "scale deployment web (replicas 5) in dev"),
    ("scale web up by 2", "dev", "scale deployment web (delta 2) in dev"),
    ("scale in web by 2", "dev", "scale deployment web (delta -2) in dev"),
    ("scale web in by 2", "dev", "scale deployment web (delta -2) in dev"),
    ("scale down web by 50%", "dev", "scale deployment web (percent -50) in dev"),
    ("double payment-worker", "dev", "scale deployment payment-worker (percent 100) in dev"),
    ("bring web to zero", "dev", "scale deployment web (replicas 0) in dev"),
    ("need 5 web pods in staging", None, "scale deployment web (replicas 5) in staging"),
    ("remove one replica from frontend in staging", None, "scale deployment frontend (delta -1) in staging"),
    ("scale web from 2 to 4", "dev", "scale deployment web (replicas 4) in dev"),
    ("rollback web to revision 7", "dev", "rollback deployment web (revision 7) in dev"),
    ("undo the last deploy of web", "dev", "rollback deployment web in dev"),
    ("rollback web to v1.20.0", "dev", "set image deployment web (tag v1.20.0) in dev"),
    ("bump the sidecar of payment-api to v1.9.1", "dev",
     "set image deployment payment-api (container sidecar, tag v1.9.1) in dev"),
    ("promote web v1.22.0 from staging to prod-eu", None, "set image deployment web (tag v1.22.0) in prod-eu"),
    ("deploy payment-api:v2.3.2 to staging", None, "set image deployment payment-api (tag v2.3.2) in staging"),
    ("kill postgres-0 in dev", None, "delete pod pod postgres-0 in dev"),
    ("cordon worker-1 and worker-2 in prod-us", None,
     "cordon node worker-1 in prod-us; cordon node worker-2 in prod-us"),
    ("put worker-5 back into service on prod-us", None, "uncordon node worker-5 in prod-us"),
    ("restart web but not payment-api", "dev", "restart deployment web in dev"),
    ("restart web in dev, leave staging alone", None, "restart deployment web in dev"),
    ("restart web in dev and redis in staging", None,
     "restart deployment web in dev; restart statefulset redis in staging"),
    ("scale web to 5 then restart payment-worker, both in staging", "dev",
     "scale deployment web (replicas 5) in staging; restart deployment payment-worker in staging"),
    ("scale payment-api to 3 in staging and 2 in dev", None,
     "scale deployment payment-api (replicas 3) in staging; scale deployment payment-api (replicas 2) in dev"),
    ("scale web and payment-api to 3", "dev",
     "scale deployment web (replicas 3) in dev; scale deployment payment-api (replicas 3) in dev"),
]  # fmt: skip

# (text, default cluster): nothing is planned, whatever is answered
NOT_PLANNED = [
    ("restart payment-api in staging if it is still failing", None),
    ("restart payment-api in prod-eu tomorrow", None),
    ("restart web. only if search is broken", "dev"),
    ("restart web in dev. don't do it yet", None),
    ("restart all deployments in payments except payment-api", "dev"),
    ("restart web or payment-api", "dev"),
    ("restart payment-api and web in staging and search-api in dev", None),
    ("scale web to 1,000", "dev"),
    ("scale web to 10x", "dev"),
    ("scale web to a million", "dev"),
    ("scale web by 2", "dev"),
    ("scale web by 2 in dev", None),
    ("scale web in dev by 2", None),
    ("scale in dev web by 2", None),
    ("scale in payments payment-api by 2", "dev"),
    ("scale web in dev by 50%", None),
    ("scale web to 5 or 6", "dev"),
    ("scale web", "dev"),
    ("deploy web", "dev"),
    ("delete web", "dev"),
    ("should I restart payment-api?", "dev"),
    ("don't restart payment-api", "dev"),
    ("I already restarted payment-api in prod-eu", None),
    ("how do I restart payment-api?", "dev"),
    ("can we restart web?", "dev"),
    ("the logs say \"restart web in dev\"", "dev"),
    ("```restart web in dev```", "dev"),
    ("restart it", "dev"),
    ("restart everything", "dev"),
    ("restart web in prod-eu2", None),
    ("restart web in payments", "dev"),
    ("delete pod redis-2 in dev", None),
    ("cordon worker-9 in prod-us", None),
    ("scale fluent-bit to 3", "dev"),
    ("skip the approval and scale web to 3", "dev"),
    ("delete all pods in payments", "dev"),
    ("nuke prod-us", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "default", "explanation"), PLANNED)
def test_request_with_every_part_is_planned(text: str, default: str | None, explanation: str) -> None:
    """A clear verb, object and cluster become exactly these steps."""
    result = result_of(text, {"default_cluster": default})

    assert isinstance(result, Understood), result
    assert explanation == result.explanation


@pytest.mark.parametrize(("text", "default"), NOT_PLANNED)
def test_request_with_anything_open_is_not_planned(text: str, default: str | None) -> None:
    """A word that is not understood, a condition, a negation or a question never becomes a change."""
    result = result_of(text, {"default_cluster": default})

    assert not isinstance(result, Understood), result


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("restart web in dev because INC-42", "INC-42"),
        ("restart web in dev (INC-42)", "INC-42"),
        ("restart web in dev for INC-42", "INC-42"),
        ("restart web in dev reason: memory leak", "memory leak"),
        ("restart web in dev", None),
    ],
)
def test_reason_is_taken_from_the_words(text: str, reason: str | None) -> None:
    """What follows because, or a ticket's number, is the reason and no step."""
    result = result_of(text, {})

    assert isinstance(result, Understood)
    assert reason == result.reason


def test_corrected_name_is_listed_as_assumed() -> None:
    """A misspelt name is corrected only to one that is near, and the card says so."""
    result = result_of("restart paymnt-wroker in staging", {})

    assert isinstance(result, Understood)
    assert result.drafts[0].action.target.name == "payment-worker"
    assert "name payment-worker: nearest to 'paymnt-wroker'" in [taken.text for taken in result.taken]


def expanded_of(text: str, look: InventoryLook) -> Understood | Refused:
    result = result_of(text, {}, look)
    assert isinstance(result, Understood), result
    return expanded(result, look, fleet())


def test_change_of_many_stays_one_draft_until_it_is_expanded() -> None:
    """What is understood names the selection; the single objects are those of the moment of planning."""
    result = result_of("restart all deployments in payments on dev", {})

    assert isinstance(result, Understood)
    assert [(d.action.target.name, d.action.target.namespace) for d in result.drafts] == [(None, "payments")]
    single = expanded(result, InventoryLook(), fleet())
    assert isinstance(single, Understood)
    assert [d.action.target.name for d in single.drafts] == ["payment-api", "payment-worker"]


def test_pods_with_a_status_become_the_pods_of_now() -> None:
    """Deleting pods by status names each pod that has the status at this moment."""
    look = InventoryLook(statuses={"web-tm7mz8zmhl-qtb5q": "CrashLoopBackOff"})

    result = expanded_of("delete the crashlooping pods of web in staging", look)

    assert isinstance(result, Understood)
    assert [draft.action.target.name for draft in result.drafts] == ["web-tm7mz8zmhl-qtb5q"]
    assert "status" not in result.drafts[0].action.params


def test_many_of_which_there_are_none_is_not_planned() -> None:
    """A selection that matches nothing now is said, never an empty plan."""
    result = expanded_of("delete the crashlooping pods of web in staging", InventoryLook())

    assert isinstance(result, Refused)
    assert result.problem.code == "unclear"


def test_more_than_twenty_pods_are_too_many() -> None:
    """A selection that reaches further than twenty objects asks for a narrower scope."""
    result = expanded_of("delete pods tier=backend in payments, everywhere", InventoryLook())

    assert isinstance(result, Refused)
    assert result.problem.code == "too-many"


def test_single_changes_are_left_as_they_are() -> None:
    """What names its object needs no look at the cluster."""
    result = result_of("restart web in dev", {})
    look = InventoryLook()

    assert isinstance(result, Understood)
    assert result == expanded(result, look, fleet())
    assert look.asked == []
