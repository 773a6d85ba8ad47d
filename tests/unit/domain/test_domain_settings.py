"""Settings, people and policy files: what is read, and what a broken one says."""

from pathlib import Path

import pytest

from workers.bounded_yaml import LARGEST_BYTES
from workers.domain.errors import InvalidConfiguration
from workers.domain.policy import Outcome
from workers.settings import Settings, read_people, read_policy

RULE = "{name: r, then: allow, text: t}"


def written(folder: Path, text: str) -> Path:
    file = folder / "given.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a mapping is expected at the top"),
        ("- a", "a mapping is expected at the top"),
        ("people: [", "it is not YAML"),
        ("folk: {}", "people: field required (and 1 more)"),
        ("people: {}\nfolk: {}", "folk: extra inputs are not permitted"),
        ("people: [alice]", "people: input should be a valid dictionary"),
        ("people: {alice: Alice}", "people.alice: input should be"),
        ("people: {alice: {}}", "people.alice.name: field required"),
        ("people: {alice: {name: A, groups: sre}}", "people.alice.groups: input should be a valid frozenset"),
        ("people: {alice: {name: A, group: [sre]}}", "people.alice.group: extra inputs"),
        ("people: {alice: {name: [A]}}", "people.alice.name: input should be a valid string"),
        ("#" * (LARGEST_BYTES + 1), "larger than 1 MiB"),
    ],
)
def test_a_people_file_that_cannot_be_used_names_path_and_field(tmp_path: Path, text: str, said: str) -> None:
    """Whoever mends the file knows which file and where in it."""
    file = written(tmp_path, text)

    with pytest.raises(InvalidConfiguration) as caught:
        read_people(file)
    assert caught.value.text.startswith(f"reading {file}: ")
    assert said in caught.value.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: 5", "rules: input should be a valid tuple"),
        ("version: 2\nrules: []", "version: input should be 1"),
        ("{}", "rules: field required"),
        ("rules: []\nrule: []", "rule: extra inputs"),
        ("rules: [{name: r, then: refuse, text: t}]\nrules: []", "'rules' is named twice"),
        ("rules: [{name: r, then: refuse, then: allow, text: t}]", "'then' is named twice"),
        (f"rules: [{RULE}, {{name: r, then: alow, text: t}}]", "rules.1.then: 'alow' is not one of allow, confirm"),
        ("rules: [{name: r, then: yes, text: t}]", "rules.0.then: 'True' is not one of"),
        ("rules: [{name: r, then: 1, text: t}]", "rules.0.then: '1' is not one of"),
        ("rules: [{name: r, then: [allow], text: t}]", "rules.0.then:"),
        ("rules: [{name: r, text: t}]", "rules.0.then: field required"),
        ("rules: [{name: r, then: approve, approvers: 0, text: t}]", "rules.0.approvers: input should be greater"),
        ("rules: [{name: r, then: allow, text: t, when: {effects: [write]}}]", "rules.0.when.effects.0: "),
        ("rules: [{name: r, then: allow, text: t, when: {verbs: [obey]}}]", "rules.0.when.verbs.0: "),
        ("rules: [{name: r, then: allow, text: t, when: {effect: [read]}}]", "rules.0.when.effect: extra inputs"),
        ("rules: []\napprove_within_minutes: 0", "approve_within_minutes: input should be greater than 0"),
        ("rules: []\nrun_within_minutes: 1441", "run_within_minutes: input should be less than or equal to 1440"),
        ("rules: []\ntiers: [{tier: dev}]", "tiers.0.clusters: field required"),
    ],
)
def test_a_policy_file_that_cannot_be_used_names_path_and_field(tmp_path: Path, text: str, said: str) -> None:
    """A policy is used whole or not at all; a slip never becomes a permission."""
    file = written(tmp_path, text)

    with pytest.raises(InvalidConfiguration) as caught:
        read_policy(file)
    assert caught.value.text.startswith(f"reading {file}: ")
    assert said in caught.value.text


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The path is the first thing to check."""
    with pytest.raises(InvalidConfiguration, match=r"nowhere\.yaml"):
        read_people(tmp_path / "nowhere.yaml")


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are a broken file, not a crash."""
    file = tmp_path / "binary.yaml"
    file.write_bytes(b"people: \xff")

    with pytest.raises(InvalidConfiguration, match=r"binary\.yaml"):
        read_people(file)


def test_a_policy_has_the_digest_of_its_meaning(tmp_path: Path) -> None:
    """Comments and order within sets change nothing; a rule does."""
    first = read_policy(written(tmp_path, "rules: [{name: r, then: allow, text: t, when: {tiers: [a, b]}}]"))
    again = read_policy(written(tmp_path, "# said\nrules:\n- {text: t, name: r, then: allow, when: {tiers: [b, a]}}\n"))
    other = read_policy(written(tmp_path, "rules: [{name: r, then: confirm, text: t, when: {tiers: [a, b]}}]"))

    assert Outcome.ALLOW is first[0].rules[0].then
    assert first[1] == again[1]
    assert first[1] != other[1]


def test_the_command_line_wins_over_the_environment(tmp_path: Path) -> None:
    """Then the environment, then the defaults, all under the data folder."""
    environment = {"KUBECHAT_DATA": "elsewhere", "KUBECHAT_HTTP_PORT": "9000", "KUBECHAT_ALLOW_EXEC": "aws,gke"}
    settings = Settings.read(environment, tmp_path, http_port=9001)

    assert (tmp_path, 9001, frozenset({"aws", "gke"})) == (settings.data, settings.http_port, settings.allow_exec)
    assert f"sqlite:///{tmp_path / 'kubechat.sqlite3'}" == settings.database_url
    assert settings.embedded_queue
    assert not Settings.read({"REDIS_URL": "redis://localhost"}, tmp_path).embedded_queue


def test_a_child_process_reads_the_same_settings(tmp_path: Path) -> None:
    """What a parent was told reaches its children through the environment."""
    given = {
        "DATABASE_URL": "postgresql+pg8000://db/kubechat",
        "KUBECHAT_KUBECONFIG": "config",
        "KUBECHAT_ROLLOUT_SECONDS": "60",
        "KUBECHAT_ALLOW_INSECURE": "dev,kind-1",
    }
    settings = Settings.read(given, tmp_path)

    assert settings == Settings.read(settings.environment())


def test_a_setting_that_cannot_be_used_is_named() -> None:
    """The message says which one, and not its value: it may hold a password."""
    with pytest.raises(InvalidConfiguration, match=r"settings: http_port: input should be a valid integer") as caught:
        Settings.read({"KUBECHAT_HTTP_PORT": "eighty"})
    assert "eighty" not in caught.value.text


def test_a_rollout_is_watched_for_some_time(tmp_path: Path) -> None:
    """No patience at all would call every change not arrived."""
    with pytest.raises(InvalidConfiguration, match="rollout_seconds"):
        Settings.read({"KUBECHAT_ROLLOUT_SECONDS": "0"}, tmp_path)
