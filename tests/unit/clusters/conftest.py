"""Clusters over one scripted server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from scripted_server import Answering, Server

from workers.clusters.registry import Clusters
from workers.settings import DEFAULTS, Settings, read_policy


@pytest.fixture
def against(tmp_path: Path) -> Iterator[Callable[..., tuple[Clusters, Server]]]:
    made: list[Any] = []

    def start(answering: Answering, user: dict[str, Any] | None = None, **more: Any) -> tuple[Clusters, Server]:
        server = Server(answering)
        config = {
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.port}"}}],
            "users": [{"name": "u", "user": user or {"token": "t"}}],
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        }
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        settings = Settings.read({}, data=tmp_path, kubeconfig=path, allow_insecure=frozenset({"here"}), **more)
        clusters = Clusters(settings, read_policy(DEFAULTS / "policy.yaml")[0])
        made.extend((clusters, server))
        return clusters, server

    yield start
    for one in made:
        one.close()
