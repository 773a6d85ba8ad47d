"""A kubeconfig is read without trusting it: T22."""

import base64
import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from workers.clusters import kubeconfig
from workers.clusters.registry import Clusters
from workers.domain.actor import Account, Actor
from workers.domain.call import get
from workers.domain.errors import ClusterUnreachable, InvalidConfiguration, KubechatError
from workers.domain.kind import KINDS
from workers.domain.value import ClusterName, PersonId
from workers.settings import DEFAULTS, Settings, read_policy

Config = dict[str, Any]
NOBODY: frozenset[str] = frozenset()


def config(cluster: Config | None = None, user: Config | None = None, name: str = "one") -> Config:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:9", **(cluster or {})}}],
        "users": [{"name": "u", "user": {"token": "secret-token"} if user is None else user}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}}],
        "current-context": name,
    }


def write(folder: Path, body: Config | str | bytes) -> Path:
    path = folder / "kubeconfig"
    data = body if isinstance(body, bytes) else (body if isinstance(body, str) else yaml.safe_dump(body)).encode()
    path.write_bytes(data)
    return path


def problem(
    folder: Path, body: Config, allow_exec: frozenset[str] = NOBODY, allow_insecure: frozenset[str] = NOBODY
) -> str:
    (context,) = kubeconfig.read(write(folder, body), allow_exec, allow_insecure)
    return context.problem


def plugin(folder: Path, marker: Path) -> Path:
    """An exec plugin that leaves a mark when it runs."""
    script = folder / "token-plugin"
    status = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}
    script.write_text(f"#!{sys.executable}\nopen({str(marker)!r}, 'w').close()\nprint({json.dumps(status)!r})\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def execution(command: str, **more: Any) -> Config:
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": command, **more}}


def test_plain_context_may_be_used(tmp_path: Path) -> None:
    """A token and an https address are all it takes."""
    assert problem(tmp_path, config()) == ""


def test_credentials_are_not_shown(tmp_path: Path) -> None:
    """A context can be logged without giving its token away."""
    (context,) = kubeconfig.read(write(tmp_path, config()), NOBODY, NOBODY)

    assert "secret-token" not in repr(context)


REFUSED: dict[str, tuple[Config, Config | None, str]] = {
    "insecure": ({"insecure-skip-tls-verify": True}, None, "insecure-skip-tls-verify"),
    "insecure as text": ({"insecure-skip-tls-verify": "true"}, None, "must be true or false"),
    "http": ({"server": "http://127.0.0.1:9"}, None, "plain http"),
    "no address": ({"server": "nonsense"}, None, "must be https://"),
    "other scheme": ({"server": "ftp://127.0.0.1"}, None, "must be https://"),
    "bad port": ({"server": "https://127.0.0.1:99999"}, None, "not an address"),
    "account in address": ({"server": "https://a:b@127.0.0.1"}, None, "plain address"),
    "proxy": ({"proxy-url": "http://127.0.0.1:1"}, None, "proxy-url"),
    "authority elsewhere": ({"certificate-authority": "/etc/passwd"}, None, "points outside"),
    "authority above": ({"certificate-authority": "../ca.crt"}, None, "points outside"),
    "authority missing": ({"certificate-authority": "ca.crt"}, None, "names no file"),
    "authority empty": ({"certificate-authority-data": "AAAA"}, None, "certificate authority"),
    "unknown field of cluster": ({"shiny": "new"}, None, "unknown field of the cluster: shiny"),
    "auth-provider": ({}, {"auth-provider": {"name": "gcp", "config": {"cmd-path": "x"}}}, "auth-provider"),
    "basic": ({}, {"username": "a", "password": "b"}, "basic authentication"),
    "impersonation": ({}, {"token": "t", "as": "system:admin"}, "impersonation is Kubechat's own"),
    "token elsewhere": ({}, {"tokenFile": "/etc/hostname"}, "points outside"),
    "token above": ({}, {"tokenFile": "x/../../token"}, "points outside"),
    "key elsewhere": ({}, {"client-certificate-data": "YQ==", "client-key": "/etc/passwd"}, "points outside"),
    "exec": ({}, execution("aws"), "KUBECHAT_ALLOW_EXEC=aws"),
    "exec by path": ({}, execution("/usr/bin/aws"), "KUBECHAT_ALLOW_EXEC=aws"),
    "token is no text": ({}, {"token": 17}, "must be text"),
}


@pytest.mark.parametrize(("cluster", "user", "words"), REFUSED.values(), ids=REFUSED)
def test_unsafe_context_is_refused_with_the_reason(tmp_path: Path, cluster: Config, user: Config, words: str) -> None:
    """Whatever could run a program, read a file elsewhere or send credentials astray is refused by name."""
    said = problem(tmp_path, config(cluster, user))

    assert words in said
    assert "context 'one'" in said


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (execution("./aws"), "relative path"),
        (execution("aws", env=[{"name": "LD_PRELOAD", "value": "/tmp/x.so"}]), "LD_PRELOAD"),
        (execution("aws", env=[{"name": "PATH", "value": "/tmp"}]), "PATH"),
        (execution("aws", surprise=1), "unknown field of `exec`"),
        (execution("aws") | {"exec": {"command": "aws"}}, "apiVersion"),
    ],
)
def test_allowed_plugin_cannot_be_turned_into_another(tmp_path: Path, body: Config, words: str) -> None:
    """An allowed name is that program, not whatever the file makes of it."""
    assert words in problem(tmp_path, config(user=body), allow_exec=frozenset({"aws"}))


def test_link_out_of_the_tree_is_refused(tmp_path: Path) -> None:
    """A link does not make a file elsewhere a file here."""
    (tmp_path / "token").symlink_to("/etc/hostname")

    assert "points outside" in problem(tmp_path, config(user={"tokenFile": "token"}))


def test_link_within_the_tree_is_followed(tmp_path: Path) -> None:
    """Kubernetes mounts secrets as links within their folder."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "token").write_text("t\n")
    (tmp_path / "token").symlink_to("..data/token")

    assert problem(tmp_path, config(user={"tokenFile": "token"})) == ""


@pytest.mark.parametrize("cluster", [{"insecure-skip-tls-verify": True}, {"server": "http://127.0.0.1:9"}])
def test_insecure_context_is_used_only_where_it_was_allowed_by_name(tmp_path: Path, cluster: Config) -> None:
    """The exception is for one context, given by whoever runs Kubechat."""
    assert problem(tmp_path, config(cluster), allow_insecure=frozenset({"one"})) == ""
    assert problem(tmp_path, config(cluster), allow_insecure=frozenset({"two"})) != ""


@pytest.mark.parametrize("allowed", [NOBODY, frozenset({"token-plugin"})])
def test_loading_runs_nothing(tmp_path: Path, allowed: frozenset[str], make: Callable[..., Clusters]) -> None:
    """T22: reading a kubeconfig executes nothing, whether its plugin is allowed or not."""
    marker = tmp_path / "marker"
    script = plugin(tmp_path, marker)

    clusters = make(config(user=execution(str(script))), allow_exec=allowed)
    clusters.clusters()

    assert not marker.exists()


def test_refused_plugin_does_not_run_when_the_cluster_is_used(tmp_path: Path, make: Callable[..., Clusters]) -> None:
    """T22: a refused plugin stays refused at the first call too."""
    marker = tmp_path / "marker"
    clusters = make(config(user=execution(str(plugin(tmp_path, marker)))))

    with pytest.raises(ClusterUnreachable) as caught:
        clusters.send(ClusterName("one"), get(KINDS["node"], None, "n"), ALICE)
    (seen,) = clusters.probe()

    assert "KUBECHAT_ALLOW_EXEC=token-plugin" in caught.value.text
    assert not seen.reachable
    assert not marker.exists()


def test_allowed_plugin_runs_at_the_first_call(tmp_path: Path, make: Callable[..., Clusters]) -> None:
    """An allowed plugin is asked when its credentials are needed, not before."""
    marker = tmp_path / "marker"
    clusters = make(config(user=execution(str(plugin(tmp_path, marker)))), allow_exec=frozenset({"token-plugin"}))

    with pytest.raises(ClusterUnreachable):
        clusters.send(ClusterName("one"), get(KINDS["node"], None, "n"), ALICE)

    assert marker.exists()


def test_plugin_that_fails_is_not_replaced_by_nobody(tmp_path: Path, make: Callable[..., Clusters]) -> None:
    """The official loader logs a plugin's failure and goes on without credentials; Kubechat stops."""
    clusters = make(config(user=execution("/bin/false")), allow_exec=frozenset({"false"}))

    with pytest.raises(ClusterUnreachable) as caught:
        clusters.send(ClusterName("one"), get(KINDS["node"], None, "n"), ALICE)

    assert "'false' gave no credentials" in caught.value.message


def test_broken_context_does_not_hide_the_good_one(make: Callable[..., Clusters]) -> None:
    """One bad entry costs one cluster."""
    body = config()
    body["clusters"].append({"name": "d", "cluster": {"server": "http://127.0.0.1:9"}})
    body["contexts"].append({"name": "two", "context": {"cluster": "d", "user": "u"}})
    body["contexts"].append({"name": "three", "context": {"cluster": "gone", "user": "u"}})

    listed = make(body).clusters()

    assert [(cluster.name, cluster.reachable) for cluster in listed] == [
        ("one", True),
        ("two", False),
        ("three", False),
    ]
    assert "plain http" in listed[1].detail
    assert "its cluster 'gone' is not in the file" in listed[2].detail


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nclusters: [*b]\n"
UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "a mapping is expected"),
    "list": ("[1, 2]", "a mapping is expected"),
    "broken yaml": ("a: [", "not YAML"),
    "tabs": ("a:\n\t- b", "not YAML"),
    "python": ("a: !!python/object/apply:os.system ['touch /tmp/x']", "not YAML"),
    "bomb": (BOMB, "anchor or alias"),
    "alias": ("users: &u []\nclusters: []\n", "anchor or alias"),
    "deep": ("a: " + "[" * 60 + "]" * 60, "nested more than"),
    "bytes": (b"\xff\xfe\x00", "not"),
    "large": (b"#" * ((1 << 20) + 1), "larger than 1 MiB"),
    "garbage": (yaml.safe_dump(config() | {"run": "me"}), "unknown fields at the top: run"),
    "kind": (yaml.safe_dump(config() | {"kind": "Pod"}), "kind: Config"),
    "no contexts": (yaml.safe_dump(config() | {"contexts": []}), "names no context"),
    "contexts no list": (yaml.safe_dump(config() | {"contexts": {"a": 1}}), "must be a list"),
    "twice": (
        yaml.safe_dump(config() | {"contexts": [*config()["contexts"], *config()["contexts"]]}),
        "names 'one' twice",
    ),
    "user twice": (yaml.safe_dump(config() | {"users": [*config()["users"], *config()["users"]]}), "names 'u' twice"),
    "hidden name": (yaml.safe_dump(config(name="a\u202eb")), "no usable name"),
}


@pytest.mark.parametrize(("body", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_file_says_what_and_what_to_do(tmp_path: Path, body: str | bytes, words: str) -> None:
    """Path, problem, remedy: enough to mend it without reading our code."""
    path = write(tmp_path, body)

    with pytest.raises(InvalidConfiguration) as caught:
        kubeconfig.read(path, NOBODY, NOBODY)

    assert str(path) in caught.value.message
    assert words in caught.value.message
    assert caught.value.then


@pytest.mark.parametrize("name", ["missing", ""])
def test_file_that_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    """A missing file and a folder are said as such."""
    with pytest.raises(InvalidConfiguration) as caught:
        kubeconfig.read(tmp_path / name, NOBODY, NOBODY)

    assert str(tmp_path / name) in caught.value.message


def test_without_a_kubeconfig_there_is_no_fleet(tmp_path: Path) -> None:
    """The way out is named: a file, or the demo."""
    with pytest.raises(InvalidConfiguration) as caught:
        Clusters(Settings.read({}, data=tmp_path), read_policy(DEFAULTS / "policy.yaml")[0])

    assert "KUBECHAT_KUBECONFIG" in caught.value.then


@pytest.mark.parametrize("size", [1, 10, 100, 1000])
def test_random_bytes_never_raise_anything_else(tmp_path: Path, size: int) -> None:
    """No file makes the reader fail in a way of its own."""
    seed = base64.b85encode(bytes(range(256)) * 8)
    for start in range(0, 400, 7):
        try:
            kubeconfig.read(write(tmp_path, seed[start : start + size]), NOBODY, NOBODY)
        except KubechatError as error:
            assert isinstance(error, InvalidConfiguration)


def test_tiers_are_those_of_the_policy_that_was_taken_over(make: Callable[..., Clusters]) -> None:
    """A cluster that a new policy does not name any more is production."""
    policy = read_policy(DEFAULTS / "policy.yaml")[0]
    clusters = make(config(name="dev"))
    before = clusters.clusters()[0].tier
    clusters.take(policy.model_copy(update={"tiers": ()}))

    assert (before, clusters.clusters()[0].tier) == ("development", "production")


ALICE = Actor(
    person_id=PersonId("alice"),
    name="Alice",
    groups=frozenset({"sre"}),
    account=Account(system="terminal", workspace="t", user_id="alice"),
    verified_by="session",
)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Clusters]:
    def clusters(body: Config, **more: Any) -> Clusters:
        settings = Settings.read({}, data=tmp_path, kubeconfig=write(tmp_path, body), **more)
        return Clusters(settings, read_policy(DEFAULTS / "policy.yaml")[0])

    return clusters
