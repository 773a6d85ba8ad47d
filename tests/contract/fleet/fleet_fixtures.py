"""A small hand-made world, an API server for it in a thread of its own, and the real kubectl beside it."""

import asyncio
import base64
import json
import os
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from workers.demo.apiserver.authn import User
from workers.demo.apiserver.certificate import make_ca, make_certificate
from workers.demo.apiserver.resources import Object, resource
from workers.demo.apiserver.server import Server
from workers.demo.apiserver.store import Store

KUBECTL = Path(sys.executable).parent / "kubectl"
CERTIFICATE = make_certificate(make_ca())
TOKENS = {
    "t-admin": User("admin", ("system:masters",)),
    "t-bot": User("bot", ("bots",)),
    "t-alice": User("alice", ("devs",)),
}
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


APPS = "/apis/apps/v1/namespaces/payments/deployments"
CORE = "/api/v1/namespaces/payments"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
GONE = "the object has been modified; please apply your changes to the latest version and try again"


def stamp(seconds_ago: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Logs:
    """Three lines of each container; one more after half a second of following."""

    def lines(self, pod: Object, container: str, previous: bool) -> Iterable[tuple[datetime, str]] | None:
        word = "before" if previous else "now"
        return [(START + timedelta(minutes=minute), f"{container} {word} {minute}") for minute in range(3)]

    async def follow(self, pod: Object, container: str) -> AsyncIterator[tuple[datetime, str]]:
        await asyncio.sleep(0.05)
        yield START + timedelta(minutes=3), f"{container} now 3"


class Metrics:
    def pods(self, namespace: str | None) -> list[Object]:
        meta = {"name": "web-1", "namespace": "payments", "creationTimestamp": stamp(1)}
        usage = [{"name": "app", "usage": {"cpu": "25m", "memory": "64Mi"}}]
        one = {"metadata": meta, "timestamp": stamp(1), "window": "15s", "containers": usage}
        return [one] if namespace in {None, "payments"} else []

    def nodes(self) -> list[Object]:
        meta = {"name": "node-1", "creationTimestamp": stamp(1)}
        usage = {"cpu": "500m", "memory": "1024Mi"}
        return [{"metadata": meta, "timestamp": stamp(1), "window": "15s", "usage": usage}]


def template(image: str = "registry.example/web:1.0") -> Object:
    container = {
        "name": "app",
        "image": image,
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}},
    }
    sidecar = {"name": "proxy", "image": "registry.example/proxy:2.1"}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container, sidecar]}}


def manifest(kind: str, name: str, namespace: str = "payments", **parts: Any) -> Object:
    versions = {
        "Deployment": "apps/v1",
        "ReplicaSet": "apps/v1",
        "StatefulSet": "apps/v1",
        "PodDisruptionBudget": "policy/v1",
        "Role": "rbac.authorization.k8s.io/v1",
        "RoleBinding": "rbac.authorization.k8s.io/v1",
        "ClusterRole": "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
        "HorizontalPodAutoscaler": "autoscaling/v2",
    }
    metadata: Object = {"name": name, **parts.pop("metadata", {})}
    if kind not in {"Namespace", "Node", "ClusterRole", "ClusterRoleBinding"}:
        metadata["namespace"] = namespace
    return {"apiVersion": versions.get(kind, "v1"), "kind": kind, "metadata": metadata, **parts}


def deployment(name: str, namespace: str = "payments", **spec: Any) -> Object:
    selector = {"matchLabels": {"app": "web"}}
    return manifest("Deployment", name, namespace, spec={"selector": selector, "template": template(), **spec})


def ready_pod(name: str, *, crashing: bool = False, **metadata: Any) -> Object:
    state: Object = {"running": {"startedAt": stamp(600)}}
    last: Object = {}
    if crashing:
        state = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}
        ended = {"exitCode": 1, "reason": "Error", "startedAt": stamp(20), "finishedAt": stamp(12)}
        last = {"terminated": ended}
    statuses = [
        {
            "name": "app",
            "image": "registry.example/web:1.0",
            "imageID": "",
            "ready": not crashing,
            "restartCount": 5 if crashing else 0,
            "state": state,
            "lastState": last,
        },
        {
            "name": "proxy",
            "image": "registry.example/proxy:2.1",
            "imageID": "",
            "ready": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": stamp(600)}},
            "lastState": {},
        },
    ]
    ready = "False" if crashing else "True"
    status = {
        "phase": "Running",
        "podIP": "10.1.0.4",
        "hostIP": "10.0.0.1",
        "startTime": stamp(700),
        "conditions": [{"type": "Ready", "status": ready}, {"type": "ContainersReady", "status": ready}],
        "containerStatuses": statuses,
    }
    meta = {"labels": {"app": "web"}, "creationTimestamp": stamp(700), **metadata}
    return manifest("Pod", name, metadata=meta, spec={**template()["spec"], "nodeName": "node-1"}, status=status)


def populate(store: Store) -> None:
    """payments: a deployment of two pods, one of them crashing; nodes, a budget, an event, roles."""

    def put(obj: Object) -> Object:
        return store.create(resource(obj["kind"].lower() + "s"), obj, manager="helm")

    for name in ("default", "payments", "orders"):
        put(manifest("Namespace", name))
    for name in ("node-1", "node-2"):
        conditions = [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]
        addresses = [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": name}]
        capacity = {"cpu": "4", "memory": "8Gi", "pods": "110"}
        info = {
            "kubeletVersion": "v1.36.0",
            "osImage": "Demo Linux",
            "kernelVersion": "6.6",
            "containerRuntimeVersion": "containerd://2.1",
        }
        status = {
            "conditions": conditions,
            "addresses": addresses,
            "capacity": capacity,
            "allocatable": capacity,
            "nodeInfo": info,
        }
        put(manifest("Node", name, metadata={"labels": {"kubernetes.io/hostname": name}}, status=status))
    made = put(deployment("web", replicas=2))
    made["status"] = {
        "observedGeneration": 1,
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "unavailableReplicas": 1,
        "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}],
    }
    made["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "2"}
    made = store.update(resource("deployments"), made, subresource="status")
    owner = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": "web",
        "uid": made["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    for revision, image, replicas in ((1, "registry.example/web:0.9", 0), (2, "registry.example/web:1.0", 2)):
        labels = {"app": "web", "pod-template-hash": f"h{revision}"}
        spec = {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {**template(image), "metadata": {"labels": labels}},
        }
        meta = {
            "labels": labels,
            "ownerReferences": [owner],
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
        }
        put(manifest("ReplicaSet", f"web-h{revision}", metadata=meta, spec=spec))
    put(ready_pod("web-1"))
    crashing = put(ready_pod("web-2", crashing=True))
    put(manifest("Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}))
    put(manifest("ConfigMap", "settings", data={"a": "1"}))
    put(
        manifest(
            "Event",
            "web-2.1",
            involvedObject={
                "kind": "Pod",
                "name": "web-2",
                "namespace": "payments",
                "apiVersion": "v1",
                "uid": crashing["metadata"]["uid"],
            },
            reason="BackOff",
            message="Back-off restarting failed container app",
            type="Warning",
            count=5,
            firstTimestamp=stamp(300),
            lastTimestamp=stamp(30),
            source={"component": "kubelet", "host": "node-1"},
        )
    )
    rules = [
        {"apiGroups": ["", "apps"], "resources": ["pods", "pods/log", "deployments"], "verbs": ["get", "list", "watch"]}
    ]
    scaling = [
        {
            "apiGroups": ["apps"],
            "resources": ["deployments/scale"],
            "verbs": ["patch", "update"],
            "resourceNames": ["web"],
        }
    ]
    put(manifest("Role", "viewer", rules=[*rules, *scaling]))
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "viewer"}
    put(manifest("RoleBinding", "devs", roleRef=reference, subjects=[{"kind": "Group", "name": "devs"}]))
    acting = [
        {"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]},
        {"apiGroups": [""], "resources": ["groups"], "verbs": ["impersonate"], "resourceNames": ["devs", "ops"]},
    ]
    put(manifest("ClusterRole", "impersonator", rules=acting))
    reference = {**reference, "kind": "ClusterRole", "name": "impersonator"}
    put(manifest("ClusterRoleBinding", "bot", roleRef=reference, subjects=[{"kind": "User", "name": "bot"}]))


@dataclass
class Answer:
    code: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]


def refusal(answer: Answer) -> tuple[int, str, str]:
    """Code, reason and message of a Status."""
    return answer.code, answer.json["reason"], answer.json["message"]


class Cluster:
    """A running server. `on_loop` runs a function where the store lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="demo API server")
        self.thread.start()
        self.store = Store("test", lambda: datetime.now(UTC), pod_grace_seconds=0.2)
        self.server = Server(self.store, tokens=TOKENS, logs=Logs(), metrics=Metrics(), certificate=CERTIFICATE)
        self.wait(self.server.start())
        self.on_loop(lambda: populate(self.store))
        self.ssl = ssl.create_default_context(cadata=CERTIFICATE.ca_pem.decode())
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(self._kubeconfig())

    def wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def on_loop(self, act: Callable[[], Any]) -> Any:
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(act())
            except Exception as problem:  # noqa: BLE001  # carried to the caller's thread
                done.set_exception(problem)

        self.loop.call_soon_threadsafe(run)
        return done.result(10)

    def close(self) -> None:
        self.wait(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "t-admin",
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
        seconds: float = 5,
    ) -> Answer:
        """One request on a new connection; never raises for a status."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = {
            "Authorization": f"Bearer {token}",
            "Content-Type": content_type,
            "User-Agent": "tester/1",
            **(headers or {}),
        }
        request = urllib.request.Request(self.server.url + path, data=data, method=method, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=seconds, context=self.ssl) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, refusal.headers, refusal.read())

    def kubectl(self, *arguments: str, stdin: str | None = None, ok: bool = True, token: str = "admin") -> str:
        """What kubectl printed (both streams); asserts that it succeeded, or with ok=False that it did not."""
        command = [str(KUBECTL), f"--kubeconfig={self.kubeconfig}", f"--user={token}", *arguments]
        environment = {**os.environ, "HOME": str(self.folder), "KUBECTL_KUBERC": "false", "NO_PROXY": "127.0.0.1"}
        run = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=20, env=environment, check=False
        )
        printed = run.stdout + run.stderr
        assert (run.returncode == 0) is ok, f"kubectl {' '.join(arguments)}\n{printed}"
        return printed

    def _kubeconfig(self) -> str:
        authority = base64.b64encode(CERTIFICATE.ca_pem).decode()
        users = [{"name": name[2:], "user": {"token": name}} for name in TOKENS]
        cluster = {"server": self.server.url, "certificate-authority-data": authority}
        context = {"cluster": "demo", "user": "admin", "namespace": "payments"}
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "demo", "cluster": cluster}],
                "users": users,
                "contexts": [{"name": "demo", "context": context}],
                "current-context": "demo",
            }
        )


def eventually(holds: Callable[[], Any], seconds: float = 5.0) -> Any:
    """The first true value of `holds` within the bound."""
    end = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.02)
    return value
