"""Whether a rule speaks of a step: named conditions that all hold, each with the value that it was compared with.

Three answers: yes, no, and not known. A rule that may hold restricts as if it did and allows nothing, so that what
could not be seen never eases a decision. Every condition also says its value, and refusals are made of those.
"""

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase, translate
from functools import cached_property, lru_cache
from typing import NamedTuple

from pydantic import Field

from workers.domain.action import Action, Effect, Verb
from workers.domain.circumstances import Circumstances
from workers.domain.cluster import Cluster, tier_of
from workers.domain.hours import WEEK, Hours, local
from workers.domain.plan import Step
from workers.domain.target import EVERYWHERE, NO_KIND, Target
from workers.domain.value import Value


class Match(Value):
    """All named conditions hold; an empty one holds always. Names of all sorts may be shell patterns."""

    effects: frozenset[Effect] = frozenset()
    verbs: frozenset[Verb] = frozenset()
    besides: frozenset[Verb] = frozenset()  # verbs that it does not hold for
    besides_parts_of: frozenset[Verb] = frozenset()  # compound verbs: the steps that they stand for are left out
    tiers: frozenset[str] = frozenset()
    clusters: frozenset[str] = frozenset()
    cluster_groups: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()  # of objects
    labels: Mapping[str, str] = {}  # of the object as it is in the cluster, all of them: {"data": "pci*"}
    more_than_objects: int | None = Field(default=None, ge=0)  # that the whole plan changes
    more_than_pods: int | None = Field(default=None, ge=0)  # that the whole plan touches
    during: tuple[Hours, ...] = ()  # in one of them
    outside: tuple[Hours, ...] = ()  # in none of them
    asked_by: frozenset[str] = frozenset()  # person ids
    asked_by_groups: frozenset[str] = frozenset()

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The conditions that it has, those that are soonest compared first."""
        return tuple(name for name in CONDITIONS if getattr(self, name) not in (frozenset(), (), {}, None))

    @cached_property
    def possible(self) -> frozenset[Verb]:
        """The verbs that it can hold for: three conditions in one look."""
        return frozenset(
            verb
            for verb in Verb
            if (not self.effects or verb.effect in self.effects)
            and (not self.verbs or verb in self.verbs)
            and verb not in self.besides
        )

    @cached_property
    def tests(self) -> "tuple[Callable[[Match, Sight], bool | None], ...]":
        """What is compared for a verb that is possible."""
        holding = (CONDITIONS[name].holds for name in self.named)
        return tuple(holds for holds in holding if holds is not _possible)


class Sight(NamedTuple):
    """What a rule can know of one step."""

    step: Step
    action: Action
    target: Target
    tier: str
    cluster: Cluster | None  # None: not known, or not any more
    around: Circumstances

    @property
    def labels(self) -> Mapping[str, str] | None:
        seen = self.around.observed.get(self.step.number)
        return None if seen is None else seen.labels


class Condition(NamedTuple):
    holds: Callable[[Match, Sight], bool | None]  # None: it cannot be known
    said: Callable[[Match, Sight], str]  # the value it was compared with: "tier production"


def sight(step: Step, around: Circumstances) -> Sight:
    action = step.action
    name = action.target.cluster
    tier, cluster = tier_of(around.clusters, name), around.clusters.get(name)
    return Sight(step=step, action=action, target=action.target, tier=tier, cluster=cluster, around=around)


def matches(when: Match, seen: Sight) -> bool | None:
    """Whether all conditions hold; None when that hangs on something that is not known."""
    if seen.action.verb not in when.possible:
        return False
    answer: bool | None = True
    for holds in when.tests:
        held = holds(when, seen)
        if held is False:
            return False
        if held is None:
            answer = None
    return answer


def values(when: Match, seen: Sight) -> tuple[str, ...]:
    """What each condition was compared with: `("verb delete", "kind namespace", "tier production")`."""
    return tuple(said for name in when.named if (said := CONDITIONS[name].said(when, seen)))


def fits(patterns: frozenset[str], name: str) -> bool:
    return name in patterns or _any_of(patterns).match(name) is not None


@lru_cache(maxsize=4096)
def _any_of(patterns: frozenset[str]) -> re.Pattern[str]:
    """Shell patterns as one expression: comparing one by one took most of the time of a decision."""
    return re.compile("|".join(translate(pattern) for pattern in sorted(patterns)))


def _possible(when: Match, seen: Sight) -> bool:
    return seen.action.verb in when.possible


def _namespace(when: Match, seen: Sight) -> bool | None:
    """What is in no namespace is not in every one; what is about all of them may be about these."""
    namespace = seen.target.namespace
    if namespace is None:
        return False
    return True if fits(when.namespaces, namespace) else None if namespace == EVERYWHERE else False


def _kind(when: Match, seen: Sight) -> bool | None:
    return None if seen.target.kind == NO_KIND else seen.target.kind in when.kinds


def _name(when: Match, seen: Sight) -> bool | None:
    """Of many objects, or of one that has no name yet, only a pattern for every name is known to fit."""
    name = seen.target.name
    if name is None:
        return "*" in when.names or None
    return fits(when.names, name)


def _cluster_group(when: Match, seen: Sight) -> bool | None:
    return None if seen.cluster is None else bool(when.cluster_groups & seen.cluster.groups)


def _labels(when: Match, seen: Sight) -> bool | None:
    labels = seen.labels
    if labels is None:
        return None
    for key, value in when.labels.items():
        have = labels.get(key)
        if have is None or not (have == value or fnmatchcase(have, value)):
            return False
    return True


def _more_pods(when: Match, seen: Sight) -> bool | None:
    pods = seen.around.pods
    return None if pods is None else pods > (when.more_than_pods or 0)


def _pods_said(when: Match, seen: Sight) -> str:
    pods, most = seen.around.pods, when.more_than_pods
    if pods is None:
        return f"how many pods it touches is not known, which counts as more than {most}"
    return f"touches {_count(pods, 'pod')}, more than {most}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _during(when: Match, seen: Sight) -> bool | None:
    return _any_hours(when.during, seen)


def _outside(when: Match, seen: Sight) -> bool | None:
    inside = _any_hours(when.outside, seen)
    return None if inside is None else not inside


def _any_hours(windows: tuple[Hours, ...], seen: Sight) -> bool | None:
    answer: bool | None = False
    for window in windows:
        held = window.hold(seen.around.at)
        if held:
            return True
        if held is None:
            answer = None
    return answer


def _hours_said(word: str, windows: tuple[Hours, ...], seen: Sight) -> str:
    """`it is sat 10:12 in Europe/Berlin, outside mon, fri 09:00-17:00 Europe/Berlin`."""
    there = local(seen.around.at, windows[0].zone)
    now = "what time it is there is not known"
    if there is not None:
        now = f"it is {WEEK[there.weekday()]} {there:%H:%M} in {windows[0].zone}"
    return f"{now}, {word} {' or '.join(window.text for window in windows)}"


def _labels_said(when: Match, seen: Sight) -> str:
    wanted = ", ".join(f"{key}={value}" for key, value in sorted(when.labels.items()))
    if seen.labels is None:
        return f"its labels are not known, which counts as {wanted}"
    return "labels " + ", ".join(f"{key}={seen.labels[key]}" for key in sorted(when.labels) if key in seen.labels)


def _besides_said(_when: Match, _seen: Sight) -> str:
    return ""  # what a rule leaves out is no reason why it holds


# In the order in which they are compared: the cheapest first.
CONDITIONS: Mapping[str, Condition] = {
    "effects": Condition(_possible, lambda _, seen: f"effect {seen.action.effect}"),
    "verbs": Condition(_possible, lambda _, seen: f"verb {seen.action.verb}"),
    "besides": Condition(_possible, _besides_said),
    "besides_parts_of": Condition(lambda when, seen: seen.step.part_of not in when.besides_parts_of, _besides_said),
    "tiers": Condition(lambda when, seen: seen.tier in when.tiers, lambda _, seen: f"tier {seen.tier}"),
    "kinds": Condition(_kind, lambda _, seen: f"kind {seen.target.kind or 'not known'}"),
    "cluster_groups": Condition(
        _cluster_group,
        lambda when, seen: (
            f"cluster group {', '.join(sorted(when.cluster_groups & seen.cluster.groups))}"
            if seen.cluster
            else f"the groups of {seen.target.cluster} are not known"
        ),
    ),
    "asked_by_groups": Condition(
        lambda when, seen: bool(when.asked_by_groups & seen.around.actor.groups),
        lambda when, seen: (
            f"{seen.around.actor.person_id} is in {', '.join(sorted(when.asked_by_groups & seen.around.actor.groups))}"
        ),
    ),
    "more_than_objects": Condition(
        lambda when, seen: seen.around.objects > (when.more_than_objects or 0),
        lambda when, seen: f"changes {_count(seen.around.objects, 'object')}, more than {when.more_than_objects}",
    ),
    "more_than_pods": Condition(_more_pods, _pods_said),
    "clusters": Condition(
        lambda when, seen: fits(when.clusters, seen.target.cluster), lambda _, seen: f"cluster {seen.target.cluster}"
    ),
    "namespaces": Condition(
        _namespace,
        lambda _, seen: (
            "all namespaces" if seen.target.namespace == EVERYWHERE else f"namespace {seen.target.namespace}"
        ),
    ),
    "names": Condition(_name, lambda _, seen: f"name {seen.target.name or 'not known'}"),
    "asked_by": Condition(
        lambda when, seen: fits(when.asked_by, seen.around.actor.person_id),
        lambda _, seen: f"asked by {seen.around.actor.person_id}",
    ),
    "labels": Condition(_labels, _labels_said),
    "during": Condition(_during, lambda when, seen: _hours_said("in", when.during, seen)),
    "outside": Condition(_outside, lambda when, seen: _hours_said("outside", when.outside, seen)),
}
