"""What the head of a clause means by what stands beside it: `run X` is a command, a pod, or a job made now."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workers.domain.action import Verb
from workers.domain.value import ClusterName
from workers.planner import change_words, frames
from workers.planner.ask import Seen
from workers.planner.frame import NUMBERS, Found, is_version, whole
from workers.planner.frames_fields import ABOUT_FIELDS, ENV_WORDS, FIELDS, HPA_WORDS, variables
from workers.planner.frames_inside import PATH, command
from workers.planner.frames_marks import selects
from workers.planner.frames_new import is_file, new
from workers.planner.frames_scale import FACTORS, UNITS
from workers.planner.index import Index
from workers.planner.match import Hit, Table
from workers.planner.tokens import Token, vocabulary

UNTOLD = "unclear"  # an order, but not for what
COUNT_WORDS = frozenset(NUMBERS) - {"a", "an", "another", "one", "nothing"}
ROLLOUTS = vocabulary("rollout deploy deployment rollouts rolling release deployments")
# Heads that ask by themselves; the others say nothing without a rollout or a cronjob.
HOLDS = vocabulary("pause hold freeze suspend put")
RESUMES = vocabulary("resume unpause un-pause unfreeze unsuspend un-suspend unhold un-hold carry go take let release")
ENDING = vocabulary("stop halt")  # of a cronjob: its run, or its schedule?
SCHEDULES = vocabulary("cronjob schedule cron scheduling")
SWAPS = vocabulary("put use move swap switch change update")  # need a version or an image
VAGUE_AMOUNTS = vocabulary("more fewer less few additional extra bigger smaller")
LOOSELY = vocabulary("put bring take go move return restore send set")
BOUNDS = vocabulary("max maximum min minimum")
SETTING = (change_words.SET, change_words.ADD, change_words.ROLL_TO, Verb.PATCH)
Read = tuple[str, Found]
AMOUNT = re.compile(r"\d{1,9}(?:\.\d{1,4})?(?:m|[KMGTP]i?)")
SIZE = re.compile(r"\d{1,9}(?:\.\d{1,4})?[KMGTP]i?")
BARE = Table(change_words.BARE)
ARROWS_TO = vocabulary("to -> =>")
PREPOSITIONS = vocabulary("into in on inside to at onto")
# Programs whose names are no word of a request.
ALONE = vocabulary("cat df du printenv curl wget nslookup dig netstat whoami uptime redis-cli psql pg_isready nc")


def spoken(tokens: Sequence[Token], hit: Hit) -> str:
    return " ".join(tokens[place].low for place in hit.places)


# --- before places, kinds and names are looked for ---


def first(tokens: Sequence[Token], hit: Hit | None) -> Read:
    """The verb that is plain from the words alone, with the parameters that must be read before anything else."""
    if hit is None:
        return "", Found()
    if hit.key in SETTING:
        return _setting(tokens, hit)
    if hit.key in (change_words.RUN, Verb.EXEC):
        return _running(tokens, hit)
    if hit.key == change_words.FETCH and not _has_path(tokens):
        return "", Found()
    verb = Verb.CP if hit.key == change_words.FETCH else hit.key
    head = spoken(tokens, hit)
    if verb in (Verb.LABEL, Verb.ANNOTATE) and selects(tokens, head):
        verb = change_words.DELETE
    frame = frames.FIRST.get(verb)
    found = frame(tokens, head) if frame else Found()
    if verb == Verb.CREATE and found.kind == "pod":
        verb = Verb.RUN
    return str(verb) if frame else "", found


def _setting(tokens: Sequence[Token], hit: Hit) -> Read:
    """A variable, or a file that is deployed."""
    found = variables(tokens, spoken(tokens, hit))
    if found.params or found.problem:
        return Verb.PATCH, found
    if hit.key == change_words.ROLL_TO and any(is_file(token) for token in tokens):
        return Verb.APPLY, frames.FIRST[Verb.APPLY](tokens, spoken(tokens, hit))
    return "", Found()


def _running(tokens: Sequence[Token], hit: Hit) -> Read:
    """A command in what exists, or a new pod."""
    runs = hit.key == change_words.RUN
    inside = tokens[hit.places[-1]].low in PREPOSITIONS
    found = command(tokens, hit.places[-1] + 1, either=runs, behind=inside)
    if found.params:
        return Verb.EXEC, found
    if runs and any(token.low in ("pod", "container", "deployment") for token in tokens):
        found = new(tokens, spoken(tokens, hit))
        if found.kind == "pod" or "image" in found.params:
            return (Verb.RUN if found.kind == "pod" else Verb.CREATE), found
    return "", Found()


def _has_path(tokens: Sequence[Token]) -> bool:
    return any(token.free and "/" in token.text and PATH.fullmatch(token.text) for token in tokens)


def implied(tokens: Sequence[Token], at: int) -> tuple[str, Found, Hit | None]:
    """An order that begins with its object, its field or its command, all of it said except the verb."""
    first_word = tokens[at]
    found = variables(tokens, "")
    if found.params and (first_word.low in ENV_WORDS or first_word.role == "param"):
        return Verb.PATCH, found, Hit(key=Verb.PATCH, pattern="set", places=(at,))
    found = command(tokens, at) if first_word.low in ALONE and first_word.free else Found()
    if found.params and any(token.low in ("in", "inside") for token in tokens[at:]):
        return Verb.EXEC, found, Hit(key=Verb.EXEC, pattern="run", places=(at,))
    goal = any(token.low in ARROWS_TO or AMOUNT.fullmatch(token.text) for token in tokens)
    if first_word.free and first_word.low in ABOUT_FIELDS and goal:
        return "", Found(), Hit(key=Verb.PATCH, pattern="set", places=(at,))
    if first_word.role not in ("name", "kind", "param"):
        return "", Found(), None
    hit = BARE.anywhere(tokens)
    if hit is None and any(token.low in ARROWS_TO for token in tokens) and any(is_version(t) for t in tokens if t.free):
        return "", Found(), Hit(key=change_words.ROLL_TO, pattern="to", places=(at,))
    return "", Found(), hit


# --- with places, kinds and names known ---


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a head."""

    head: str
    pattern: str
    said: frozenset[str]
    version: bool
    number: bool
    crons: bool  # its objects are cronjobs
    sized: bool  # 50Gi

    @property
    def units(self) -> bool:
        return bool(self.said & UNITS)

    @property
    def fields(self) -> bool:
        bounded = bool(self.said & BOUNDS) and bool(self.said & (HPA_WORDS | {"replicas", "pods"}))
        return not self.version and (bounded or self.sized or bool(self.said & (ABOUT_FIELDS | frozenset(FIELDS))))

    @property
    def begins(self) -> str:
        return self.head.partition(" ")[0]


def meant(tokens: Sequence[Token], hit: Hit, seen: Seen, index: Index, clusters: Sequence[ClusterName]) -> str:
    """The verb; "" when the clause is no order, UNTOLD when it is half one."""
    beside = Beside(
        head=spoken(tokens, hit),
        pattern=hit.pattern,
        said=frozenset(token.low.partition("=")[0] for token in tokens if token.kind == "word"),
        version=any(token.free and is_version(token) for token in tokens),
        number=any(token.free and _is_number(token.low) for token in tokens),
        crons=_crons(seen, index, clusters),
        sized=any(token.free and SIZE.fullmatch(token.text) for token in tokens),
    )
    tell = TOLD.get(hit.key)
    return tell(beside) if tell else hit.key


def _is_number(word: str) -> bool:
    """5, 50%, replicas=5."""
    key, equals, value = word.partition("=")
    return whole((value if equals and key.endswith("replicas") else word).rstrip("%")) is not None


def _crons(seen: Seen, index: Index, clusters: Sequence[ClusterName]) -> bool:
    kinds = {named.name: named.kind for named in index.workloads(clusters)} if seen.mentions else {}
    return bool(seen.mentions) and all(
        kinds.get(mention.name) == "cronjob" and mention.kind in (None, "cronjob", "job") for mention in seen.mentions
    )


def _set(beside: Beside) -> str:
    """A field, a version, a count, or nothing that can be told."""
    wished = beside.pattern.rsplit(maxsplit=1)[-1] in ("need", "want", "give", "make")
    counted = beside.said & COUNT_WORDS or beside.said & set(FACTORS)
    one = beside.units and "one" in beside.said
    verb = UNTOLD
    if beside.fields:
        verb = Verb.PATCH
    elif beside.version or ("image" in beside.pattern and not beside.number):
        verb = Verb.SET_IMAGE
    elif beside.number or counted or one:
        verb = Verb.SCALE
    elif beside.begins == "drop":
        verb = change_words.DELETE
    elif wished and not beside.said & VAGUE_AMOUNTS:
        verb = ""  # "need logs of web" reads
    return verb


def _rolled(beside: Beside) -> str:
    if beside.fields:
        return Verb.PATCH
    if beside.number and not beside.version and (beside.units or "by" in beside.said):
        return Verb.SCALE
    if beside.begins == "redeploy" and not beside.version:
        return Verb.RESTART
    told = beside.version or beside.begins not in SWAPS or "image" in beside.said
    return Verb.SET_IMAGE if told else UNTOLD


def _added(beside: Beside) -> str:
    if beside.fields:
        return Verb.PATCH
    return Verb.SCALE if beside.units and (beside.number or beside.said & set(NUMBERS)) else UNTOLD


def _backed(beside: Beside) -> str:
    """`put web back to 8` names neither a revision nor replicas."""
    revision = bool(beside.said & {"revision", "rev", "revisions"})
    if beside.begins in LOOSELY and beside.number and not revision:
        return Verb.SCALE if beside.units else UNTOLD
    return Verb.SET_IMAGE if beside.version and not beside.said & {"revision", "rev"} else Verb.ROLLBACK


def _held(beside: Beside) -> str:
    return Verb.PAUSE if _of_rollout(beside, HOLDS) else UNTOLD


def _resumed(beside: Beside) -> str:
    return Verb.RESUME if _of_rollout(beside, RESUMES) else UNTOLD


def _of_rollout(beside: Beside, strong: frozenset[str]) -> bool:
    """A rollout or a cronjob; never traffic, an alert or an autoscaler."""
    crons = beside.crons and (beside.begins not in ENDING or bool(beside.said & SCHEDULES))
    return not beside.said & HPA_WORDS and (beside.begins in strong or bool(beside.said & ROLLOUTS) or crons)


def _run(beside: Beside) -> str:
    if beside.crons:
        return Verb.CREATE
    return Verb.SCALE if beside.units and (beside.number or beside.said & COUNT_WORDS) else UNTOLD


TOLD: Mapping[str, Callable[[Beside], str]] = {
    change_words.OTHER: lambda _: "unknown",
    change_words.SET: _set,
    change_words.ADD: _added,
    change_words.ROLL_TO: _rolled,
    change_words.FETCH: lambda _: "",
    change_words.HOLD: _held,
    change_words.RUN: _run,
    Verb.RESUME: _resumed,
    Verb.ROLLBACK: _backed,
    Verb.SCALE: lambda beside: Verb.PATCH if beside.fields else Verb.SCALE,
    Verb.RESTART: lambda beside: UNTOLD if beside.crons else Verb.RESTART,
}  # fmt: skip
