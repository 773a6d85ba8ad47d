"""A kubeconfig that would run a program as soon as it is loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.architecture.pages import ROOT
from workers.clusters.registry import Clusters
from workers.domain.errors import KubechatError
from workers.domain.value import ClusterName
from workers.settings import DEFAULTS, Settings, read_policy

USERS = {
    "exec": lambda script: {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": script}},
    "exec with arguments": lambda script: {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/sh", "args": ["-c", script]}
    },
    "exec of an old version": lambda script: {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1alpha1", "command": script}
    },
    "auth provider": lambda script: {"auth-provider": {"name": "gcp", "config": {"cmd-path": script}}},
    "token beside it": lambda script: {
        "token": "t", "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": script}
    },
}  # fmt: skip


def written(folder: Path, user: str) -> tuple[Path, Path]:
    """A kubeconfig, and the file that the program in it would leave behind."""
    marker, script = folder / "marker", folder / "plugin"
    script.write_text(f"#!/bin/sh\ntouch {marker}\n")
    script.chmod(0o755)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:9"}}],
        "users": [{"name": "u", "user": USERS[user](str(script))}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "here",
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path, marker


@pytest.mark.parametrize("user", USERS)
def test_t22_a_plugin_is_refused_and_never_runs(user: str, tmp_path: Path) -> None:
    """Not when it is read, not when the cluster is probed, not when somebody asks it for something."""
    path, marker = written(tmp_path, user)
    settings = Settings.read({}, tmp_path, kubeconfig=path)
    clusters = Clusters(settings, read_policy(DEFAULTS / "policy.yaml")[0])
    try:
        (seen,) = clusters.probe()
        with pytest.raises(KubechatError):
            clusters.identity(ClusterName("here"), None)  # type: ignore[arg-type]  # refused before anybody matters
    finally:
        clusters.close()

    assert not seen.reachable
    assert "refused" in seen.detail or "exec" in seen.detail
    assert not marker.exists()


@pytest.mark.parametrize("user", ["exec", "auth provider"])
def test_t22_the_doctor_looks_without_running_it(user: str, tmp_path: Path) -> None:
    """Whoever is asked what is wrong with a kubeconfig does not do what it says."""
    path, marker = written(tmp_path, user)
    environment = {**os.environ, "KUBECHAT_KUBECONFIG": str(path), "KUBECHAT_DATA": str(tmp_path / "data")}

    command = [sys.executable, "-c", "from bot.cli import main; main()", "doctor"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert run.returncode == 1
    assert "here" in run.stdout
    assert not marker.exists()


def test_t22_the_plugin_would_have_run(tmp_path: Path) -> None:
    """Where the administrator has put it on the list it does: the marker shows what the others were spared."""
    path, marker = written(tmp_path, "exec")
    settings = Settings.read({}, tmp_path, kubeconfig=path, allow_exec=frozenset({"plugin"}))
    clusters = Clusters(settings, read_policy(DEFAULTS / "policy.yaml")[0])
    try:
        clusters.probe()
    finally:
        clusters.close()

    assert marker.exists()
