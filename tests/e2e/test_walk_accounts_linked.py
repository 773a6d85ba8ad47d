"""Accounts of a chat system on a served folder: linked with people's own kubeconfigs, then a change by two people."""

import base64
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bot.commands import Press, parse
from bot.router import Reply
from tests.e2e.stack import Json, Stack, until
from workers.demo.apiserver.certificate import make_ca, make_certificate
from workers.domain.actor import Account, AccountKind
from workers.domain.factor import PERIOD_SECONDS, password
from workers.domain.plan import Place
from workers.domain.request import Request
from workers.domain.state import State

PLACE = Place(system="chat-test", channel="C1")


def kubechat(stack: Stack, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **stack.instance.settings.environment()}
    command = [sys.executable, "-c", "from bot.cli import main; main()", *arguments]
    return subprocess.run(command, env=environment, input=said, capture_output=True, text=True, timeout=60, check=False)


def say(stack: Stack, user: str, line: str, request: Request | None = None) -> Reply:
    """As an adapter hands over a message of a member."""
    account = Account(system="chat-test", workspace="T1", user_id=user, kind=AccountKind.MEMBER)
    command = parse(line)
    if isinstance(command, Press) and request is not None and request.plan and request.preview:
        shown = {"plan_digest": request.plan.digest, "preview_digest": request.preview.digest}
        command = command.model_copy(update=shown)
    return stack.instance.router.hear(command, account, PLACE, request and request.id)


def code(stack: Stack, user: str) -> str:
    card = say(stack, user, "link").card
    assert card is not None
    return card.model_dump_json().partition("kubechat link ")[2][:14]


def linked(stack: Stack, user: str, person: str) -> None:
    """With the person's own kubeconfig, and long ago."""
    until(stack.instance.store.clusters, what="the prober")
    own = str(stack.world.fleet.kubeconfig_of(person))
    done = kubechat(stack, "link", code(stack, user), "--kubeconfig", own, "--context", "prod-eu", said="yes\n")
    assert done.returncode == 0, done.stderr
    assert f"prod-eu knows you as {person}" in done.stdout
    assert f"chat-test/T1/{user}" in done.stdout
    database = sqlite3.connect(stack.instance.settings.data / "kubechat.sqlite3", timeout=10)
    with database:
        past = "2026-01-01T00:00:00.000000Z"
        database.execute("UPDATE links SET linked_at = ? WHERE user_id = ?", (past, user))
    database.close()


def test_two_accounts_of_one_person_cannot_be_requester_and_approver(stack: Stack) -> None:
    """Each is linked with the person's own kubeconfig; the change waits for somebody else, whoever that speaks as."""
    for user, person in (("A1", "alice"), ("A2", "alice"), ("B1", "bob")):
        linked(stack, user, person)
    name = stack.world.deployment("prod-eu")
    opened = say(stack, "A1", f"scale {name} to 3 in prod-eu").request
    assert opened is not None
    stack.asked.append(opened.id)
    request = stack.settled(opened)

    assert say(stack, "A1", "run", request).problem is None
    own = say(stack, "A2", "approve", request).problem
    assert own is not None
    assert own.code == "own-approval"
    assert stack.now(request).state is State.AWAITING_APPROVAL
    assert say(stack, "B1", "approve", request).problem is None
    done = stack.settled(request)

    assert done.state is State.SUCCEEDED, stack.said(done)
    assert stack.world.replicas("prod-eu", name) == 3
    given = [leaf["facts"]["account"]["user_id"] for leaf in stack.leaves(done, "approval.given")]
    assert given == ["A1", "B1"]
    listed = json.loads(kubechat(stack, "links", "--json").stdout)["links"]
    assert {(one["account"]["user_id"], one["person_id"], *one["groups"]) for one in listed} >= {
        ("A1", "alice", "sre"),
        ("B1", "bob", "sre"),
    }
    gone = kubechat(stack, "unlink", "chat-test/T1/A2", "--as", "alice")
    assert gone.returncode == 0, gone.stderr
    stranger = say(stack, "A2", "list").problem
    assert stranger is not None
    assert stranger.code == "not-linked"


def elsewhere(config: Json, _folder: Path) -> None:
    """To a server that would answer anything."""
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"


def own_authority(config: Json, _folder: Path) -> None:
    """Trusts another authority beside the cluster's, by which a server of one's own could speak for it."""
    cluster = config["clusters"][0]["cluster"]
    trusted = base64.b64decode(cluster["certificate-authority-data"]) + make_certificate(make_ca()).ca_pem
    cluster["certificate-authority-data"] = base64.b64encode(trusted).decode()


def plugin(config: Json, folder: Path) -> None:
    """Would run a program as soon as it is loaded."""
    touch = {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": [str(folder / "ran")]}
    config["users"][0]["user"] = {"exec": touch}


def unverified(config: Json, _folder: Path) -> None:
    """Would believe whoever answers."""
    cluster = config["clusters"][0]["cluster"]
    cluster.pop("certificate-authority-data")
    cluster["insecure-skip-tls-verify"] = True


def stranger(config: Json, _folder: Path) -> None:
    """With a token that nobody has."""
    config["users"][0]["user"] = {"token": "guessed"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (elsewhere, "no cluster of Kubechat's"),
        (own_authority, "no cluster of Kubechat's"),
        (plugin, "`exec` would run 'touch'"),
        (unverified, "`insecure-skip-tls-verify` is refused"),
        (stranger, "does not accept the credentials"),
    ],
)
def test_a_kubeconfig_that_proves_nothing_links_nothing(
    stack: Stack, tmp_path: Path, change: Callable[[Json, Path], None], says: str
) -> None:
    """Whoever writes a kubeconfig must not be able to write who they are."""
    until(stack.instance.store.clusters, what="the prober")
    config = yaml.safe_load(stack.world.fleet.kubeconfig_of("bob").read_text())
    change(config, tmp_path)
    (tmp_path / "config").write_text(yaml.safe_dump(config))

    done = kubechat(
        stack, "link", code(stack, f"X-{change.__name__}"), "--kubeconfig", str(tmp_path / "config"), "--yes"
    )

    assert done.returncode != 0
    assert says in done.stderr
    assert not (tmp_path / "ran").exists()
    assert [link for link in stack.instance.linking.links() if link.account.user_id.startswith("X-")] == []


def test_who_the_cluster_knows_and_nobody_here_does_not_link(stack: Stack) -> None:
    """The bot's own kubeconfig and the administrator's are nobody's in the people file."""
    until(stack.instance.store.clusters, what="the prober")
    given = code(stack, "Y1")
    for file in (stack.world.fleet.kubeconfig, stack.world.fleet.admin_kubeconfig):
        done = kubechat(stack, "link", given, "--kubeconfig", str(file), "--yes")
        assert (done.returncode, "unknown-person" in done.stderr) == (2, True)

    own = str(stack.world.fleet.kubeconfig_of("bob"))
    doubted = kubechat(stack, "link", given, "--kubeconfig", own, said="no\n")

    assert (doubted.returncode, "nothing was linked" in doubted.stderr) == (2, True)
    assert kubechat(stack, "link", given, "--kubeconfig", own, "--yes").returncode == 0


def test_a_second_factor_is_enrolled_and_removed_in_a_terminal(stack: Stack) -> None:
    """The secret is shown once, kept only when the app's code comes back, and gone with another code of the app."""
    settings = stack.instance.settings
    command = [sys.executable, "-c", "from bot.cli import main; main()", "second-factor", "enroll", "--as", "carol"]
    environment = {**os.environ, **settings.environment()}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        found = next(match for line in lines if (match := re.search(r"secret +([A-Z2-7]{32})", line)))
        secret = base64.b32decode(found[1])
        _, said = process.communicate(f"{app(stack, secret)}\n", timeout=30)

    assert (process.returncode, "has a second factor now" in said) == (0, True)
    kept = json.loads(kubechat(stack, "second-factor", "status", "--as", "carol", "--json").stdout)
    assert kept["second_factor"]["locked_until"] is None
    assert found[1] not in json.dumps(kept)
    wrong = kubechat(stack, "second-factor", "remove", "--as", "carol", said="000000\n")
    assert (wrong.returncode, "second-factor-refused" in wrong.stderr) == (1, True)
    gone = kubechat(stack, "second-factor", "remove", "--as", "carol", said=f"{app(stack, secret, 1)}\n")
    assert (gone.returncode, "no second factor any more" in gone.stderr) == (0, True)
    events = [leaf["event"] for leaf in stack.leaves() if leaf["actor"] == "carol"]
    assert [event for event in events if event.startswith("factor.")][-3:] == [
        "factor.enrolled",
        "factor.refused",
        "factor.removed",
    ]


def app(stack: Stack, secret: bytes, later: int = 0) -> str:
    """What the app shows, or will show next."""
    return password(secret, int(stack.instance.store.now().timestamp()) // PERIOD_SECONDS + later)
