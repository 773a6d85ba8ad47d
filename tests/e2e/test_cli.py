"""The real `kubechat` command in processes of its own, on a served data folder with a stand-in for the workers."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.bot import samples
from tests.unit.bot.stand_in import Folder, run, served_folder
from workers.domain.request import Request

PLANS = {
    "pods": samples.read_plan,
    "scale": lambda request, now: samples.planned(request, now=now),
    "restart": samples.asked,
    "forbidden": lambda request, _now: samples.refused(request),
}


def finish(request: Request) -> Request:
    if request.plan is not None and request.plan.steps[0].action.verb.value == "get":
        return samples.finished_read(request.started(), samples.PODS)
    return samples.succeeded(request)


@pytest.fixture
def folder(data: Path) -> Iterator[Folder]:
    with served_folder(data, PLANS, finish) as opened:
        yield opened


def asked(folder: Folder, text: str) -> str:
    found = re.search(r"req-[0-9a-z]{8}", folder.kubechat("ask", text, "--as", "alice").stdout)
    assert found
    return found[0]


def test_read_prints_its_output_and_exits_0(folder: Folder) -> None:
    """A read is one command and no click."""
    done = folder.kubechat("ask", "get", "pods in prod-eu payments", "--as", "alice")

    assert (done.returncode, done.stderr) == (0, "")
    assert "payment-worker-58f4c7d6b-lq9ws" in done.stdout
    assert "succeeded" in done.stdout


def read(folder: Folder, request: str) -> str:
    """What a person writes after --plan when the card is read."""
    found = json.loads(folder.kubechat("show", request, "--json").stdout)
    return f"{found['plan_digest'][:8]}/{found['preview_digest'][:8]}"


def test_change_waits_for_two_people_and_runs(folder: Folder) -> None:
    """Waiting for people is exit code 3; the last yes streams progress and is exit code 0."""
    waiting = folder.kubechat("ask", "scale payment-api to 5 in prod-eu", "--as", "alice")
    request = re.findall(r"req-[0-9a-z]{8}", waiting.stdout)[0]
    plan = ("--plan", read(folder, request))
    own = folder.kubechat("approve", request, "--as", "alice", *plan)
    ran = folder.kubechat("run", request, "--as", "alice", *plan)
    approved = folder.kubechat("approve", request.removeprefix("req-"), "--as", "bob", "--reason", "looked", *plan)

    assert [p.returncode for p in (waiting, own, ran, approved)] == [3, 1, 3, 0]
    assert "own-approval" in own.stderr
    assert "waits for approval" in ran.stdout
    assert "· 3 of 5 updated, 2 ready" in approved.stdout
    assert "approved by Bob" in approved.stdout


def test_a_yes_counts_only_for_the_plan_that_was_read(folder: Folder) -> None:
    """Another plan or preview than that is refused, and a plan without its preview is no yes."""
    request = asked(folder, "scale payment-api to 5 in prod-eu")
    plan, preview = read(folder, request).split("/")

    said = {
        name: folder.kubechat("approve", request, "--as", "bob", "--plan", written)
        for name, written in {
            "other plan": f"{'0' * 8}/{preview}",
            "other preview": f"{plan}/{'0' * 8}",
            "short": plan[:5],
            "no preview": plan,
            "right": f"{plan}/{preview}",
        }.items()
    }

    assert [p.returncode for p in said.values()] == [1, 1, 2, 2, 3]
    assert f"is not plan {'0' * 8}" in said["other plan"].stderr
    assert plan in said["other plan"].stderr
    assert f"what preview {'0' * 8} showed" in said["other preview"].stderr
    assert "names a plan, and not what was seen" in said["no preview"].stderr
    assert said["right"].stderr == ""


@pytest.mark.parametrize(("press", "person"), [("run", "alice"), ("approve", "bob")])
def test_a_yes_without_a_plan_shows_it_and_presses_nothing(folder: Folder, press: str, person: str) -> None:
    """It has an exit code of its own, and says what to type for exactly what it has shown."""
    request = asked(folder, "scale payment-api to 5 in prod-eu")
    said = f"kubechat {press} {request} --as {person} --plan {read(folder, request)}"

    shown = folder.kubechat(press, request, "--as", person)
    as_json = folder.kubechat(press, request, "--as", person, "--json")

    assert (shown.returncode, as_json.returncode) == (4, 4)
    assert said in shown.stderr
    assert "replicas" in shown.stdout
    assert json.loads(as_json.stdout)["approvals"] == []
    assert folder.kubechat(*said.split()[1:]).returncode == 3


def test_another_alternative_is_taken_by_its_letter(folder: Folder) -> None:
    """As on the card; a letter that is not there is a usage error that names those that are."""
    request = asked(folder, "scale payment-api to 5 in prod-eu")

    wrong = folder.kubechat("correct", request, "a9", "--as", "alice")
    other = folder.kubechat("correct", request, "a2", "--as", "bob")
    right = folder.kubechat("correct", request, "a2", "--as", "alice", "--json")

    assert [p.returncode for p in (wrong, other, right)] == [2, 1, 3]
    assert "a1 payments-eu, a2 checkout" in wrong.stderr
    assert json.loads(right.stdout)["revision"] == 2


def test_refused_request_exits_1_with_the_three_parts(folder: Folder) -> None:
    """A refusal says what was recorded, what is so now, and what to do next."""
    done = folder.kubechat("ask", "do something forbidden", "--as", "carol")

    assert done.returncode == 1
    assert "access-denied" in done.stdout


def test_question_is_answered_by_number(folder: Folder) -> None:
    """A question is exit code 3; the choice plans again."""
    request = asked(folder, "restart payment-api in prod-eu")

    wrong = folder.kubechat("choose", request, "9", "--as", "alice")
    other = folder.kubechat("choose", request, "1", "--as", "bob")
    chosen = folder.kubechat("choose", request, "1", "--as", "alice", "--no-wait")

    assert [p.returncode for p in (wrong, other, chosen)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("press", "person"),
    [(["reject", "--reason", "wrong window"], "bob"), (["cancel"], "alice")],
    ids=["reject", "cancel"],
)
def test_stopping_a_request_is_done_when_it_is_recorded(folder: Folder, press: list[str], person: str) -> None:
    """Reject and cancel exit 0: what the person wanted has happened; a second press exits 1."""
    request = asked(folder, "scale payment-api to 5 in prod-eu")

    first = folder.kubechat(press[0], request, *press[1:], "--as", person)
    second = folder.kubechat(press[0], request, *press[1:], "--as", person)

    assert (first.returncode, second.returncode) == (0, 1)
    assert "nothing was written to any cluster" in first.stdout
    assert "already-decided" in second.stderr


def test_json_is_one_object_for_answers_and_for_errors(folder: Folder) -> None:
    """With --json standard output is one JSON object, whatever happens, and its exit code is the process's."""
    commands = [
        ("ask", "get pods", "--as", "alice", "--json"),
        ("ask", "scale payment-api to 5", "--as", "alice", "--json"),
        ("ask", "get pods", "--as", "zed", "--json"),
        ("show", "req-00000000", "--json"),
        ("list", "--json"),
        ("audit", "verify", "--json"),
        ("version", "--json"),
        ("ask", "--json"),
    ]

    done = [folder.kubechat(*command) for command in commands]

    values = [json.loads(process.stdout) for process in done]
    assert [value["exit_code"] for value in values] == [0, 3, 2, 2, 0, 0, 0, 2]
    assert [process.returncode for process in done] == [value["exit_code"] for value in values]
    assert {value["v"] for value in values} == {1}
    assert values[2]["problem"]["code"] == "unknown-person"
    assert values[3]["problem"]["code"] == "request-not-found"


def test_no_wait_returns_at_once(folder: Folder) -> None:
    """Whoever does not wait gets the id and exit code 0."""
    done = folder.kubechat("ask", "nobody plans this", "--as", "alice", "--no-wait", "--json")

    assert (done.returncode, json.loads(done.stdout)["state"]) == (0, "planning")


def test_timeout_exits_3_and_says_how_to_look_later(folder: Folder) -> None:
    """Longer than wanted is not a failure of the request."""
    done = folder.kubechat("ask", "nobody plans this", "--as", "alice", "--timeout", "0.3")

    assert done.returncode == 3
    assert "still planning after 0.3 s" in done.stderr


def test_hostile_text_does_not_reach_the_terminal(folder: Folder) -> None:
    """What a person types comes back spelled out on both streams."""
    done = folder.kubechat("ask", "forbidden \x1b[2J\u202e", "--as", "alice")
    unknown = folder.kubechat("ask", "get pods", "--as", "z\x1b[31med")

    assert "\x1b" not in done.stdout + unknown.stderr
    assert "\\u001b" in done.stdout
    assert "\\u001b" in unknown.stderr


def test_verify_reads_the_whole_trail(folder: Folder) -> None:
    """Every request of this folder is in the trail, and the trail holds."""
    asked(folder, "get pods")

    done = folder.kubechat("audit", "verify")

    assert (done.returncode, done.stderr) == (0, "")
    assert "each follows from the one before it" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("ask", "--as", "alice"),
        ("ask", " ", "--as", "alice"),
        ("ask", "get pods"),
        ("ask", "get pods", "--as", "alice", "--frob"),
        ("reject", "req-00000000", "--as", "bob"),
        ("settle", "req-00000000", "--as", "bob"),
        ("up", "--kubeconfig", "/nowhere/at/all"),
        ("list", "--limit", "0"),
    ],
    ids=" ".join,
)
def test_wrong_command_line_exits_2(arguments: tuple[str, ...]) -> None:
    """Usage is exit code 2 and says why on standard error, with nothing on standard output."""
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_unserved_folder_says_what_to_start_and_is_not_created(data: Path) -> None:
    """Asking where nobody serves is an error with the remedy, and leaves nothing behind."""
    missing = data / "nobody"

    done = run("ask", "get pods", "--as", "alice", "--data", str(missing))

    assert done.returncode == 1
    assert "kubechat up" in done.stderr
    assert not missing.exists()


def test_empty_database_says_what_to_start(data: Path) -> None:
    """A file without tables is not served either."""
    (data / "kubechat.sqlite3").touch()

    done = run("list", "--data", str(data))

    assert done.returncode == 1
    assert "no tables yet" in done.stderr


def test_doctor_names_what_is_wrong_and_the_fix(data: Path) -> None:
    """The doctor exits 1 when anything is wrong, and each wrong line has a fix."""
    data.chmod(0o755)

    done = run("doctor", "--data", str(data))

    assert done.returncode == 1
    assert f"fix: chmod 700 {data}" in done.stdout
    assert done.stdout.count("WRONG") == done.stdout.count("fix:")


def test_doctor_reads_the_kubeconfig_without_contacting_anybody(data: Path) -> None:
    """A kubeconfig that cannot be read, or has a context that may not be used, is wrong before anything is started."""
    broken, refused = data / "broken.yaml", data / "refused.yaml"
    broken.write_text("a: [\nb", encoding="utf-8")
    refused.write_text(REFUSED, encoding="utf-8")
    for file in (broken, refused):
        file.chmod(0o600)

    said = [
        run("doctor", "--data", str(data), environment={**os.environ, "KUBECHAT_KUBECONFIG": str(file)}).stdout
        for file in (broken, refused)
    ]

    assert "WRONG  kubeconfig" in said[0]
    assert "it is not YAML" in said[0]
    assert "ok     kubeconfig  1 context in" in said[1]
    assert "WRONG  context     prod-eu: " in said[1]
    assert all(text.count("WRONG") == text.count("fix:") for text in said)


REFUSED = """\
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: prod-eu, context: {cluster: c, user: u}}]
"""


def test_doctor_says_that_no_worker_takes_jobs(folder: Folder) -> None:
    """A queue that answers is not enough: what was seen of clusters before is not called so now."""
    done = folder.kubechat("doctor")

    assert done.returncode == 1
    assert "WRONG  workers     none takes jobs" in done.stdout
    assert not re.search(r"cluster .* answers$", done.stdout, re.MULTILINE)
