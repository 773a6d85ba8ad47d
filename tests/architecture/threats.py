"""The threats that the product was built against, what stands before each in our code, and the page that says so."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.pages import MADE, ROOT

SUITE = ROOT / "tests" / "security"
NAME = re.compile(r"test_(t\d\d)_\w+")


@dataclass(frozen=True)
class Threat:
    """One row: `open` names what it belongs to as long as no test proves it."""

    what: str
    defence: str = ""
    modules: tuple[str, ...] = ()
    open: str = ""


CHAT = "open: belongs to the chat systems"
PROOF = "open: belongs to the audit trail's proofs and the viewer"
RELEASE = "open: belongs to the release"
THREATS: dict[str, Threat] = {
    "T1": Threat("a spoofed Slack request", open=CHAT),
    "T2": Threat("a request that crashes the verifier", open=CHAT),
    "T3": Threat("a captured request sent again", open=CHAT),
    "T4": Threat("a delivery that arrives twice", open=CHAT),
    "T5": Threat("a forged Mattermost callback", open=CHAT),
    "T6": Threat("a forged webhook", open=CHAT),
    "T7": Threat(
        "self-approval by a second account, a bot or a guest",
        "an approval is one linked person's, never an account's; the requester and editors do not count",
        ("workers.identity.linking", "workers.domain.link", "workers.domain.press", "workers.domain.approval"),
    ),
    "T8": Threat(
        "a plan changed after its approval",
        "digests of effects and of what was seen, computed again from the stored values; preconditions on the write",
        ("workers.execution.recheck", "workers.domain.approval", "workers.execution.stepping"),
    ),
    "T9": Threat(
        "the bot's own account used for somebody's wish",
        "every call of a request is made as the person, one header line per group; RBAC decides",
        ("workers.clusters.asking", "workers.clusters.review"),
    ),
    "T10": Threat(
        "an approval that outlives its reason",
        "expiry by the database's clock in the statement that claims; a claim consumes the approval",
        ("workers.store.change", "workers.execution.executor"),
    ),
    "T11": Threat(
        "instructions in logs, events, annotations, labels and alerts",
        "cluster text is data; a model only fills slots that the person's words prove; changes wait for people",
        ("workers.planner.handover", "workers.planner.pasted"),
    ),
    "T12": Threat(
        "a command injected by a model or a person",
        "no shell and no argument vector: typed calls whose every part is held to its grammar",
        ("workers.domain.call", "workers.verbs.registry"),
    ),
    "T13": Threat(
        "secrets in output, exceptions, logs, records",
        "one choke point before text is stored, shown, logged or hashed",
        ("workers.domain.redact", "workers.redaction", "workers.telemetry"),
    ),
    "T14": Threat("mentions and markup in cluster text", open=CHAT),
    "T15": Threat("a forged approval card", open=CHAT),
    "T16": Threat("requests to inner addresses by webhook or model URL", open=CHAT),
    "T17": Threat(
        "forged jobs in the queue",
        "a job is one of three names with one request id; everything else is read from the database",
        ("workers.bus", "workers.jobs"),
    ),
    "T18": Threat(
        "an open Redis",
        "processes do not start with one that is neither local nor both encrypted and authenticated",
        ("workers.queue_address",),
    ),
    "T19": Threat("SQL injection", open=PROOF),
    "T20": Threat("scripts in the viewer", open=PROOF),
    "T21": Threat("stolen and forged sessions", open=PROOF),
    "T22": Threat(
        "plugins in a kubeconfig",
        "our own reader before the client's; a plugin runs only if it is on the list",
        ("workers.clusters.kubeconfig",),
    ),
    "T23": Threat(
        "bombs in YAML and JSON",
        "size, aliases, depth and nodes are bounded before anything is built",
        ("workers.bounded_yaml", "workers.clusters.kubeconfig", "workers.verbs.manifests"),
    ),
    "T24": Threat(
        "floods and huge inputs",
        "requests of a person and a place are counted in the database; texts, lists, logs and jobs are cut",
        ("workers.domain.pace", "workers.guard.pacing", "workers.clusters.transport"),
    ),
    "T25": Threat(
        "patterns that take for ever",
        "every pattern has bounded repetition; text is cut before it is read",
        ("workers.domain.redact", "workers.planner.tokens"),
    ),
    "T26": Threat("formulas in exported tables", open=PROOF),
    "T27": Threat("forged log lines", open=PROOF),
    "T28": Threat("an audit trail that cannot be written", open="open: belongs to the fault experiments"),
    "T29": Threat("an insider who edits records or policy", open=PROOF),
    "T30": Threat("prompts that leave the network", open=RELEASE),
    "T31": Threat("the supply chain", open=RELEASE),
    "T32": Threat(
        "break-glass without a reason to",
        "a section of the policy, a reason, an own Run, a short window; told to all, and reviewed before the next",
        ("workers.guard.emergency", "workers.guard.reviewing", "workers.domain.judgement"),
    ),
    "T33": Threat(
        "two clusters of one name",
        "a cluster is the uid of kube-system and its authority; both are in the preview's digest and asked again",
        ("workers.clusters.identity", "workers.execution.recheck"),
    ),
}


def tests() -> dict[str, list[str]]:
    """Threat -> its tests as `file::name`, in the order of the files."""
    found: dict[str, list[str]] = {}
    for file in sorted(SUITE.glob("test_*.py")):
        for name in _names(file):
            if matched := NAME.fullmatch(name):
                found.setdefault(f"T{int(matched[1][1:])}", []).append(f"{file.stem}::{name}")
    return found


def _names(file: Path) -> Iterator[str]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name


def page() -> str:
    """docs/threats.md."""
    proofs = tests()
    lines = [
        "# Threats",
        "",
        MADE.replace("pages.py", "threats.py"),
        "",
        "Who may want to do harm: somebody outside, an ordinary member of the chat, the owner of a workload (who",
        "writes its logs, events and annotations), a neighbour on Redis, an operator, an approver, whoever runs the",
        "database. Each threat has the defence as it is in the code, with its modules, and the tests of",
        "`tests/security` that prove it. A row without a test names what it belongs to.",
        "",
        "| id | threat | defence | where | proved by |",
        "|---|---|---|---|---|",
    ]
    for name, threat in THREATS.items():
        where = ", ".join(f"`{module}`" for module in threat.modules)
        shown = "<br>".join(f"`{test}`" for test in proofs.get(name, ())) or threat.open
        lines.append(f"| {name} | {threat.what} | {threat.defence} | {where} | {shown} |")
    return "\n".join([*lines, ""])
