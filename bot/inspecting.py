"""`kubechat doctor` and `kubechat audit verify`: what is wrong here, and the fix."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.outcome import ExitCode
from bot.printing import print_json, print_problem
from bot.wire_json import facts_json
from bot.wiring import connect, head_file, missing_file, settings_of
from workers.audit.verify import verify
from workers.bus import RedisBus
from workers.clusters.kubeconfig import Context
from workers.clusters.kubeconfig import read as read_contexts
from workers.domain.errors import AuditChainBroken, KubechatError
from workers.domain.problem import Problem
from workers.domain.redact import visible
from workers.domain.value import Value
from workers.models import health
from workers.models.choosing import choose, is_here
from workers.recipes.book import read_recipes
from workers.settings import Settings, read_people, read_policy
from workers.store.store import SqlStore


class Finding(Value):
    part: str
    ok: bool
    text: str
    fix: str = ""

    def with_fix(self, fix: str) -> "Finding":
        return self.model_copy(update={"fix": fix})


def verify_audit(data: Path | None, *, as_json: bool) -> ExitCode:
    """0 when the whole chain holds, 1 when it does not."""
    instance = connect(settings_of(data))
    try:
        found = verify(instance.store.records(), head_file(instance.settings))
    finally:
        instance.close()
    code = ExitCode.DONE if found.ok else ExitCode.NOT_DONE
    if as_json:
        print_json(facts_json({"audit": found.model_dump(mode="json")}, code))
    elif found.ok:
        sys.stdout.write(f"{found.text}\n   last record {found.head_hash}\n")
    else:
        print_problem(
            Problem(
                code=AuditChainBroken.code,
                text=found.text,
                now=f"{found.records} records before it are whole",
                then="keep the data folder as it is, and compare with a backup or the cluster's own audit log",
            )
        )
    return code


def examine(data: Path | None, *, as_json: bool) -> ExitCode:
    """0 when everything that is needed works."""
    settings = settings_of(data)
    findings = tuple(_findings(settings))
    code = ExitCode.DONE if all(finding.ok for finding in findings) else ExitCode.NOT_DONE
    if as_json:
        print_json(facts_json({"findings": [finding.model_dump() for finding in findings]}, code))
        return code
    for finding in findings:
        sys.stdout.write(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.part:<12}{visible(finding.text)}\n")
        if finding.fix:
            sys.stdout.write(f"{'':<7}{'':<12}fix: {visible(finding.fix)}\n")
    return code


def _findings(settings: Settings) -> Iterator[Finding]:
    yield _python()
    yield _folder(settings)
    yield _tried("people", lambda: f"{len(read_people(settings.people).people)} people in {settings.people}")
    yield _tried("policy", lambda: f"{len(read_policy(settings.policy)[0].rules)} rules in {settings.policy}")
    yield _tried("recipes", lambda: f"{len(read_recipes(settings.recipes))} recipes in {settings.recipes}")
    if settings.kubeconfig is not None:
        yield from _kubeconfig(settings.kubeconfig, settings)
    yield from _models(settings)
    if missing_file(settings):
        yield Finding(part="store", ok=False, text="there is no database yet", fix="start 'kubechat up'")
        return
    store = SqlStore(settings.database_url)
    try:
        found = _tried("store", lambda: f"answers; {store.cursor()} progress lines")
        embedded = settings.database_url.startswith("sqlite:")
        yield found if found.ok or embedded else found.with_fix("check DATABASE_URL and that server")
        bus = RedisBus(settings.redis_url)
        why = bus.check()
        fix = "start 'kubechat up'" if settings.embedded_queue else "check REDIS_URL and that server"
        yield Finding(part="queue", ok=not why, text=why or "answers", fix=fix if why else "")
        workers = 0 if why else bus.workers()
        if not why:
            yield _workers(workers)
        yield from _clusters(store, seen_now=workers > 0)
        yield from _guard(store)
    finally:
        store.close()


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    ok = sys.version_info >= (3, 11)
    return Finding(part="python", ok=ok, text=version, fix="" if ok else "use Python 3.11 or newer")


def _folder(settings: Settings) -> Finding:
    data = settings.data
    if not data.is_dir():
        return Finding(part="data", ok=False, text=f"{data} does not exist", fix=f"kubechat up --data {data}")
    mode = stat.S_IMODE(data.stat().st_mode)
    if mode & 0o077:
        return Finding(
            part="data", ok=False, text=f"{data} is open to others (mode {mode:03o})", fix=f"chmod 700 {data}"
        )
    return Finding(part="data", ok=True, text=f"{data}")


def _kubeconfig(path: Path, settings: Settings) -> Iterator[Finding]:
    """Its mode, and which contexts may be used; nothing is contacted."""
    if not path.is_file():
        yield Finding(part="kubeconfig", ok=False, text=f"{path} is not there", fix="set KUBECHAT_KUBECONFIG")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        text = f"{path} is readable by others (mode {mode:03o})"
        yield Finding(part="kubeconfig", ok=False, text=text, fix=f"chmod 600 {path}")
    contexts: tuple[Context, ...] = ()

    def named() -> str:
        nonlocal contexts
        contexts = read_contexts(path, settings.allow_exec, settings.allow_insecure)
        return f"{len(contexts)} context{'' if len(contexts) == 1 else 's'} in {path}"

    yield _tried("kubeconfig", named)
    for context in contexts:
        if context.problem:
            fix = "mend the context, or see KUBECHAT_ALLOW_EXEC and KUBECHAT_ALLOW_INSECURE in docs/settings.md"
            yield Finding(part="context", ok=False, text=f"{context.name}: {context.problem}", fix=fix)


def _workers(count: int) -> Finding:
    if not count:
        return Finding(part="workers", ok=False, text="none takes jobs", fix="start 'kubechat up' or 'kubechat worker'")
    return Finding(part="workers", ok=True, text=f"{count} take jobs" if count > 1 else "1 takes jobs")


def _clusters(store: SqlStore, *, seen_now: bool) -> Iterator[Finding]:
    """As the workers' prober last saw them: this process has no credentials to look itself."""
    try:
        found = store.clusters()
    except KubechatError:
        return
    if not found:
        yield Finding(
            part="clusters", ok=False, text="no worker has seen any", fix="name a kubeconfig: kubechat up --kubeconfig"
        )
    answers = "answers" if seen_now else "answered when a worker last looked"
    for cluster in found:
        text = f"{cluster.name} ({cluster.tier}) " + (answers if cluster.reachable else cluster.detail)
        fix = "" if cluster.reachable else "check its address and the bot's credentials in the kubeconfig"
        yield Finding(part="cluster", ok=cluster.reachable, text=text, fix=fix)


def _guard(store: SqlStore) -> Iterator[Finding]:
    """What is frozen is no fault; what was done under break-glass and is not reviewed in time is one."""
    try:
        freezes, reviews = store.freezes(), store.reviews(limit=1)
    except KubechatError as error:
        yield Finding(part="freezes", ok=False, text=f"{error.message}: nothing is changed until they can be read")
        return
    for freeze in freezes:
        yield Finding(part="frozen", ok=True, text=freeze.text)
    for review in reviews:
        if review.is_open:
            fix = f"{review.who} types {review.reviewing}" if review.is_overdue else ""
            yield Finding(part="review", ok=not review.is_overdue, text=review.text, fix=fix)


def _models(settings: Settings) -> Iterator[Finding]:
    """Whether they may be used, and as the workers' prober last saw them: nothing is asked from here."""
    seen = health.seen(settings.data / "models.json")
    for named in settings.models:
        try:
            (model,) = choose((named,), settings.allow_egress, os.environ)
        except KubechatError as error:
            said = f"{error.message}; {error.now}" if error.now else error.message
            yield Finding(part="model", ok=False, text=said, fix=error.then)
            continue
        why = seen.get(f"{model.name}:{model.version}")
        where = "on this machine" if is_here(model) else f"at {model.url}; names are masked"
        text = f"{model.name}:{model.version} {where}: " + (why or ("answers" if why == "" else "not looked at yet"))
        fix = "the grammar plans without it; check its address, key and model name" if why else ""
        yield Finding(part="model", ok=not why, text=text, fix=fix)


def _tried(part: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(part=part, ok=True, text=look())
    except KubechatError as error:
        said = f"{error.message}; {error.now}" if error.now else error.message
        return Finding(part=part, ok=False, text=said, fix=error.then)
