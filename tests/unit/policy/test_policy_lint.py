"""What is wrong with a policy is said with its line and what to write; the shipped one has nothing."""

import pytest

from workers.domain.people import People, Person
from workers.domain.value import PersonId
from workers.guard.policy_doubts import Known
from workers.guard.policy_lint import lint, usable
from workers.settings import DEFAULTS, read_people

SHIPPED = (DEFAULTS / "policy.yaml").read_text(encoding="utf-8")
PEOPLE = People(people={PersonId("alice"): Person(name="Alice", groups=frozenset({"sre"}))})
BASE = """\
version: 1
tiers:
  - {tier: staging, clusters: [stg]}
rules:
  - name: everything
    then: approve
    text: another person looks at it
"""


def rule(*lines: str) -> str:
    """A second rule, from line 8 on."""
    return BASE + "".join(f"{'  - ' if not number else '    '}{line}\n" for number, line in enumerate(lines))


def said(text: str, known: Known | None = None) -> list[str]:
    return [finding.said for finding in lint(text, known)]


def test_the_shipped_policy_is_clean() -> None:
    """With the shipped people, too."""
    assert lint(SHIPPED, Known(people=read_people(DEFAULTS / "people.yaml"))) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rules: [\n", "line 2: it is not YAML"),
        ("- a\n", "line 1: a mapping is expected at the top"),
        ("version: 2\nrules: []\n", "line 1: version: input should be 1"),
        ("version: 1\n", "line 1: 'rules' is missing; write rules: ..."),
        (BASE + "rule: []\n", "line 8: 'rule' is not known here; did you mean 'rules'?"),
        (rule("name: x", "then: aprove", "text: t"), "line 9: 'aprove' is no outcome; did you mean 'approve'?"),
        (rule("name: x", "then: yes", "text: t"), "line 9: 'True' is no outcome; write one of allow, confirm"),
        (
            rule("name: x", "then: refuse", "text: no"),
            "line 10: 'text' is text, and YAML reads this as False; write it",
        ),
        (rule("name: x", "then: refuse"), "line 8: 'text' is missing; write text: ..."),
        (
            rule("name: x", "then: refuse", "text: t", "when: {tier: [staging]}"),
            "line 11: 'tier' is not known here; did you mean 'tiers'?",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when: {verbs: [delet]}"),
            "line 11: 'delet' is not known here; did you mean 'delete'?",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when: {verbs: delete}"),
            "line 11: 'verbs' is a list; write verbs: [delete]",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when:", "  during:", "    - {from: 9am, zone: UTC}"),
            "line 13: rules.1.when.during.0.from: a time of the day is expected",
        ),
        (rule("name: x", "then: refuse", "text: t", "ticket_required: true"), "line 1: rule 'x' asks for a ticket"),
        (BASE + "ticket_pattern: '('\n", "line 8: ticket_pattern: '(' is no regular expression"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_line(text: str, expected: str) -> None:
    """And nothing of it would ever be in force."""
    findings = lint(text)

    assert [expected] == [finding.said[: len(expected)] for finding in findings]
    assert not usable(findings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rule("name: everything", "then: refuse", "text: t"), "line 8: two rules are called 'everything'"),
        (
            rule("name: x", "then: refuse", "text: t", "when: {tiers: [stagin]}"),
            "line 11: 'stagin' is no tier of this policy; did you mean 'staging'?",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when: {kinds: [deploy]}"),
            "line 11: 'deploy' is no kind that Kubechat knows",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when: {cluster_groups: [prod]}"),
            "line 11: 'prod' is no group of names.groups",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when: {clusters: [stgg]}"),
            "line 11: there is no cluster here called 'stgg'; did you mean 'stg'?",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when: {clusters: ['lab-*']}"),
            "line 11: no cluster here fits 'lab-*'",
        ),
        (
            rule("name: x", "then: approve", "text: t", "groups: [sree]", "reason_required: true"),
            "line 11: 'sree' is no group of the people file; did you mean 'sre'?",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when: {outside: [{zone: Mars}]}"),
            "line 11: 'Mars' is no time zone that this machine knows",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when: {verbs: [scale], besides: [scale]}"),
            "line 8: rule 'x' can never hold: no verb is left",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when: {kinds: [node], namespaces: [a]}"),
            "line 8: rule 'x' can never hold: node has no namespace",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when: {effects: [read], more_than_pods: 3}"),
            "line 8: rule 'x' can never hold: what is only read",
        ),
        (
            rule("name: x", "then: confirm", "text: t", "when: {verbs: [scale]}"),
            "line 8: rule 'x' never decides: 'everything' holds whenever it does",
        ),
        (
            rule("name: x", "then: refuse", "text: t", "when: {labels: {data: pci}}"),
            "line 11: rule 'x' holds for every read too",
        ),
        (
            BASE + "freezes:\n  - {name: f, from: 2026-12-24, to: 2026-12-20, zone: UTC, text: t}\n",
            "line 9: 'f' ends before it begins",
        ),
        (
            BASE.replace("    then:", "    when: {tiers: [staging]}\n    then:"),
            "line 4: nobody decides on scale, restart, rollback, set_image, cordon, uncordon and",
        ),
    ],
)
def test_what_is_doubtful_is_said_too(text: str, expected: str) -> None:
    """The policy can be used, and does not do what its words promise."""
    known = Known(clusters=frozenset({"stg", "prod-eu"}), people=PEOPLE)
    found = [finding for finding in lint(text, known) if "have to approve" not in finding.text]

    assert expected in [finding.said[: len(expected)] for finding in found]
    assert usable(found)


def test_more_approvers_than_there_are_people_is_doubtful() -> None:
    """Nobody could ever run what such a rule speaks of."""
    text = BASE.replace("    then: approve", "    then: approve\n    approvers: 2\n    groups: [sre]")

    assert said(text, Known(people=PEOPLE)) == [
        "line 7: 2 people have to approve, and 1 is in sre; ask for fewer, or name another group"
    ]


def test_every_problem_is_said_at_once() -> None:
    """In the order of lines."""
    text = rule("name: x", "then: aprove", "when: {tier: [a], verbs: [delet]}")

    assert [finding.line for finding in lint(text)] == [8, 9, 10, 10]
