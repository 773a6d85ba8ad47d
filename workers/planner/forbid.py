"""What is refused by its words alone, whatever the plan would be: rules as data, each with a name people can look up.

A rule holds when the message (without its quotations) has a word of every group and none of `unless`. Groups of several
words are phrases.
"""

import re
from collections.abc import Iterable

from workers.domain.problem import Problem
from workers.planner.controls import CONTROL
from workers.planner.rule import Phrases, Rule, phrases
from workers.planner.tokens import Token, words

_DESTROY = phrases(
    """
    delete, remove, destroy, nuke, wipe, erase, purge, drop, kill, terminate, del, rm, obliterate, get rid of,
    tear down, annihilate, vaporize, blow away
    """
)
# Orders are read in English; these must not be taken for a read of what they would destroy.
_FOREIGN = phrases(
    """
    elimina, eliminar, borra, borrar, destruye, suprime, supprime, supprimer, efface, effacer, détruis, lösche, löschen,
    entferne, entfernen, zerstöre, apague, apagar, exclua, excluir, remova, cancella, rimuovi, verwijder, usuń, удали,
    удалить, 删除, 削除
    """
)
_ALL = phrases(
    """
    all, every, everything, entire, whole, each, everyone, any and all, todos, todas, todo, tous, toutes, tout, alle,
    alles, tutti, tutte, wszystko, все, 所有, 全部
    """
)

DESTRUCTION: tuple[Rule, ...] = (
    Rule(
        name="foreign-orders",
        groups=(_FOREIGN,),
        text="what would destroy something is planned from English only",
        then="say it in English, with the object's name",
    ),
    Rule(
        name="abuse",
        groups=(
            phrases("drop, truncate, wipe, delete, destroy, erase, corrupt"),
            phrases("database, databases, db, table, tables, backups, backup, data"),
        ),
        unless=phrases("emptydir, emptydir data, local data, emptydirs"),
        text="data is not destroyed from chat",
    ),
    Rule(
        name="protected-namespaces",
        groups=(_DESTROY, phrases("kube-system, kube-public, kube-node-lease")),
        direct=True,
        text="a namespace that the cluster itself lives on is not deleted from chat",
    ),
    Rule(
        name="unbounded-destruction",
        groups=(
            _DESTROY,
            _ALL,
            phrases(
                """
                everything, nodes, node, pvcs, pvc, volumes, pvs, crds, crd, namespaces, deployments,
                services, secrets, configmaps, workloads, clusters, statefulsets, policies,
                networkpolicies, ingresses, jobs, cronjobs, daemonsets, it all, resources, objects,
                things, cluster, fleet, environment
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
            phrases("scale, drain, cordon, stop, shut down, turn off, kill, shutdown"),
            phrases(
                """
                everything, all nodes, every node, every deployment, all deployments, all workloads, the
                whole cluster, entire cluster, every workload, all the nodes
                """
            ),
            phrases("zero, 0, drain, stop, shut down, turn off, cordon, kill, shutdown"),
        ),
        unless=phrases("everything off, everything from"),
        text="stopping everything is not done from chat",
        then="name one object",
    ),
    Rule(
        name="control-plane",
        groups=(
            phrases("stop, kill, delete, restart, disable, shut down, turn off, remove, scale, take down"),
            phrases(
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


SECRET_KIND = re.compile(r"[ ,/]secrets?[ ,/]")
SECRET_FORM = re.compile(
    r" -o ?=?(?:ya?ml|json|go-|custom|template|jsonpath)| --output[ =](?!wide|name)| --template|base64"
)


def secret_line(line: str) -> Problem | None:
    """A kubectl line that prints a secret in a form with its values."""
    low = f" {line.lower()} "
    names_secret = SECRET_KIND.search(low) is not None
    prints = SECRET_FORM.search(low) is not None
    if names_secret and (prints or " view-secret" in low):
        rule = next(rule for rule in CONTROL if rule.name == "secret-values")
        return Problem(code="refused", text=rule.text, now=f"rule '{rule.name}'", then=rule.then)
    if "--privileged" in low or '"privileged"' in low or "hostpid" in low or "cluster-admin" in low:
        rule = next(rule for rule in CONTROL if rule.name == "privilege-escalation")
        return Problem(code="refused", text=rule.text, now=f"rule '{rule.name}'", then=rule.then)
    return None


SCRIPT = re.compile(r"\$\(|\bxargs\b|\bfor\b[^\n]{1,80}\bdo\b|\bwhile\b[^\n]{1,80}\bdo\b|\bwatch -n\b|-exec\b")


PLACES = re.compile(  # where credentials lie, and commands that print them
    r"/var/run/secrets|/run/secrets|serviceaccount/token|\.kube/config|id_rsa|\.pem\b|\.key\b|/etc/shadow|\.aws/|\.docker/config"
    r"|(?:\bprintenv\b|\benv ?\||\becho \$)[^\n]{0,40}(?:passw|secret|token|api_?key|credential)",
    re.IGNORECASE,
)


def places(text: str) -> Problem | None:
    """A command or a request that reads a file or variable with credentials in it."""
    return _refused(next(rule for rule in CONTROL if rule.name == "secret-values")) if PLACES.search(text) else None


def _refused(rule: Rule) -> Problem:
    return Problem(code="refused", text=rule.text, now=f"rule '{rule.name}'", then=rule.then)


def script(text: str) -> Problem | None:
    """A loop or a pipe that destroys whatever another command lists."""
    low = f" {' '.join(text.lower().split())} "
    if SCRIPT.search(low) and any(f" {word} " in low for word in ("delete", "rm", "drain", "kill", "evict", "destroy")):
        return Problem(
            code="refused",
            text="a script that destroys what another command lists is not run from chat",
            now="rule 'unbounded-destruction'",
            then="name one object",
        )
    return None


CLOSE = 4  # words from one group to the next in a direct rule
AWAY = frozenset({"in", "from", "on", "within", "inside", "under", "for", "to"})


def _first(rules: Iterable[Rule], tokens: Iterable[Token]) -> Problem | None:
    spoken = [token for token in tokens if token.kind != "quote" and not token.quoted]
    line = " " + " ".join(words(spoken)) + " "
    for rule in rules:
        if any(f" {phrase} " in line for phrase in rule.unless):
            continue
        if rule.shape and not any("-" in token.low and rule.shape.fullmatch(token.low) for token in spoken):
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
