"""docs/what-you-can-say.md, made from the planner's tables; every example on it is planned by the planner."""

from collections.abc import Iterable, Mapping

from tests.architecture.pages import MADE
from tests.unit.planner.inventory_look import InventoryLook, fleet, names
from workers.domain.action import Action, Effect, Verb
from workers.domain.kind import KINDS
from workers.domain.plan import Scope
from workers.planner.change_words import ADD, DELETE, HEADS, HOLD, ROLL_TO, RUN, SET
from workers.planner.controls import CONTROL
from workers.planner.forbid import DESTRUCTION
from workers.planner.read_words import READS, STATUSES
from workers.planner.result import Result, Understood
from workers.planner.scope import EVERYWHERE, EXCLUDING
from workers.planner.understand import understand
from workers.verbs import registry

# Words that mean one of several verbs, by what stands beside them.
SHARED: Mapping[Verb, tuple[str, ...]] = {
    Verb.SCALE: (SET, ADD), Verb.SET_IMAGE: (ROLL_TO, SET), Verb.DELETE_POD: (DELETE,), Verb.DELETE: (DELETE,),
    Verb.PATCH: (SET,), Verb.PAUSE: (HOLD,), Verb.RUN: (RUN,), Verb.EXEC: (RUN,),
}  # fmt: skip
MOST_WORDINGS = 24

# One way to say a place, a filter, several steps; what each is understood as is written by the planner itself.
WAYS = {
    "Where": (
        "restart payment-api in prod-eu",
        "restart payment-api prod us",
        "restart payment-api in both prod clusters",
        "logs of web everywhere except dev",
        "list pods in payments on staging",
        "list services in all namespaces, dev",
        "which version of search-api is deployed in each cluster?",
    ),
    "Which objects": (
        "restart deploy/web in dev",
        "show payment-api pods in prod-eu",
        "pods on gpu-us-1",
        "get pods with label app=redis in staging",
        "crashlooping pods in staging",
        "which pods restarted the most in prod-us",
        "logs of the envoy container of auth-gateway in dev",
        "logs of paymnt-worker in dev",
    ),
    "How much": (
        "scale web to 5 in dev",
        "scale web by +2 in dev",
        "double web in dev",
        "tail 50 lines of web in dev",
        "logs of web in dev, last 10m, grep timeout",
        "previous logs of web in dev",
        "set web to v1.2.3 in dev",
    ),
    "Several steps": (
        "scale web to 5 and restart redis in dev",
        "kubectl get po -n payments --context dev; kubectl logs deploy/web -n default --context dev --tail=10",
    ),
    "Pasted alerts": (
        "[FIRING:1] KubePodCrashLooping namespace=platform pod=redis-0 cluster=dev",
        'web in dev says "connection refused"',
    ),
    "Kubectl as it is": (
        "kubectl get pods -A --field-selector=status.phase=Pending --context prod-us",
        "kubectl get rs,deploy -n payments --context dev",
        "kubectl logs deploy/web -n default --context dev | grep -i timeout | tail -20",
        "kubectl rollout restart deploy/web -n default --context dev",
    ),
}
THREADS = (
    ("restart web in dev", "now in staging too", "same for prod-us"),
    ("why is payment-api failing in prod-eu", "and its logs", "and the worker?", "restart it"),
    ("scale web to 5 in staging", "same but 6 replicas", "do it in dev as well"),
)


def say(text: str, before: tuple[Action, ...] = ()) -> Result:
    return understand(
        text, choices=(), scope=Scope(), clusters=fleet(), names=names(), look=InventoryLook(), before=before
    )


def thread(turns: Iterable[str]) -> list[tuple[str, Result]]:
    """Each turn with what it is understood as behind the ones before it."""
    before: tuple[Action, ...] = ()
    said: list[tuple[str, Result]] = []
    for turn in turns:
        result = say(turn, before)
        before = tuple(draft.action for draft in result.drafts) if isinstance(result, Understood) else before
        said.append((turn, result))
    return said


def examples() -> list[str]:
    """Every single line on the page that has to be planned."""
    return [spec.example for spec in registry.SPECS.values()] + [line for lines in WAYS.values() for line in lines]


def page() -> str:
    """docs/what-you-can-say.md."""
    looks = [verb for verb in registry.SPECS if verb.effect is Effect.READ]
    changes = [verb for verb in registry.SPECS if verb.effect is not Effect.READ]
    lines = [
        "# What you can say",
        "",
        MADE,
        "",
        "Kubechat reads sentences, terse orders and kubectl lines by tables of words, without any model. A change is",
        "planned only when every word of it is understood and its objects exist; otherwise it asks one question.",
        "Examples are planned as shown by a test, against the fleet in `tests/data/intents/inventory.json`.",
        "`…` stands for other words between, `a/b` for either.",
        "",
        "## Looks",
    ]
    for verb in looks:
        lines += _verb(verb)
    lines += ["", "## Changes"]
    for verb in changes:
        lines += _verb(verb)
    for title, ways in WAYS.items():
        lines += ["", f"## {title}", "", "| you type | Kubechat plans |", "|---|---|"]
        lines += [f"| {_code(text)} | {_planned(say(text))} |" for text in ways]
    lines += ["", "Every cluster: " + ", ".join(f"`{words}`" for words in EVERYWHERE) + "."]
    lines += ["Left out are those behind " + ", ".join(f"`{word}`" for word in sorted(EXCLUDING)) + "."]
    lines += _threads() + _tables() + _refused()
    return "\n".join([*lines, ""])


def _verb(verb: Verb) -> list[str]:
    spec = registry.SPECS[verb]
    wordings = [_wording(words) for key in (verb, *SHARED.get(verb, ())) for words in _patterns(key)]
    shown = ", ".join(f"`{words}`" for words in list(dict.fromkeys(wordings))[:MOST_WORDINGS])
    more = " …" if len(wordings) > MOST_WORDINGS else ""
    lines = ["", f"### {verb.value.replace('_', ' ')}", "", f"{_code(spec.example)}: {_planned(say(spec.example))}."]
    lines += ["", f"Words: {shown}{more}"] if shown else []
    lines += ["", "Works on: " + ", ".join(spec.kinds) + "."] if spec.kinds else []
    told = [f"- `{name}`: {field.description}" for name, field in spec.params.model_fields.items() if field.description]
    return [*lines, *(["", *told] if told else [])]


def _patterns(key: str) -> tuple[str, ...]:
    return tuple(READS.get(Verb(key), ()) if key in READS else HEADS.get(key, ()))


def _wording(pattern: str) -> str:
    return pattern.replace("*", "…").replace("|", "/").replace("#", "N")


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _planned(result: Result) -> str:
    assert isinstance(result, Understood), result
    return result.explanation


def _threads() -> list[str]:
    lines = [
        "",
        "## Going on in a thread",
        "",
        "What a message leaves out comes from the plan before it in the thread.",
    ]
    for turns in THREADS:
        lines += ["", "| you type | Kubechat plans |", "|---|---|"]
        lines += [f"| {_code(turn)} | {_planned(result)} |" for turn, result in thread(turns)]
    return lines


def _tables() -> list[str]:
    by_status: dict[str, list[str]] = {}
    for word, status in STATUSES.items():
        by_status.setdefault(status, []).append(word)
    lines = ["", "## States of pods", "", "| state | words |", "|---|---|"]
    lines += [f"| {status} | {', '.join(f'`{word}`' for word in words)} |" for status, words in by_status.items()]
    lines += ["", "## Kinds", "", "| kind | also |", "|---|---|"]
    lines += [
        f"| {kind.name} | {', '.join(f'`{word}`' for word in (kind.plural, *kind.short))} |" for kind in KINDS.values()
    ]
    return lines


def _refused() -> list[str]:
    rules = {rule.name: rule for rule in (*CONTROL, *DESTRUCTION)}
    lines = ["", "## What is refused by its words alone", "", "| rule | because |", "|---|---|"]
    lines += [f"| `{name}` | {rule.text} |" for name, rule in rules.items()]
    return [*lines, "", "Questions, stories, negations, quotations, alerts and logs never plan a change."]
