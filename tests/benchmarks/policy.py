"""How long a policy of 500 rules takes to decide on a plan."""

import gc
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.measure import Figure
from workers.domain.action import Action, Verb
from workers.domain.actor import Account, Actor
from workers.domain.circumstances import Circumstances
from workers.domain.cluster import Cluster
from workers.domain.judgement import decide
from workers.domain.matching import Match
from workers.domain.observed import Observed
from workers.domain.plan import Step
from workers.domain.policy import Outcome, Policy, Rule
from workers.domain.target import Target
from workers.domain.value import ClusterName, Digest, PersonId

RULES, DECISIONS = 500, 500
DIGEST = Digest("0" * 64)
VERBS = (Verb.GET, Verb.SCALE, Verb.RESTART, Verb.DELETE, Verb.SET_IMAGE)
HOURS = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00", "zone": "Europe/Berlin"}
ALICE = Actor(
    person_id=PersonId("alice"),
    name="Alice",
    groups=frozenset({"sre"}),
    account=Account(system="terminal", workspace="bench", user_id="alice"),
    verified_by="session",
)


def figures(_folder: Path) -> Iterator[Figure]:
    chance = random.Random(4)
    policy = Policy(rules=tuple(_rules(chance)))
    times = []
    gc.collect()
    gc.freeze()  # as a worker does before its first job
    for number in range(DECISIONS):
        around = _circumstances(chance, number)
        began = time.perf_counter()
        decide(policy, DIGEST, around)
        times.append((time.perf_counter() - began) * 1000)
    gc.unfreeze()
    yield Figure(f"a decision of the policy, {RULES} rules", "ms", 2, tuple(times))


def _rules(chance: random.Random) -> Iterator[Rule]:
    """A team of its own for each, with whatever teams write: patterns, labels, counts, hours."""
    yield Rule(name="base", then=Outcome.CONFIRM, text="everything is seen first")
    for number in range(RULES - 1):
        when: dict[str, object] = {"effects": ["change", "destroy"], "namespaces": [f"team-{number % 100}", "shared-*"]}
        more: dict[str, object] = {
            "tiers": ["production"],
            "names": [f"app-{number}*", "*-api"],
            "labels": {"team": f"team-{number}*"},
            "more_than_pods": number % 50,
            "outside": [HOURS],
            "asked_by_groups": ["sre", f"team-{number}"],
        }
        when |= {name: more[name] for name in chance.sample(sorted(more), 3)}
        then = chance.choice([Outcome.CONFIRM, Outcome.APPROVE, Outcome.REFUSE])
        yield Rule(name=f"rule-{number}", when=Match.model_validate(when), then=then, text="a rule of a team")


def _circumstances(chance: random.Random, number: int) -> Circumstances:
    cluster = ClusterName(chance.choice(["prod-eu", "staging"]))
    namespace = chance.choice([f"team-{number % 100}", "shared-web"])
    target = Target(cluster=cluster, namespace=namespace, kind="deployment", name=f"app-{number}-api")
    seen = Observed(
        target=target,
        cluster_uid="c",
        uid="u",
        resource_version="1",
        touched_digest=DIGEST,
        pods=chance.randint(0, 60),
        labels={"team": f"team-{number}", "app": "api"},
    )
    return Circumstances(
        steps=(Step(number=1, action=Action(verb=chance.choice(VERBS), target=target), why="benchmark"),),
        clusters={cluster: Cluster(name=cluster, tier="production" if cluster == "prod-eu" else "staging")},
        actor=ALICE,
        at=datetime(2026, 11, 20, 10, tzinfo=UTC),
        observed={1: seen},
    )
