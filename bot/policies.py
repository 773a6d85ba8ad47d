"""`kubechat policy`: the policy of an instance looked at, tried on what was and what might be asked, and put back."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import policy_texts
from bot.chat.measure import safe, wrapped
from bot.chat.terminal import INDENT
from bot.identity import terminal_account, terminal_actor, terminal_place
from bot.outcome import ExitCode
from bot.printing import print_json, print_problem, width_of
from bot.wire_json import facts_json, problem_json
from bot.wiring import Instance, connect, settings_of
from workers.domain.errors import InvalidConfiguration, KubechatError, Mistake, PolicyRefused
from workers.domain.plan import Intent, Question
from workers.domain.policy import Outcome
from workers.domain.policy_version import PolicyVersion
from workers.guard.explaining import Explained, Explaining
from workers.guard.policies import Policies
from workers.guard.policy_doubts import Known
from workers.guard.policy_lint import lint, usable
from workers.guard.replay import Judge, replay
from workers.planner.result import Refused, Reply
from workers.settings import DEFAULTS, Settings, policy_of, read_people, text_of


def lint_policy(file: Path | None, data: Path | None, *, as_json: bool) -> ExitCode:
    """1 when there is anything to say; what exists here is known when the data folder was ever served."""
    settings = settings_of(data)
    path = file or settings.policy
    findings = lint(text_of(path), _known(settings))
    code = ExitCode.NOT_DONE if findings else ExitCode.DONE
    if as_json:
        print_json(facts_json({"file": str(path), "problems": [one.model_dump() for one in findings]}, code))
        return code
    _print(f"{path}:{finding.line}: {finding.said.partition(': ')[2]}" for finding in findings)
    usably = "" if usable(findings) else "; it cannot be used"
    _print([f"{path}: {len(findings)} problem{'' if len(findings) == 1 else 's'}{usably}"])
    return code


def show_policy(file: Path | None, data: Path | None, *, as_json: bool) -> ExitCode:
    """The file as it is now."""
    path = file or settings_of(data).policy
    policy, digest = policy_of(text_of(path), path)
    if as_json:
        print_json(facts_json({"digest": digest, "policy": policy.model_dump(mode="json")}, ExitCode.DONE))
    else:
        _print([*policy_texts.shown(policy), f"policy {digest[: policy_texts.SHORT]}"])
    return ExitCode.DONE


def try_policy(file: Path, days: int, data: Path | None, *, as_json: bool) -> ExitCode:
    """0 when nothing would have been different, 1 when something would."""
    text = text_of(file)
    with _instance(data) as instance:
        new = Judge.model_validate(dict(zip(("policy", "digest"), policy_of(text, file), strict=True)))
        old = Judge(policy=instance.following.policy, digest=instance.following.digest)
        found = replay(instance.store, instance.store.now() - timedelta(days=days), old, new)
    code = ExitCode.NOT_DONE if found.differences else ExitCode.DONE
    if as_json:
        print_json(facts_json({"days": days, "replayed": found.model_dump(mode="json")}, code))
    else:
        _print(policy_texts.replayed(found, days, old.digest, new.digest))
    return code


def show_history(data: Path | None, *, as_json: bool) -> ExitCode:
    with _instance(data) as instance:
        versions = Policies(instance.store).history()
    if as_json:
        print_json(facts_json({"versions": [_version(one) for one in versions]}, ExitCode.DONE))
    else:
        _print(policy_texts.history(versions) if versions else ["no worker has recorded a policy yet"])
    return ExitCode.DONE


def show_diff(old: str | None, new: str | None, data: Path | None) -> ExitCode:
    """The one in force against the one before it, unless others are named."""
    with _instance(data) as instance:
        policies = Policies(instance.store)
        newest = policies.history(limit=2)
        if len(newest) < 2 and old is None:
            raise Mistake("there is only one version of the policy", then="`kubechat policy history` lists them")
        after = policies.version(new) if new else newest[0]
        before = policies.version(old) if old else newest[1]
    lines = list(policy_texts.diff(before, after)) or [f"{before.number} and {after.number} are the same text"]
    sys.stdout.write("".join(f"{safe(line)}\n" for line in lines))
    return ExitCode.DONE


def roll_back(named: str, person: str, data: Path | None, *, as_json: bool) -> ExitCode:
    """Writes that version into the policy file; running workers take it over by themselves."""
    with _instance(data) as instance:
        path = instance.settings.policy
        if path.parent == DEFAULTS:
            raise Mistake(
                "the shipped policy is not written over",
                now=f"it is {path}",
                then="copy it to a file of your own, and name that with KUBECHAT_POLICY",
            )
        actor = terminal_actor(instance.service, person, terminal_account())
        keepers = instance.following.policy.keepers
        if keepers.groups and not keepers.groups & actor.groups:
            groups = ", ".join(sorted(actor.groups)) or "no group"
            raise PolicyRefused(f"{actor.name} does not keep the policy", now=f"in {groups}", then=keepers.said)
        policies = Policies(instance.store)
        version = policies.version(named)
        if not usable(lint(version.text)):
            raise Mistake(f"policy {version.digest[:8]} cannot be used by this release", then="see `policy lint`")
        policies.roll_back(version, actor.person_id, lambda: _replace(path, version.text))
    if as_json:
        print_json(facts_json({"in_force": _version(version)}, ExitCode.DONE))
    else:
        short = version.digest[: policy_texts.SHORT]
        _print([f"{path} is policy {short} of {version.at:%Y-%m-%d %H:%M} UTC again; workers take it over"])
    return ExitCode.DONE


def explain_policy(
    text: str, person: str, at: str | None, settings: Settings, file: Path | None, *, as_json: bool
) -> ExitCode:
    """0 for what the policy lets happen, 1 for what it refuses, 3 for a question."""
    moment = _moment(at) if at else None
    with _explaining(settings, file) as (instance, explaining, digest):
        actor = terminal_actor(instance.service, person, terminal_account())
        place, now = terminal_place(person), instance.store.now()
        intent = Intent(text=text, actor=actor, place=place, received_at=now)
        found = explaining.explain(intent, moment)
    if isinstance(found, Explained):
        code = ExitCode.NOT_DONE if found.decision.outcome is Outcome.REFUSE else ExitCode.DONE
        if as_json:
            print_json(facts_json({"explained": found.model_dump(mode="json")}, code))
        else:
            _print(policy_texts.explained(found, digest))
        return code
    return _unplanned(found, as_json=as_json)


def _moment(text: str) -> datetime:
    """ISO 8601; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Mistake(f"'{text}' is no time", then="write one such as 2026-11-23T22:30") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _unplanned(found: Question | Refused | Reply, *, as_json: bool) -> ExitCode:
    """The policy is not even asked."""
    if isinstance(found, Refused):
        if as_json:
            print_json(problem_json(found.problem, ExitCode.NOT_DONE))
        else:
            print_problem(found.problem)
        return ExitCode.NOT_DONE
    lines = [found.text, *(choice.label for choice in found.choices)] if isinstance(found, Question) else []
    code = ExitCode.WAITING if lines else ExitCode.DONE
    if as_json:
        print_json(facts_json({"explained": None, "question": lines}, code))
    else:
        _print(lines or ["that is talk: no policy is asked"])
    return code


@contextmanager
def _explaining(settings: Settings, file: Path | None) -> Iterator[tuple[Instance, Explaining, str]]:
    """Over the clusters of the instance, with no model: words that the grammar does not read are asked about."""
    from workers.clusters.registry import Clusters
    from workers.drafting import Drafting
    from workers.planning import Planning
    from workers.preview import Previewer
    from workers.recipes.book import read_recipes
    from workers.walk import utc_now

    instance = connect(settings)
    path = file or settings.policy
    try:
        policy, digest = policy_of(text_of(path), path)
        clusters = Clusters(settings, policy)
        try:
            previewer = Previewer(clusters, utc_now)
            planning = Planning(
                store=instance.store,
                bus=instance.bus,
                fleet=clusters,
                previewer=previewer,
                drafting=Drafting(clusters, previewer, utc_now),
                policy=policy,
                policy_digest=digest,
                recipes=read_recipes(settings.recipes),
            )
            yield instance, Explaining(planning=planning, previewer=previewer), digest
        finally:
            clusters.close()
    finally:
        instance.close()


@contextmanager
def _instance(data: Path | None) -> Iterator[Instance]:
    instance = connect(settings_of(data))
    try:
        yield instance
    finally:
        instance.close()


def _known(settings: Settings) -> Known:
    """What exists here, as far as that can be found out without a cluster."""
    try:
        people = read_people(settings.people)
    except InvalidConfiguration:
        people = None
    try:
        instance = connect(settings)
    except KubechatError:
        return Known(people=people)
    try:
        clusters = frozenset(cluster.name for cluster in instance.store.clusters())
        return Known(people=people, clusters=clusters or None)
    finally:
        instance.close()


def _replace(path: Path, text: str) -> None:
    """Whole or not at all, with the mode that it has."""
    mode = path.stat().st_mode if path.exists() else 0o644
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as beside:
        try:
            beside.write(text)
            beside.flush()
            os.fsync(beside.fileno())
            os.fchmod(beside.fileno(), mode & 0o777)
            Path(beside.name).replace(path)
        except OSError:
            Path(beside.name).unlink(missing_ok=True)
            raise


def _version(one: PolicyVersion) -> dict[str, object]:
    return one.model_dump(mode="json", exclude={"text"})


def _print(lines: Iterable[str]) -> None:
    """What does not fit on a line goes on below it, further in."""
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip(" ")))
        first, *rest = wrapped(safe(line.strip()), width_of(sys.stdout) - len(indent) - len(INDENT))
        sys.stdout.write("".join([f"{indent}{first}\n", *(f"{indent}{INDENT}{one}\n" for one in rest)]))
