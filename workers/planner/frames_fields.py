"""Fields that are patched: environment variables, limits and requests, sizes of claims, bounds of autoscalers."""

import re
from collections.abc import Sequence

from workers.domain.action import Parameter
from workers.planner.frame import NUMBERS, Found, before, container, take
from workers.planner.tokens import Token, vocabulary

ENV = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z][A-Z0-9_]*")
ENV_WORDS = vocabulary("env var variable vars variables environment envvar env-var")
TO = vocabulary("to = as -> =>")
RESOURCES = {"cpu": "cpu", "cpus": "cpu", "core": "cpu", "cores": "cpu", "memory": "memory", "mem": "memory",
    "ram": "memory"}  # fmt: skip
BOUNDS = {"limit": "limits", "limits": "limits", "request": "requests", "requests": "requests"}
QUANTITY = re.compile(r"(\d{1,9}(?:\.\d{1,4})?)(m|k|Ki|Mi|Gi|Ti|Pi|K|M|G|T)?")
UNITS = {"mi": "Mi", "gi": "Gi", "ki": "Ki", "ti": "Ti", "mib": "Mi", "gib": "Gi", "m": "m", "millicores": "m",
    "millicpu": "m", "cores": "", "core": "", "cpus": "", "cpu": "", "vcpu": "", "vcpus": ""}  # fmt: skip
RELATIVE = vocabulary("by double triple halve twice half more less percent quadruple")
HPA_WORDS = vocabulary("hpa autoscaler horizontalpodautoscaler maxreplicas minreplicas")
FIELDS = {field.lower(): field for field in (
    "imagePullPolicy", "terminationGracePeriodSeconds", "revisionHistoryLimit", "minReadySeconds", "maxReplicas",
    "minReplicas", "progressDeadlineSeconds", "priorityClassName", "serviceAccountName", "concurrencyPolicy",
    "schedule", "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit", "suspend",
    "storageClassName", "restartPolicy", "dnsPolicy", "readinessProbe.initialDelaySeconds",
    "livenessProbe.initialDelaySeconds")}  # fmt: skip
HPA = "horizontalpodautoscaler"
SIZED = frozenset({"persistentvolumeclaim", "pvc", "volume", "claim", "disk", "storage", "pvcs"})
ABOUT_FIELDS = frozenset(RESOURCES) | frozenset(BOUNDS) | HPA_WORDS | SIZED


def variables(tokens: Sequence[Token], _head: str) -> Found:
    """`LOG_LEVEL=debug`, `env LOG_LEVEL to debug`; taken before places, since a value may be called as a cluster is."""
    found: list[tuple[str, str]] = []
    said = {token.low for token in tokens}
    for i, token in enumerate(tokens):
        if not token.free or token.quoted:
            continue
        key, equals, value = token.text.partition("=")
        following = tokens[i + 1] if i + 1 < len(tokens) else None
        if equals and ENV.fullmatch(key) and (len(key) > 1):
            if not value and following and (following.kind == "quote" or following.quoted):
                value = following.text
                take(following)
            found.append((key, value))
            take(token)
        elif (
            not equals
            and ENV.fullmatch(token.text)
            and ("_" in token.text or said & ENV_WORDS)
            and (goal := _goal_behind(tokens, i))
        ):
            found.append((token.text, tokens[goal].text))
            take(*tokens[i : goal + 1])
    if not found:
        return Found()
    take(*(token for token in tokens if token.free and token.low in ENV_WORDS))
    if len({key for key, _ in found}) < len(found):
        return Found(problem="it names one variable twice")
    return _several([{"field": f"env.{key}", "value": value} for key, value in found])


def _goal_behind(tokens: Sequence[Token], i: int) -> int:
    """Where the value stands: behind `to`, or `should be`; 0 when there is none."""
    words = [token.low for token in tokens[i + 1 : i + 3]]
    goal = i + 2 if words[:1] and words[0] in TO else i + 3 if words in (["should", "be"], ["must", "be"]) else 0
    return goal if 0 < goal < len(tokens) and tokens[goal].kind in ("word", "quote") else 0


def _several(steps: list[dict[str, Parameter]]) -> Found:
    return Found(params=steps[0], more=steps[1:])


def field(tokens: Sequence[Token], head: str) -> Found:
    """Whatever else is patched; the problem when it cannot be told."""
    said = {token.low for token in tokens if token.kind == "word"}
    params: dict[str, Parameter] = {}
    container(tokens, params)
    if (said | set(head.split())) & RELATIVE:
        return Found(problem="say the new value itself: 'set the memory limit of NAME to 1Gi'")
    if any("=" in word and word.partition("=")[0] in FIELDS for word in said):
        found = _equals(tokens)
    elif said & HPA_WORDS or (said & {"max", "maximum", "min", "minimum"}):
        found = _bound(tokens)
    elif named := next((token for token in tokens if token.free and token.low.partition("=")[0] in FIELDS), None):
        found = _named(tokens, named)
    else:
        found = _quantities(tokens, said)
    for step in (found.params, *found.more):
        step.update(params)
    return found


def _equals(tokens: Sequence[Token]) -> Found:
    """`maxReplicas=18`; one a sentence."""
    pairs = [token for token in tokens if token.free and token.low.partition("=")[0] in FIELDS and "=" in token.low]
    if len(pairs) != 1:
        return Found(problem="it names more than one field")
    key, _, value = pairs[0].text.partition("=")
    name = FIELDS[key.lower()]
    take(pairs[0])
    return Found({"field": name, "value": value}, kind=HPA if name.endswith("Replicas") else "")


def _bound(tokens: Sequence[Token]) -> Found:
    """`max replicas of the hpa to 12`."""
    upper = any(token.low in ("max", "maximum", "maxreplicas", "cap", "ceiling") for token in tokens)
    lower = any(token.low in ("min", "minimum", "minreplicas") for token in tokens)
    numbers = _goals(tokens)
    if upper == lower or len(numbers) != 1:
        return Found(problem="say one bound: 'set max replicas of the hpa NAME to 12'")
    take(*(t for t in tokens if t.low in HPA_WORDS | vocabulary("max maximum min minimum replicas replica pods limit")))
    take(numbers[0])
    value = str(NUMBERS.get(numbers[0].low, numbers[0].low))
    name = "maxReplicas" if upper else "minReplicas"
    return Found({"field": name, "value": value}, kind="horizontalpodautoscaler")


def _goals(tokens: Sequence[Token]) -> list[Token]:
    """Numbers, without the one behind `from`."""
    numbers = [
        (i, t) for i, t in enumerate(tokens) if t.free and (t.low.isdecimal() or (t.low in NUMBERS and len(t.low) > 2))
    ]
    old = [t for i, t in numbers if before(tokens, i) == "from"]
    if len(numbers) > 1:
        take(*old)
    return [t for _, t in numbers if t not in old] or [t for _, t in numbers]


def _named(tokens: Sequence[Token], named: Token) -> Found:
    """`imagePullPolicy of web to Always`."""
    goal = next((i for i, token in enumerate(tokens) if token.low in TO and i + 1 < len(tokens)), None)
    value = tokens[goal + 1] if goal is not None else None
    if value is None or goal is None or value.kind == "stop":
        return Found(problem=f"what should {named.text} be?")
    take(named, tokens[goal], value)
    return Found({"field": FIELDS[named.low], "value": value.text})


def _quantities(tokens: Sequence[Token], said: set[str]) -> Found:
    values = _amounts(tokens)
    if len(values) != 1:
        return Found(problem="what should it be set to? say one value")
    value = values[0]
    what = {RESOURCES[word] for word in said if word in RESOURCES and word not in ("core", "cores", "cpus")}
    if not what and said & {"core", "cores", "cpus"}:
        what = {"cpu"}
    where = {BOUNDS[word] for word in said if word in BOUNDS}
    for token in tokens:
        if token.free and (token.low in RESOURCES or token.low in BOUNDS or token.low in ("resource", "resources")):
            take(token)
    if not what and not where and (said & SIZED or value[-1:] == "i"):
        take(*(token for token in tokens if token.free and token.low in ("storage", "size", "disk", "capacity")))
        return Found({"field": "storage", "value": value}, kind="persistentvolumeclaim")
    if len(what) != 1 or not where:
        return Found(problem="say which: the cpu or memory, limit or request")
    name = next(iter(what))
    steps: list[dict[str, Parameter]] = [
        {"field": f"resources.{bound}.{name}", "value": value} for bound in sorted(where, reverse=True)
    ]
    return _several(steps)


def _amounts(tokens: Sequence[Token]) -> list[str]:
    """`768Mi`, `2`, `1 Gi`, `500 millicores`; of `from A to B` only B."""
    found: list[str] = []
    for i, token in enumerate(tokens):
        if not token.free:
            continue
        amount = QUANTITY.fullmatch(token.text) or re.fullmatch(r"(\d{1,9}(?:\.\d{1,4})?)([kmgt]i)", token.low)
        if amount is None:
            continue
        unit = amount[2] or ""
        unit = UNITS.get(unit, unit)
        following = tokens[i + 1] if i + 1 < len(tokens) else None
        take(token)
        if not unit and following and following.free and following.low in UNITS:
            unit = UNITS[following.low]
            if following.low not in RESOURCES:
                take(following)
        if before(tokens, i) == "from" and any(t.low in TO for t in tokens[i:]):
            tokens[i - 1].role = "param"
            continue
        found.append(amount[1] + unit)
    return found
