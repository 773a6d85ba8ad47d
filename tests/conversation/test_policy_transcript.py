"""The example and the transcript of docs/policy.md are what the product reads and says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from bot.processes import served
from bot.wiring import settings_of
from tests.conversation.normal import normal
from workers.demo.process import running_fleet
from workers.guard.policies import Policies
from workers.store.store import SqlStore

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"
EXAMPLE = re.compile(r"<!-- example: begin[^\n]*-->\n```yaml\n(.*?)```\n<!-- example: end -->", re.DOTALL)
TRANSCRIPT = re.compile(r"(<!-- transcript: begin[^\n]*-->\n```text\n)(.*?)(```\n<!-- transcript: end -->)", re.DOTALL)
SINCE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})? UTC")
DIGEST = re.compile(r"\b[0-9a-f]{12}\b")
PEOPLE = {
    "alice": {"name": "Alice Andersen", "groups": ["sre"]},
    "bob": {"name": "Bob Berger", "groups": ["sre"]},
    "carol": {"name": "Carol Chen", "groups": ["developers"]},
    "dora": {"name": "Dora Diaz", "groups": ["auditors"]},
}
RULE = """
  - name: release-week
    when: {verbs: [restart]}
    then: refuse
    text: not in the week of the release
"""
DRAFT = """\
rules:
  - name: reads
    when: {efects: [read]}
    then: alow
    text: reading changes nothing
"""


class Desk:
    """A folder with the files of an instance, and somebody who types there."""

    def __init__(self, folder: Path, kubeconfig: Path) -> None:
        self._folder = folder
        self._environment = {
            **os.environ,
            "KUBECHAT_DATA": str(folder / "data"),
            "KUBECHAT_POLICY": "policy.yaml",
            "KUBECHAT_PEOPLE": "people.yaml",
            "KUBECHAT_KUBECONFIG": str(kubeconfig),
        }
        self.told: list[str] = []

    def types(self, line: str, code: int = 0) -> None:
        """`kubechat policy ...`, and what it prints."""
        command = [str(Path(sys.executable).with_name("kubechat")), "policy", *shlex.split(line)]
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (code, ""), done.stdout
        self.told += [f"$ kubechat policy {line}", done.stdout]

    def asks(self, text: str, person: str) -> None:
        """In chat; what is answered is not part of the page."""
        command = [str(Path(sys.executable).with_name("kubechat")), "ask", text, "--as", person]
        subprocess.run(command, cwd=self._folder, env=self._environment, capture_output=True, timeout=60, check=False)


@contextmanager
def desk() -> Iterator[tuple[Desk, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="kc-"))
    example = EXAMPLE.search(PAGE.read_text(encoding="utf-8"))
    assert example is not None
    (folder / "policy.yaml").write_text(example[1], encoding="utf-8")
    (folder / "people.yaml").write_text(yaml.safe_dump({"people": PEOPLE}), encoding="utf-8")
    (folder / "draft.yaml").write_text(DRAFT, encoding="utf-8")
    (folder / "stricter.yaml").write_text(example[1].replace("\n  - name: card-data", f"{RULE}\n  - name: card-data"))
    try:
        with running_fleet(folder / "fleet", incident=False, speed=20) as fleet:
            settings = settings_of(
                folder / "data",
                {},
                kubeconfig=fleet.kubeconfig,
                policy=folder / "policy.yaml",
                people=folder / "people.yaml",
                http_port=0,
            )
            with served(settings, run_workers=1, with_bot=False):
                yield Desk(folder, fleet.kubeconfig), folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def until_recorded(folder: Path, versions: int) -> None:
    store = SqlStore(f"sqlite:///{folder / 'data' / 'kubechat.sqlite3'}")
    end = time.monotonic() + 20
    while len(Policies(store).history()) < versions:
        assert time.monotonic() < end, "no worker has taken the policy over"
        time.sleep(0.1)
    store.close()


def without_times(transcript: str) -> str:
    return normal(DIGEST.sub("DIGEST", SINCE.sub("WHEN", transcript)))


@pytest.mark.slow
def test_the_page_shows_what_the_commands_say(pytestconfig: pytest.Config) -> None:
    """Lint, explain, test, history, diff and rollback, on the simulated fleet with the example of the page."""
    with desk() as (typed, folder):
        until_recorded(folder, 1)
        restart, scale = "restart payment-api in prod-eu because INC-42", "scale payment-api to 12 in prod-eu"
        typed.types("lint draft.yaml", code=1)
        typed.types("lint")
        typed.types(f'explain "{scale}" --as bob --at 2026-11-24T10:00')
        typed.types(f'explain "{restart}" --as carol --at 2026-12-24T10:00', code=1)
        typed.asks("restart payment-api in staging", "alice")
        typed.types("test stricter.yaml --days 7", code=1)
        (folder / "stricter.yaml").replace(folder / "policy.yaml")
        typed.told.append("$ mv stricter.yaml policy.yaml\n")
        until_recorded(folder, 2)
        typed.types("history")
        typed.types("diff")
        typed.types("rollback 1 --as alice")
        typed.types("history")

    told, text = "\n".join(typed.told).replace("\n\n$", "\n$").rstrip("\n") + "\n", PAGE.read_text(encoding="utf-8")
    if pytestconfig.getoption("--goldens"):
        PAGE.write_text(TRANSCRIPT.sub(lambda found: found[1] + told + found[3], text), encoding="utf-8")
        return
    found = TRANSCRIPT.search(text)
    assert found is not None
    assert without_times(found[2]) == without_times(told)
