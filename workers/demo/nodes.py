"""The nodes of a cluster."""

from datetime import datetime, timedelta

from workers.demo.identity import Json, between, stamp, uid
from workers.demo.objects import make

REGIONS = {"prod-eu": "eu-central-1", "prod-us": "us-east-1", "staging": "eu-west-1", "dev": "eu-west-1"}
PRESSURES = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)


def make_node(origin: str, cluster: str, name: str, index: int, now: datetime) -> Json:
    """One Ready node. A node with a gpu is tainted softly: the inventory has ordinary pods on it."""
    gpu = name.startswith("gpu")
    created = now - timedelta(days=between(40, 200, origin, name), minutes=between(0, 1439, origin, name, 1))
    region = REGIONS.get(cluster, "eu-west-1")
    kind = "g5.2xlarge" if gpu else "m7i.2xlarge"
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": name,
        "node.kubernetes.io/instance-type": kind,
        "topology.kubernetes.io/region": region,
        "topology.kubernetes.io/zone": f"{region}{'abc'[index % 3]}",
    }
    spec: Json = {
        "podCIDR": f"10.244.{index}.0/24",
        "podCIDRs": [f"10.244.{index}.0/24"],
        "providerID": f"demo:///{cluster}/{name}",
    }
    capacity = {
        "cpu": "8",
        "ephemeral-storage": "101430960Ki",
        "hugepages-2Mi": "0",
        "memory": "32386504Ki",
        "pods": "110",
    }
    allocatable = {**capacity, "cpu": "7910m", "ephemeral-storage": "93478772582", "memory": "31338952Ki"}
    if gpu:
        labels["nvidia.com/gpu.present"] = "true"
        spec["taints"] = [{"key": "nvidia.com/gpu", "value": "present", "effect": "PreferNoSchedule"}]
        capacity["nvidia.com/gpu"] = allocatable["nvidia.com/gpu"] = "1"
    return make(
        origin,
        "v1",
        "Node",
        name,
        None,
        created,
        labels=labels,
        annotations={"node.alpha.kubernetes.io/ttl": "0"},
        spec=spec,
        status={
            "capacity": capacity,
            "allocatable": allocatable,
            "addresses": [
                {"type": "InternalIP", "address": f"10.{between(10, 99, origin)}.0.{11 + index}"},
                {"type": "Hostname", "address": name},
            ],
            "conditions": _conditions(created, now),
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "machineID": uid(origin, name, "machine").replace("-", ""),
                "systemUUID": uid(origin, name, "system"),
                "bootID": uid(origin, name, "boot"),
                "kernelVersion": "6.12.48-cloud-amd64",
                "osImage": "Debian GNU/Linux 13 (trixie)",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kubeletVersion": "v1.36.0",
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        },
    )


def _conditions(created: datetime, now: datetime) -> list[Json]:
    since = stamp(created + timedelta(seconds=25))
    rows = [(kind, "False", reason, message) for kind, reason, message in PRESSURES]
    rows.append(("Ready", "True", "KubeletReady", "kubelet is posting ready status"))
    return [
        {
            "type": kind,
            "status": status,
            "lastHeartbeatTime": stamp(now),
            "lastTransitionTime": since,
            "reason": reason,
            "message": message,
        }
        for kind, status, reason, message in rows
    ]
