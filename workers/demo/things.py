"""Everything in a namespace that is not a workload: services, ingresses, configuration, secrets, volumes, jobs."""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from workers.demo import canaries, pods
from workers.demo.identity import Json, between, stamp, uid
from workers.demo.inventory import Inventory, Thing, Workload
from workers.demo.objects import make, reference
from workers.demo.profiles import PROFILES, Profile
from workers.demo.workloads import Site

CONFIG: Mapping[str, Mapping[str, str]] = {
    # The bad release wants "queue.url", which is not here.
    "payment-config": {
        "config.yaml": "database:\n  host: postgres.payments\n  pool: 20\n"
        "queue:\n  name: payments\n  brokers: kafka.platform:9092\n",
        "LOG_LEVEL": "info",
    },
    "search-config": {"index.yaml": "index: products-v4\nshards: 6\nreplicas: 1\n", "LOG_LEVEL": "info"},
    "feature-flags": {"flags.json": '{"new-checkout": true, "fast-refunds": false, "dark-mode": true}\n'},
    "coredns": {
        "Corefile": ".:53 {\n    errors\n    health\n    kubernetes cluster.local\n"
        "    forward . /etc/resolv.conf\n    cache 30\n}\n"
    },
}
SECRETS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "payment-db-credentials": ("Opaque", {"username": "payments", "password": canaries.PASSWORD}),
    "stripe-api-key": ("Opaque", {"api-key": canaries.API_KEY}),
    "tls-cert": ("kubernetes.io/tls", {"tls.crt": "not a certificate\n", "tls.key": "not a key\n"}),
    "registry-credentials": ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": '{"auths": {}}'}),
}
API_VERSIONS = {
    "Service": "v1",
    "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "PodDisruptionBudget": "policy/v1",
    "ConfigMap": "v1",
    "Secret": "v1",
    "PersistentVolumeClaim": "v1",
    "PersistentVolume": "v1",
    "ResourceQuota": "v1",
    "ServiceAccount": "v1",
    "StorageClass": "storage.k8s.io/v1",
    "Job": "batch/v1",
}


class Maker:
    """Makes the manifests of one cluster's things."""

    def __init__(self, site: Site, inventory: Inventory) -> None:
        self._site, self._inventory = site, inventory
        self._by_kind: dict[str, Callable[[Thing], list[Json]]] = {
            "service": self._service,
            "ingress": self._ingress,
            "horizontalpodautoscaler": self._autoscaler,
            "poddisruptionbudget": self._budget,
            "configmap": lambda one: [self._make("ConfigMap", one, data=dict(CONFIG[one.name]))],
            "secret": self._secret,
            "persistentvolumeclaim": self._claim,
            "job": self._job,
            "networkpolicy": self._policy,
            "resourcequota": self._quota,
            "serviceaccount": lambda one: [self._make("ServiceAccount", one)],
            "storageclass": self._storage_class,
        }

    def make(self, thing: Thing) -> list[Json]:
        """The thing's object, and those that come with it (a claim's volume)."""
        return self._by_kind[thing.kind](thing)

    def _make(self, kind: str, thing: Thing, **rest: Any) -> Json:
        created = self._site.ago(60, 390, kind, thing.name)
        return make(self._site.origin, API_VERSIONS[kind], kind, thing.name, thing.namespace, created, **rest)

    def _address(self, thing: Thing) -> str:
        seed = (self._site.origin, thing.name)
        return (
            "10.96.0.10" if thing.name == "kube-dns" else f"10.96.{between(1, 200, *seed)}.{between(1, 254, *seed, 1)}"
        )

    def _service(self, thing: Thing) -> list[Json]:
        port = PROFILES.get(thing.selector["app"], Profile()).port
        outside = port if thing.name in ("postgres", "redis", "kafka", "kube-dns") else 80
        protocol = "UDP" if thing.name == "kube-dns" else "TCP"
        spec = {
            "type": "ClusterIP",
            "clusterIP": self._address(thing),
            "clusterIPs": [self._address(thing)],
            "selector": thing.selector,
            "ports": [{"name": "main", "port": outside, "targetPort": port, "protocol": protocol}],
        }
        return [self._make("Service", thing, labels=thing.selector, spec=spec, status={"loadBalancer": {}})]

    def _ingress(self, thing: Thing) -> list[Json]:
        service = {"name": thing.backend.partition("/")[2], "port": {"number": 80}}
        path = {"path": "/", "pathType": "Prefix", "backend": {"service": service}}
        host = f"{thing.name}.{self._site.cluster}.example.com"
        spec = {"ingressClassName": "nginx", "rules": [{"host": host, "http": {"paths": [path]}}]}
        address = f"203.0.113.{between(1, 254, self._site.origin, thing.name)}"
        return [self._make("Ingress", thing, spec=spec, status={"loadBalancer": {"ingress": [{"ip": address}]}})]

    def _autoscaler(self, thing: Thing) -> list[Json]:
        target = thing.target.partition("/")[2]
        size = self._workload(target).replicas[self._site.cluster]
        utilization = {"averageUtilization": 70, "type": "Utilization"}
        spec = {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
            # A small cluster runs fewer pods than the inventory's minimum: the minimum is what runs there.
            "minReplicas": min(thing.min, size),
            "maxReplicas": thing.max,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": utilization}}],
        }
        used = between(25, 55, self._site.origin, target)
        current = {"averageUtilization": used, "averageValue": f"{used}m"}
        conditions = [
            ("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size"),
            ("ScalingActive", "True", "ValidMetricFound", "the HPA was able to successfully calculate a replica count"),
            ("ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range"),
        ]
        status = {
            "currentReplicas": size,
            "desiredReplicas": size,
            "lastScaleTime": stamp(self._site.ago(1, 3, thing.name, "scaled")),
            "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": current}}],
            "conditions": self._conditions(conditions, self._site.ago(20, 30, thing.name, "condition")),
        }
        return [self._make("HorizontalPodAutoscaler", thing, spec=spec, status=status)]

    def _budget(self, thing: Thing) -> list[Json]:
        spec = {"maxUnavailable": 1, "selector": {"matchLabels": thing.selector}}
        return [self._make("PodDisruptionBudget", thing, spec=spec)]

    def _secret(self, thing: Thing) -> list[Json]:
        kind, values = SECRETS[thing.name]
        values = {**values, "canary": canaries.SECRET}
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        return [self._make("Secret", thing, type=kind, data=data)]

    def _claim(self, thing: Thing) -> list[Json]:
        application = thing.name.split("-")[1]
        modes, capacity = ["ReadWriteOnce"], {"storage": thing.size}
        volume = f"pvc-{uid(self._site.origin, 'volume', thing.namespace, thing.name)}"
        claim = self._make(
            "PersistentVolumeClaim",
            thing,
            labels={"app": application},
            spec={
                "accessModes": modes,
                "resources": {"requests": capacity},
                "storageClassName": thing.storageclass,
                "volumeMode": "Filesystem",
                "volumeName": volume,
            },
            status={"phase": "Bound", "accessModes": modes, "capacity": capacity},
        )
        whom = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": thing.namespace, "name": thing.name}
        bound = self._make(
            "PersistentVolume",
            Thing("persistentvolume", volume, None),
            spec={
                "accessModes": modes,
                "capacity": capacity,
                "claimRef": {**whom, "uid": claim["metadata"]["uid"]},
                "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": volume, "fsType": "ext4"},
                "persistentVolumeReclaimPolicy": "Delete",
                "storageClassName": thing.storageclass,
                "volumeMode": "Filesystem",
            },
            status={"phase": "Bound"},
        )
        return [claim, bound]

    def _job(self, thing: Thing) -> list[Json]:
        nightly = self._workload("nightly-report")
        owner = None
        if thing.name.startswith(f"{nightly.name}-"):
            owner = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": self._cron_job_metadata(nightly)}
        started = self._site.now - timedelta(hours=between(3, 20, self._site.origin, thing.name))
        template = pods.template(nightly, restart="OnFailure")
        template["metadata"]["labels"] = {"app": thing.name, "job-name": thing.name}
        made = self._make(
            "Job",
            thing,
            labels={"job-name": thing.name},
            spec={"backoffLimit": 2, "completions": 1, "parallelism": 1, "template": template},
            status={
                "startTime": stamp(started),
                "completionTime": stamp(started + timedelta(seconds=41)),
                "succeeded": 1,
                "conditions": self._conditions(
                    [("Complete", "True", "CompletionsReached", "Reached expected number of succeeded pods")],
                    started + timedelta(seconds=41),
                ),
            },
        )
        made["metadata"]["creationTimestamp"] = stamp(started)
        if owner:
            made["metadata"]["ownerReferences"] = [reference(owner)]
        return [made]

    def _cron_job_metadata(self, nightly: Workload) -> Json:
        return {
            "name": nightly.name,
            "uid": uid(self._site.origin, "CronJob", nightly.namespace, nightly.name),
        }

    def _policy(self, thing: Thing) -> list[Json]:
        return [self._make("NetworkPolicy", thing, spec={"podSelector": {}, "policyTypes": ["Ingress"]})]

    def _quota(self, thing: Thing) -> list[Json]:
        hard = {"pods": "60", "requests.cpu": "20", "requests.memory": "40Gi"}
        count = sum(pod.namespace == thing.namespace for pod in self._inventory.pods[self._site.cluster])
        used = {"pods": str(count), "requests.cpu": "4", "requests.memory": "7Gi"}
        return [self._make("ResourceQuota", thing, spec={"hard": hard}, status={"hard": hard, "used": used})]

    def _storage_class(self, thing: Thing) -> list[Json]:
        return [
            self._make(
                "StorageClass",
                thing,
                annotations={"storageclass.kubernetes.io/is-default-class": "true"},
                provisioner="ebs.csi.aws.com",
                reclaimPolicy="Delete",
                volumeBindingMode="WaitForFirstConsumer",
                allowVolumeExpansion=True,
                parameters={"type": "gp3"},
            )
        ]

    def _workload(self, name: str) -> Workload:
        return next(one for one in self._inventory.workloads if one.name == name)

    def _conditions(self, rows: list[tuple[str, str, str, str]], at: datetime) -> list[Json]:
        return [
            {"type": kind, "status": status, "lastTransitionTime": stamp(at), "reason": reason, "message": message}
            for kind, status, reason, message in rows
        ]
