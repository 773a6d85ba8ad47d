"""The official Python client cannot tell the demo's API server from a real one."""

from collections.abc import Iterator

import pytest
from fleet_fixtures import Cluster
from kubernetes import client, config, watch


@pytest.fixture
def api(cluster: Cluster) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(cluster.kubeconfig)) as made:
        yield made


def test_the_official_client_reads_changes_reviews_and_evicts(api: client.ApiClient):
    """Typed reads, patches, scale, logs, access reviews, dry runs and evictions all parse."""
    core, apps = client.CoreV1Api(api), client.AppsV1Api(api)

    pods = core.list_namespaced_pod("payments", label_selector="app=web", limit=1)
    scaled = apps.patch_namespaced_deployment_scale("web", "payments", {"spec": {"replicas": 3}})
    dry = apps.patch_namespaced_deployment("web", "payments", {"spec": {"replicas": 9}}, dry_run="All")
    review = client.AuthorizationV1Api(api).create_self_subject_access_review(
        {"spec": {"resourceAttributes": {"verb": "delete", "resource": "pods", "namespace": "payments"}}}
    )
    log = core.read_namespaced_pod_log("web-1", "payments", container="app", tail_lines=1)
    core.create_namespaced_pod_eviction("web-1", "payments", {"metadata": {"name": "web-1"}})

    assert [one.metadata.name for one in pods.items] == ["web-1"]
    assert (scaled.spec.replicas, dry.spec.replicas, review.status.allowed, log) == (3, 9, True, "app now 2\n")
    assert apps.read_namespaced_deployment("web", "payments").spec.replicas == 3


def test_the_official_client_gets_status_errors_and_watch_events(api: client.ApiClient):
    """Errors carry a Status; a watch delivers what exists and ends by its timeout."""
    core = client.CoreV1Api(api)

    with pytest.raises(client.ApiException) as refused:
        core.read_namespaced_pod("nothing", "payments")
    seen = [
        (event["type"], event["object"].metadata.name)
        for event in watch.Watch().stream(core.list_namespaced_pod, "payments", timeout_seconds=1)
    ]

    assert refused.value.status == 404
    assert seen == [("ADDED", "web-1"), ("ADDED", "web-2")]
