"""What is refused by its words alone, whatever the plan would be: rules as data, each with a name people can look up.

A rule holds when the message (without its quotations) has a word of every group and none of `unless`. Groups of several
words are phrases.
"""

from collections.abc import Iterable

from workers.domain.request import Problem
from workers.domain.value import Value
from workers.planner.tokens import Token, words

Phrases = tuple[str, ...]


class Rule(Value):
    name: str
    groups: tuple[Phrases, ...]
    unless: Phrases = ()
    text: str
    then: str = ""
    direct: bool = False  # a word of each group in this order, close together, no preposition or pause between


def _p(text: str) -> Phrases:
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


_DESTROY = _p(
    """
                delete, remove, destroy, nuke, wipe, erase, purge, drop, kill, terminate, del, rm,
                obliterate, get rid of, tear down
                """
)
_ALL = _p("all, every, everything, entire, whole, each, everyone, any and all")

CONTROL: tuple[Rule, ...] = (
    Rule(
        name="control-bypass",
        groups=(
            _p(
                """
                skip, bypass, without, disable, turn off, ignore, circumvent, override, forget, drop,
                no, avoid, switch off, evade, don't need, get around, work around, auto-approve,
                self-approve, disregard, remove, suppress
                """
            ),
            _p(
                """
                approval, approvals, approver, guardrail, guardrails, policy, policies, dry-run, dryrun,
                dry run, safety, safeguards, checks, audit, audit log, audit trail, instructions,
                restrictions, confirmation, rules, second person, review, protections, four eyes
                """
            ),
        ),
        direct=True,
        unless=_p(
            """
                network policy, network policies, networkpolicy, networkpolicies, how many, health
                checks, without any rules
                """
        ),
        text="approvals, dry-runs, policy and the audit trail cannot be skipped from chat",
        then="ask for the change itself; the people who may approve it are named on the card",
    ),
    Rule(
        name="control-bypass",
        groups=(
            _p(
                """
                system prompt, jailbreak, developer mode, god mode, dan mode, you are now, pretend you,
                pretend to be, act as root, ignore previous, ignore all previous, ignore your, nobody
                will notice, approve it yourself, approve your own, approve my own, approve this for me,
                auto approve
                """
            ),
        ),
        text="what Kubechat may do is set by its policy file, not by a message",
    ),
    Rule(
        name="secret-values",
        groups=(
            _p(
                """
                secret, secrets, password, passwords, passwd, credential, credentials, private key, api
                key, api token, tls key, token, kubeconfig, access key, stripe-api-key, tls-cert,
                payment-db-credentials, registry-credentials
                """
            ),
            _p(
                """
                value, values, decode, base64, base64 -d, -o yaml, yaml, json, jsonpath, plaintext,
                plain text, cleartext, reveal, dump, contents, content, decrypt, print, export, cat,
                what is the password, what's the password, private key, tls key, send me, leak,
                exfiltrate, unmasked, in clear, data
                """
            ),
        ),
        unless=_p(
            """
                no values, without values, without the values, names only, only names, not the values
                """
        ),
        text="values of secrets are never shown or sent",
        then="names of secrets can be listed: 'list secrets in NAMESPACE'",
    ),
    Rule(
        name="secret-values",
        groups=(
            _p(
                """
                decode the, what is the password, what's the password, give me the password, show me the
                password, tls private key, private key, api key for, give me the token, give me the
                credentials, show me the credentials, service account token
                """
            ),
        ),
        unless=_p("no values, without values"),
        text="values of secrets are never shown or sent",
        then="names of secrets can be listed: 'list secrets in NAMESPACE'",
    ),
    Rule(
        name="privilege-escalation",
        groups=(
            _p(
                """
                cluster-admin, cluster admin, --privileged, privileged, hostpid, hostnetwork, sudo, root
                access, make me admin, grant me, grant admin, give me admin, admin rights, admin access,
                system:masters, impersonate, act as, as root, escalate
                """
            ),
        ),
        text="rights are given in the cluster's RBAC, not from chat",
    ),
    Rule(
        name="abuse",
        groups=(
            _p(
                """
                crypto miner, miner, mine bitcoin, mining, xmrig, ddos, botnet, reverse shell, backdoor,
                keylogger, exfiltrate, fork bomb, ransomware, rm -rf, dd if, mkfs, customer database,
                customer data, port scan
                """
            ),
        ),
        text="this is not something Kubechat does",
    ),
)

DESTRUCTION: tuple[Rule, ...] = (
    Rule(
        name="abuse",
        groups=(
            _p("drop, truncate, wipe, delete, destroy, erase, corrupt"),
            _p("database, databases, db, table, tables, backups, backup, data"),
        ),
        text="data is not destroyed from chat",
    ),
    Rule(
        name="protected-namespaces",
        groups=(_DESTROY, _p("namespace, namespaces, ns")),
        direct=True,
        text="a namespace, with all that is in it, is not deleted from chat",
    ),
    Rule(
        name="unbounded-destruction",
        groups=(
            _DESTROY,
            _ALL,
            _p(
                """
                everything, nodes, node, pvcs, pvc, volumes, pvs, crds, crd, namespaces, deployments,
                services, secrets, configmaps, workloads, clusters, statefulsets, policies,
                networkpolicies, ingresses, jobs, cronjobs, daemonsets, it all, resources, objects,
                things
                """
            ),
        ),
        direct=True,
        text="destroying all of a kind is not done from chat",
        then="name one object",
    ),
    Rule(
        name="unbounded-destruction",
        groups=(
            _p("scale, drain, cordon, stop, shut down, turn off, kill, shutdown"),
            _p(
                """
                everything, all nodes, every node, every deployment, all deployments, all workloads, the
                whole cluster, entire cluster, every workload, all the nodes
                """
            ),
            _p("zero, 0, drain, stop, shut down, turn off, cordon, kill, shutdown"),
        ),
        text="stopping everything is not done from chat",
        then="name one object",
    ),
    Rule(
        name="control-plane",
        groups=(
            _p("stop, kill, delete, restart, disable, shut down, turn off, remove, scale, take down"),
            _p(
                """
                kube-apiserver, apiserver, etcd, kube-scheduler, kube-controller-manager, kubelet,
                control plane, control-plane
                """
            ),
        ),
        text="the control plane is not changed from chat",
    ),
)


def control(tokens: Iterable[Token]) -> Problem | None:
    """Bypass of controls, values of secrets, escalation and abuse: refused even when asked as a question."""
    return _first(CONTROL, tokens)


def destruction(tokens: Iterable[Token]) -> Problem | None:
    """Unbounded or protected destruction; asked after talk, since people may ask how it is done."""
    return _first(DESTRUCTION, tokens)


def secret_line(line: str) -> Problem | None:
    """A kubectl line that prints a secret in a form with its values."""
    low = f" {line.lower()} "
    names_secret = any(word in low for word in (" secret ", " secrets ", " secret/", " secrets/"))
    prints = any(
        mark in low
        for mark in (
            "-o yaml",
            "-oyaml",
            "-o json",
            "-ojson",
            "-o=",
            "--output",
            "-o go-template",
            "base64",
            "-o custom",
        )
    )
    if names_secret and (prints or " view-secret" in low):
        rule = next(rule for rule in CONTROL if rule.name == "secret-values")
        return Problem(code="refused", text=rule.text, now=f"rule '{rule.name}'", then=rule.then)
    if "--privileged" in low or '"privileged"' in low or "hostpid" in low or "cluster-admin" in low:
        rule = next(rule for rule in CONTROL if rule.name == "privilege-escalation")
        return Problem(code="refused", text=rule.text, now=f"rule '{rule.name}'", then=rule.then)
    return None


CLOSE = 4  # words from one group to the next in a direct rule
AWAY = frozenset({"in", "from", "on", "within", "inside", "under", "for", "to"})


def _first(rules: Iterable[Rule], tokens: Iterable[Token]) -> Problem | None:
    spoken = [token for token in tokens if token.kind != "quote" and not token.quoted]
    line = " " + " ".join(words(spoken)) + " "
    for rule in rules:
        if any(f" {phrase} " in line for phrase in rule.unless):
            continue
        if all(any(f" {phrase} " in line for phrase in group) for group in rule.groups) and (
            not rule.direct or _direct(rule.groups, spoken)
        ):
            return Problem(code="refused", text=rule.text, now=f"rule '{rule.name}'", then=rule.then)
    return None


def _direct(groups: tuple[Phrases, ...], tokens: list[Token]) -> bool:
    return any(_follows(groups, tokens, i, 1) for i in range(len(tokens)))


def _follows(groups: tuple[Phrases, ...], tokens: list[Token], start: int, reach: int) -> bool:
    """Whether the groups follow each other from `start` on, the first within `reach` words."""
    if not groups:
        return True
    for i in range(start, min(start + reach, len(tokens))):
        if i > start and (tokens[i - 1].kind == "stop" or tokens[i - 1].low in AWAY):
            return False
        here = " ".join(token.low for token in tokens[i : i + 3]) + " "
        if tokens[i].kind == "word" and any(here.startswith(phrase + " ") for phrase in groups[0]):
            return _follows(_rest(groups, tokens[i].low), tokens, i + 1, CLOSE)
    return False


def _rest(groups: tuple[Phrases, ...], low: str) -> tuple[Phrases, ...]:
    """What is still to come; one word may stand for several groups: `everything` is both all and thing."""
    left = groups[1:]
    while left and low in left[0]:
        left = left[1:]
    return left
