"""The simulated fleet as a process, used with the real kubectl."""

import os
import select
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.demo.process import FleetDied, FleetProcess, running_fleet, start_fleet

KUBECTL = Path(sys.executable).with_name("kubectl")
ADMIN = ("--context", "prod-eu")
BOT = ("--as", "alice", "--as-group", "sre", *ADMIN)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetProcess]:
    with running_fleet(tmp_path_factory.mktemp("fleet"), incident=True, speed=10) as running:
        yield running


def kubectl(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    cache = config.parent / "cache"
    command = [str(KUBECTL), "--kubeconfig", str(config), "--cache-dir", str(cache), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_fleet_is_ready_soon_and_tells_where(fleet: FleetProcess) -> None:
    """Four clusters in one process, their addresses and two private kubeconfig files."""
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (fleet.kubeconfig, fleet.admin_kubeconfig)}

    assert list(fleet.urls) == ["prod-eu", "prod-us", "staging", "dev"]
    assert modes == {0o600}
    assert fleet.seconds < 10


@pytest.mark.parametrize("cluster", ["prod-eu", "prod-us", "staging", "dev"])
def test_kubectl_reads_every_cluster(fleet: FleetProcess, cluster: str) -> None:
    """Each context of the kubeconfig reaches its own cluster."""
    answer = kubectl(fleet.admin_kubeconfig, "--context", cluster, "get", "deployments", "-A", "-o", "name")

    assert answer.returncode == 0, answer.stderr
    assert len(answer.stdout.splitlines()) == 12


def test_the_bots_account_sees_nothing_by_itself_and_acts_as_people(fleet: FleetProcess) -> None:
    """Without impersonation listing pods is forbidden; as alice of sre it works, and secrets stay closed."""
    alone = kubectl(fleet.kubeconfig, *ADMIN, "get", "pods", "-n", "payments")
    as_alice = kubectl(fleet.kubeconfig, *BOT, "get", "pods", "-n", "payments", "-o", "name")
    secrets = kubectl(fleet.kubeconfig, *BOT, "get", "secrets", "-n", "payments")
    as_root = kubectl(fleet.kubeconfig, *ADMIN, "--as", "admin", "--as-group", "system:masters", "get", "nodes")

    assert "Forbidden" in alone.stderr
    assert "pod/payment-api-" in as_alice.stdout
    assert "Forbidden" in secrets.stderr
    assert "cannot impersonate" in as_root.stderr


def test_the_story_is_there_and_a_rollback_ends_it(fleet: FleetProcess) -> None:
    """kubectl shows the crash loop and its panic; rollout undo repairs it and rollout status says so."""
    pods = kubectl(fleet.admin_kubeconfig, *ADMIN, "get", "pods", "-n", "payments", "-l", "app=payment-worker")
    broken = next(line.split()[0] for line in pods.stdout.splitlines() if "2vc8m" not in line and " 0/1 " in line)
    log = kubectl(fleet.admin_kubeconfig, *ADMIN, "logs", "-n", "payments", broken, "--previous")
    undo = kubectl(fleet.admin_kubeconfig, *ADMIN, "rollout", "undo", "deployment/payment-worker", "-n", "payments")
    watched = ("rollout", "status", "deployment/payment-worker", "-n", "payments", "--timeout=30s")
    status = kubectl(fleet.admin_kubeconfig, *ADMIN, *watched)
    history = kubectl(
        fleet.admin_kubeconfig, *ADMIN, "rollout", "history", "deployment/payment-worker", "-n", "payments"
    )

    assert 'panic: config key "queue.url" is missing' in log.stdout
    assert undo.returncode == 0, undo.stderr
    assert "successfully rolled out" in status.stdout
    assert [line.split()[0] for line in history.stdout.splitlines()[2:] if line] == ["8", "9", "10", "12", "13"]


def test_deleting_and_scaling_with_kubectl_work(fleet: FleetProcess) -> None:
    """A deleted pod comes back under another name, and a scaled deployment becomes ready."""
    where = ("--context", "dev", "-n", "checkout")
    before = kubectl(fleet.admin_kubeconfig, *where, "get", "pods", "-l", "app=inventory", "-o", "name").stdout.strip()

    gone = kubectl(fleet.admin_kubeconfig, *where, "delete", before, "--timeout=20s")
    kubectl(fleet.admin_kubeconfig, *where, "scale", "deployment/inventory", "--replicas=3")
    status = kubectl(fleet.admin_kubeconfig, *where, "rollout", "status", "deployment/inventory", "--timeout=20s")
    after = kubectl(fleet.admin_kubeconfig, *where, "get", "pods", "-l", "app=inventory", "-o", "name")

    assert gone.returncode == 0, gone.stderr
    assert "successfully rolled out" in status.stdout
    assert before not in after.stdout
    assert len(after.stdout.splitlines()) == 3


def test_events_usage_and_nodes_are_shown(fleet: FleetProcess) -> None:
    """`events`, `top` and `get nodes` have something to show."""
    events = kubectl(fleet.admin_kubeconfig, *ADMIN, "get", "events", "-n", "payments")
    top = kubectl(fleet.admin_kubeconfig, *ADMIN, "top", "pods", "-n", "payments")
    nodes = kubectl(fleet.admin_kubeconfig, *ADMIN, "get", "nodes")

    assert "BackOff" in events.stdout
    assert "payment-api-" in top.stdout
    assert nodes.stdout.count(" Ready ") == 7


def test_faults_and_requests_are_reached_from_outside(fleet: FleetProcess) -> None:
    """A test can make one cluster answer with warnings, and read what it was asked."""
    fleet.faults("staging", {"warnings": ["the moon is full"]})
    answer = kubectl(fleet.admin_kubeconfig, "--context", "staging", "get", "nodes")
    fleet.heal("staging")
    after = kubectl(fleet.admin_kubeconfig, "--context", "staging", "get", "nodes")

    assert "the moon is full" in answer.stderr
    assert "the moon is full" not in after.stderr
    assert "/api/v1/nodes" in {request["path"] for request in fleet.requests("staging")}


def test_a_dead_cluster_comes_back_on_the_same_port(fleet: FleetProcess) -> None:
    """While a cluster is dead its listener refuses; the others answer; healing opens the same address again."""
    fleet.faults("dev", {"dead": True})
    dead = kubectl(fleet.admin_kubeconfig, "--context", "dev", "get", "--raw", "/readyz")
    other = kubectl(fleet.admin_kubeconfig, "--context", "staging", "get", "--raw", "/readyz")
    fleet.heal("dev")
    healed = kubectl(fleet.admin_kubeconfig, "--context", "dev", "get", "--raw", "/readyz")

    assert "refused" in dead.stderr
    assert (other.stdout, healed.stdout) == ("ok", "ok")


def test_the_fleet_ends_cleanly_when_told(tmp_path: Path) -> None:
    """SIGTERM ends it with exit code 0 and leaves only whole files."""
    fleet = start_fleet(tmp_path, incident=False)

    code = fleet.stop()

    assert code == 0
    people = {f"{name}.kubeconfig" for name in ("admin", "alice", "bob", "carol")}
    assert {path.name for path in tmp_path.iterdir()} == {*people, "fleet.log", "kubeconfig"}
    assert (tmp_path / "fleet.log").read_text() == ""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waiting for a grandchild needs Linux")
def test_the_fleet_ends_with_its_parent(tmp_path: Path) -> None:
    """When the process that started it is killed, the fleet is gone within seconds."""
    script = (
        "import sys, time, pathlib; from workers.demo.process import start_fleet;"
        f"print(start_fleet(pathlib.Path({str(tmp_path)!r})).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        watched = os.pidfd_open(int(starter.stdout.readline()))
        starter.kill()

    poll = select.poll()
    poll.register(watched, select.POLLIN)
    ended = poll.poll(10_000)
    os.close(watched)
    assert ended


def test_a_fleet_that_cannot_start_says_why(tmp_path: Path) -> None:
    """A fleet whose directory cannot be used is reported with its own words."""
    (tmp_path / "kubeconfig").mkdir()

    with pytest.raises(FleetDied, match="kubeconfig"):
        start_fleet(tmp_path)
