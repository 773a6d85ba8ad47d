"""The clusters that the contract is checked on: the demo fleet, or those of KUBECHAT_TEST_KUBECONFIG."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import prelude
import pytest
import yaml
from prelude import World
from raw import Raw, flattened

from tests.servers import guard
from workers.clusters.registry import Clusters
from workers.demo.process import FleetProcess, running_fleet
from workers.domain.actor import Account, Actor
from workers.domain.value import ClusterName, PersonId
from workers.settings import DEFAULTS, Settings, read_policy

REAL = os.environ.get("KUBECHAT_TEST_KUBECONFIG", "")
WANTED = ("prod-eu", "prod-us", "staging", "dev")
GROUPS = {"alice": {"sre", "auditors"}, "bob": {"sre"}, "carol": {"developers"}}
NOWHERE, SILENT = "nowhere", "silent"  # contexts beside the real ones: a closed port, a listener that never answers


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[None]:
    """As everywhere, except that clusters named by the environment may be anywhere."""
    if REAL:
        yield
        return
    guard.install()
    guard.taken()
    yield
    assert guard.taken() == ()


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetProcess | None]:
    """The demo fleet's process; None where real clusters are named."""
    if REAL:
        yield None
        return
    with running_fleet(tmp_path_factory.mktemp("fleet"), incident=False, speed=50) as process:
        yield process


@pytest.fixture(scope="session")
def silent_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(scope="session")
def admin_config(fleet: FleetProcess | None) -> dict[str, Any]:
    return flattened(fleet.admin_kubeconfig if fleet else Path(REAL))


@pytest.fixture(scope="session")
def kubeconfig(fleet: FleetProcess | None, silent_port: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The port's kubeconfig: the bot's account, and two contexts that lead nowhere."""
    config = flattened(fleet.kubeconfig if fleet else Path(REAL))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    user = config["contexts"][0]["context"]["user"]
    for name, port in ((NOWHERE, closed), (SILENT, silent_port)):
        config["clusters"].append({"name": name, "cluster": {"server": f"https://127.0.0.1:{port}"}})
        config["contexts"].append({"name": name, "context": {"cluster": name, "user": user}})
    path = tmp_path_factory.mktemp("kubeconfig") / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture(scope="session")
def make_port(kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Clusters]]:
    """A new adapter over the same clusters, with settings of its own."""
    policy, _ = read_policy(DEFAULTS / "policy.yaml")
    made: list[Clusters] = []

    def make(**more: Any) -> Clusters:
        settings = Settings.read(
            {"KUBECHAT_ALLOW_EXEC": os.environ.get("KUBECHAT_ALLOW_EXEC", "")},
            data=tmp_path_factory.getbasetemp(),
            kubeconfig=kubeconfig,
            allow_insecure=frozenset(WANTED) if REAL else frozenset(),
            **more,
        )
        made.append(Clusters(settings, policy))
        return made[-1]

    yield make
    for clusters in made:
        clusters.close()


@pytest.fixture(scope="session")
def port(make_port: Callable[..., Clusters]) -> Clusters:
    """The port under test."""
    return make_port()


@pytest.fixture(scope="session")
def names(admin_config: dict[str, Any]) -> tuple[ClusterName, ...]:
    """The clusters there are, at least one."""
    there = {context["name"] for context in admin_config["contexts"]}
    found = tuple(ClusterName(name) for name in WANTED if name in there)
    assert found, f"none of {WANTED} is a context of the kubeconfig"
    return found


@pytest.fixture(scope="session")
def raws(admin_config: dict[str, Any], names: tuple[ClusterName, ...]) -> dict[str, Raw]:
    return {name: Raw(admin_config, name) for name in names}


@pytest.fixture(scope="session")
def world(raws: dict[str, Raw], names: tuple[ClusterName, ...]) -> Iterator[World]:
    """The cluster in which most cases play."""
    built = prelude.build(names[0], raws[names[0]], demo=not REAL, people=("alice", "bob"))
    yield built
    prelude.remove(built)


@pytest.fixture
def demo(fleet: FleetProcess | None) -> FleetProcess:
    """The demo fleet, for what no real cluster lets a test do."""
    if fleet is None:
        pytest.skip("only the demo fleet can be made to fail")
    return fleet


@pytest.fixture
def healed(demo: FleetProcess, world: World) -> Iterator[None]:
    demo.heal(world.cluster)
    yield
    demo.heal(world.cluster)


@pytest.fixture(scope="session")
def frail(world: World) -> dict[str, Any]:
    return world.deployment("frail")


def actor(person: str, *groups: str) -> Actor:
    return Actor(
        person_id=PersonId(person),
        name=person.title(),
        groups=frozenset(groups or GROUPS[person]),
        account=Account(system="terminal", workspace="contract", user_id=person),
        verified_by="session",
    )


@pytest.fixture(scope="session")
def alice() -> Actor:
    return actor("alice")


@pytest.fixture(scope="session")
def bob() -> Actor:
    return actor("bob")


@pytest.fixture(scope="session")
def carol() -> Actor:
    return actor("carol")
