"""Sentences and kubectl lines that only look."""

import pytest

from tests.unit.planner.predict import result_of
from workers.planner.result import Refused, Understood

# (text, default cluster, default namespace, explanation)
READS = [
    ("get pods -n checkout", "staging", None, "get pods in staging"),
    ("payment-api pods in prod-eu", "dev", None, "get pods with app=payment-api in prod-eu"),
    ("any pods stuck in pending on staging?", "dev", None, "get pods (status Pending) in staging"),
    ("pods on gpu-us-1", None, None, "get pods (node gpu-us-1) in prod-us"),
    ("hpa status for checkout-web in both prods", None, None,
     "get horizontalpodautoscaler checkout-web in prod-eu, prod-us"),
    ("is there a pdb for kafka in prod-eu", None, None, "get poddisruptionbudgets in prod-eu"),
    ("tail 50 lines of web", "dev", None, "logs of deployment web (tail 50) in dev"),
    ("logs of web in dev, last 5 lines", None, None, "logs of deployment web (tail 5) in dev"),
    ("logs of web in dev, tail 5", None, None, "logs of deployment web (tail 5) in dev"),
    ("previous logs of payment-worker in staging, it just crashed", None, None,
     "logs of deployment payment-worker (previous True) in staging"),
    ("grep timeout in the auth-gateway logs, prod-us", None, None,
     "logs of deployment auth-gateway (grep timeout) in prod-us"),
    ("logs from the metrics container of postgres in dev", None, None,
     "logs of statefulset postgres (container metrics) in dev"),
    ("what happened to web in the last hour", "dev", None, "events of deployment web (since 1h) in dev"),
    ("what's using the most memory in dev", None, None, "top of pods (sort_by memory) in dev"),
    ("how's the frontend deploy going in prod-us", None, None, "rollout status deployment frontend in prod-us"),
    ("list revisions for web", "dev", None, "rollout history deployment web in dev"),
    ("why is web failing in dev", None, None,
     "diagnose deployment web in dev"),
    ("what's wrong in payments on dev", None, None,
     "diagnose everything in payments in dev"),
    ("list clusterroles in dev", None, None, "get clusterroles in dev"),
    ("give me everything in payments", "dev", None, "get everything in payments in dev"),
    ("don't restart payment-api, just show me the logs", "dev", None, "logs of deployment payment-api in dev"),
    ("kubectl get pods", "dev", "search", "get pods in dev"),
    ("k get po -A", "dev", None, "get pods in dev"),
    ("kubectl logs deploy/web --tail=10 --since=15m -n default --context prod-eu", "dev", None,
     "logs of deployment web (since 15m, tail 10) in prod-eu"),
    ("kubectl get deploy,sts -A --context staging", None, None,
     "get deployments in staging; get statefulsets in staging"),
    ("kubectl top pods -n search --sort-by=memory", "dev", None, "top of pods (sort_by memory) in dev"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "default", "space", "explanation"), READS)
def test_read_is_planned(text: str, default: str | None, space: str | None, explanation: str) -> None:
    """A question about the fleet becomes these reads."""
    result = result_of(text, {"default_cluster": default, "default_namespace": space})

    assert isinstance(result, Understood), result
    assert explanation == result.explanation


@pytest.mark.parametrize(
    ("text", "space", "expected"),
    [
        ("list pods", None, "*"),
        ("list pods", "search", "search"),
        ("list pods in payments", "search", "payments"),
        ("kubectl get pods", None, "default"),
        ("kubectl get pods", "search", "search"),
        ("kubectl get pods -A", "search", "*"),
        ("logs of payment-api", "search", "payments"),
        ("list nodes", "search", None),
    ],
)
def test_namespace_comes_from_words_object_or_default(text: str, space: str | None, expected: str | None) -> None:
    """A named object has its own namespace; a list takes the default one, a kubectl line `default`."""
    result = result_of(text, {"default_cluster": "dev", "default_namespace": space})

    assert isinstance(result, Understood)
    assert expected == result.drafts[0].action.target.namespace


# (kubectl line, explanation or None when it is not planned)
LINES = [
    ("kubectl -n payments rollout restart deploy/payment-api --context prod-eu",
     "restart deployment payment-api in prod-eu"),
    ("please run kubectl rollout restart deploy/web -n default", "restart deployment web in dev"),
    ("kubectl scale deploy/web --replicas=4 -n default", "scale deployment web (replicas 4) in dev"),
    ("kubectl set image deploy/web web=nginx:1.27",
     "set image deployment web (container web, image nginx:1.27) in dev"),
    ("kubectl rollout undo deploy/web --to-revision=3", "rollback deployment web (revision 3) in dev"),
    ("kubectl delete pod postgres-0 -n payments --force", "delete pod pod postgres-0 (force True) in dev"),
    ("kubectl delete po -l app=web -n default", "delete pod pods with app=web in dev"),
    ("kubectl cordon worker-1", "cordon node worker-1 in dev"),
    ("kubectl scale deploy/web --replicas=four", None),
    ("kubectl rollout undo deploy/web --to-revision=first", None),
    ("kubectl set image deploy/payment-api api=a:1 sidecar=b:2", None),
    ("kubectl rollout restart deploy/web --dry-run=server", None),
    ("kubectl rollout restart deploy/web --context prod-asia", None),
    ("kubectl rollout restart deploy/payment-api -n checkout", None),
    ("kubectl rollout restart deploy -n payments", "restart deployments in dev"),
    ("kubectl scale deploy -n payments --replicas=2", None),
    ("kubectl delete pods --all -n payments", None),
    ("kubectl delete pods --field-selector=metadata.name!=x -l app=web -n default", None),
    ("kubectl get pods -o name | xargs kubectl delete", None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "explanation"), LINES)
def test_kubectl_line_is_read_by_its_own_grammar(line: str, explanation: str | None) -> None:
    """A pasted change is planned as it stands, or not at all: a flag that is not known stops it."""
    result = result_of(line, {"default_cluster": "dev"})

    assert explanation == (result.explanation if isinstance(result, Understood) else None), result


def test_name_that_nothing_has_is_said_and_never_widened_to_a_description_of_all() -> None:
    """A name that no object of the kind has is refused by describe, and named beside a list."""
    described, listed = (result_of(f"{verb} secret db in dev", {}) for verb in ("describe", "get"))

    assert isinstance(described, Refused), described
    assert described.problem.text == "there is no secret 'db' in dev"
    assert described.problem.then == "list what is there: 'list secrets in dev'"
    assert isinstance(listed, Understood), listed
    assert [taken.text for taken in listed.taken if taken.source == "assumed"] == [
        "objects all secrets: none is called 'db'"
    ]


# (text, default cluster, explanation): one line for each rule that a wording needs
WORDINGS = [
    ("which pods restarted the most in dev", None, "get pods (sort_by restarts) in dev"),
    ("show all pods not in running state in dev", None, "get pods (status NotReady) in dev"),
    ("pods of web, dev, sorted by restarts", None, "get pods with app=web (sort_by restarts) in dev"),
    ("what's scheduled on worker-1 in dev", None, "get pods (node worker-1) in dev"),
    ("how many web pods are on worker-1 in dev", None, "get pods with app=web (node worker-1) in dev"),
    ("list ingresses in all namespaces, dev", None, "get ingresses in dev"),
    ("show the feature-flags configmap in dev", None, "get configmap feature-flags in dev"),
    ("describe namespace payments on dev", None, "describe namespace payments in dev"),
    ("what's deployed in platform on dev", None, "get everything in platform in dev"),
    ("1d of coredns logs in dev, grep NXDOMAIN", None, "logs of deployment coredns (grep NXDOMAIN, since 1d) in dev"),
    ("what did inventory print before it died in dev", None, "logs of deployment inventory (previous True) in dev"),
    ("envoy logs from auth-gateway in dev", None, "logs of deployment auth-gateway (container envoy) in dev"),
    ("show the last hundred lines of web in dev", None, "logs of deployment web (tail 100) in dev"),
    ("web is spitting 500s in dev, show its last 50 log lines", None, "logs of deployment web (tail 50) in dev"),
    ("Unhealthy probe events for web in dev", None, "events of deployment web (reason Unhealthy) in dev"),
    ("web cpu + mem in dev", None, "top of pods with app=web in dev"),
    ("logs of the cart in dev", None, "logs of deployment checkout-cart in dev"),
    ("descibe deployment web in dev", None, "describe deployment web in dev"),
    ("web healthy?", "dev", "diagnose deployment web in dev"),
    ("paymnt-api is throwing errors in dev, why", None, "diagnose deployment payment-api in dev"),
    ("good morning, logs of web in dev", None, "logs of deployment web in dev"),
    ("please run `kubectl get nodes`", "dev", "get nodes in dev"),
    ("kubectl get pods -A | grep -i crash", "dev", "get pods (status CrashLoopBackOff) in dev"),
    ("kubectl get events -n checkout --field-selector type=Warning", "dev", "events of events (type Warning) in dev"),
    ("kubectl logs -l app=web -n default --tail=20", "dev", "logs of pods with app=web (tail 20) in dev"),
    ("kubectl logs redis-0 -n platform -p | tail -5", "dev", "logs of pod redis-0 (previous True, tail 5) in dev"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "default", "explanation"), WORDINGS)
def test_wording_is_understood(text: str, default: str | None, explanation: str) -> None:
    """Filters, parts of a name, typing mistakes, greetings and pipes."""
    result = result_of(text, {"default_cluster": default})

    assert isinstance(result, Understood), result
    assert explanation == result.explanation
