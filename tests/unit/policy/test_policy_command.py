"""What `kubechat policy` does with an instance's file and its versions, without any cluster."""

import json
from pathlib import Path

import pytest

from bot.policies import lint_policy, roll_back, show_diff, show_history, show_policy, try_policy
from workers.domain.errors import Mistake, PolicyRefused
from workers.guard.following import Following
from workers.guard.policies import Policies
from workers.settings import DEFAULTS
from workers.store.store import SqlStore

SHIPPED = (DEFAULTS / "policy.yaml").read_text(encoding="utf-8")
KEPT = f"keepers: {{groups: [sre]}}\n{SHIPPED}"
STRICT = KEPT.replace("rules:\n", "rules:\n  - {name: stop, when: {verbs: [scale]}, then: refuse, text: not now}\n", 1)


@pytest.fixture
def file(data: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance that has had two policies; the stricter one is in force."""
    found = data / "policy.yaml"
    monkeypatch.setenv("KUBECHAT_POLICY", str(found))
    store = SqlStore(sqlite_url, data / "audit.head")
    for text in (KEPT, STRICT):
        found.write_text(text, encoding="utf-8")
        Following(found, Policies(store)).follow()
    store.close()
    return found


def digests(data: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    show_history(data, as_json=True)
    versions = json.loads(capsys.readouterr().out)["versions"]
    return [one["digest"] for one in versions]


def test_a_rollback_writes_the_file_and_keeps_its_mode(
    file: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it was, byte for byte; and it is the newest version from then on."""
    file.chmod(0o640)
    new, old = digests(data, capsys)

    assert roll_back("1", "alice", data, as_json=False) == 0
    assert (file.read_text(encoding="utf-8"), file.stat().st_mode & 0o777) == (KEPT, 0o640)
    assert digests(data, capsys) == [old, new, old]
    assert sorted(one.name for one in data.iterdir() if one.name.startswith(".policy")) == []


def test_only_keepers_roll_back(file: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The policy in force says who keeps it; whoever may not is told who may."""
    with pytest.raises(PolicyRefused, match="Carol Chen does not keep the policy") as refused:
        roll_back("1", "carol", data, as_json=False)

    assert refused.value.then == "sre keep the policy"
    assert file.read_text(encoding="utf-8") == STRICT
    assert len(digests(data, capsys)) == 2


def test_a_broken_policy_can_be_rolled_back(file: Path, data: Path) -> None:
    """The last good one says who may."""
    file.write_text("rules: [", encoding="utf-8")

    assert roll_back("1", "bob", data, as_json=False) == 0
    assert file.read_text(encoding="utf-8") == KEPT


def test_the_shipped_policy_is_not_written_over(file: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to the release."""
    monkeypatch.setenv("KUBECHAT_POLICY", str(DEFAULTS / "policy.yaml"))

    with pytest.raises(Mistake, match="the shipped policy is not written over"):
        roll_back("1", "alice", data, as_json=False)
    assert (DEFAULTS / "policy.yaml").read_text(encoding="utf-8") == SHIPPED
    assert file.read_text(encoding="utf-8") == STRICT


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [(None, None, "+  - {name: stop"), ("2", "1", "-  - {name: stop"), ("2", "2", "are the same text")],
)
def test_two_versions_are_compared(
    file: Path, data: Path, old: str | None, new: str | None, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without names what was changed last."""
    show_diff(old, new, data)

    assert expected in capsys.readouterr().out
    assert file.exists()


def test_lint_answers_with_a_code(file: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 for nothing to say, 1 for anything; as JSON each problem has its line."""
    assert lint_policy(None, data, as_json=False) == 0

    file.write_text(SHIPPED.replace("tiers: [production]", "tiers: [prod]", 1), encoding="utf-8")
    capsys.readouterr()
    assert lint_policy(None, data, as_json=True) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["problems"][1]["text"] == "'prod' is no tier of this policy"
    assert found["problems"][1]["line"] == 1 + SHIPPED[: SHIPPED.index("tiers: [production]")].count("\n")


def test_a_policy_is_shown_in_words(file: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each rule is a sentence; the strictest come first."""
    show_policy(None, data, as_json=False)
    lines = capsys.readouterr().out.splitlines()

    assert lines[3] == "stop: scale is refused"
    assert "reads: a read runs at once" in lines
    assert lines[-2] == "sre keep the policy"
    assert file.exists()


def test_a_changed_policy_that_changes_nothing_is_fine(
    file: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0: nothing was asked that it would have decided otherwise."""
    assert try_policy(file, 7, data, as_json=False) == 0
    assert capsys.readouterr().out.startswith("0 requests of the last 7 days")
