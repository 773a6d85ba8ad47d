"""What a freeze holds, and what the words for it mean."""

from datetime import UTC, datetime

import pytest

from workers.domain.cluster import Cluster
from workers.domain.errors import UnknownCluster
from workers.domain.extent import extent, held
from workers.domain.freeze import Freeze, holding, holds
from workers.domain.policy import Policy
from workers.domain.value import ClusterName
from workers.settings import DEFAULTS, read_policy

AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
TIERS = {"prod-eu": "production", "prod-us": "production", "staging": "staging", "dev": "development"}
CLUSTERS = {ClusterName(name): Cluster(name=ClusterName(name), tier=tier) for name, tier in TIERS.items()}


@pytest.fixture
def policy() -> Policy:
    return read_policy(DEFAULTS / "policy.yaml")[0]


def freeze(**given: object) -> Freeze:
    facts = {"id": "frz-1", "what": "prod", "by": "alice", "reason": "game night", "at": AT}
    return Freeze.model_validate(facts | given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"everything": True}, ["dev", "prod-eu", "prod-us", "staging"]),
        ({"clusters": {"prod-eu"}}, ["prod-eu"]),
        ({"clusters": {"prod*"}}, ["prod-eu", "prod-us"]),
        ({"tiers": {"staging"}}, ["staging"]),
        ({"tiers": {"production"}, "clusters": {"dev"}}, ["dev", "prod-eu", "prod-us"]),
        ({}, []),
    ],
)
def test_a_freeze_holds_what_it_names(given: dict[str, object], expected: list[str]) -> None:
    """Names, shell patterns, tiers or everything; together they add up."""
    assert list(held(freeze(**given), CLUSTERS)) == expected


def test_a_cluster_that_is_not_known_counts_as_production() -> None:
    """A freeze of production holds what nobody has named yet."""
    new = ClusterName("brand-new")

    assert holds(freeze(tiers={"production"}), new, CLUSTERS)
    assert not holds(freeze(tiers={"staging"}), new, CLUSTERS)


def test_one_cluster_of_many_is_enough_to_be_held() -> None:
    """A change of several clusters is held by a freeze of one of them."""
    one, other = freeze(clusters={"dev"}), freeze(id="frz-2", clusters={"staging"})
    touched = [ClusterName("prod-eu"), ClusterName("dev")]

    assert holding((one, other), touched, CLUSTERS) == (one,)


@pytest.mark.parametrize(
    ("said", "what", "names"),
    [
        ("prod-eu", "prod-eu", ["prod-eu"]),
        ("EU", "prod-eu", ["prod-eu"]),
        ("prod eu", "prod-eu", ["prod-eu"]),
        ("prod", "prod", ["prod-eu", "prod-us"]),
        ("both prods", "prod", ["prod-eu", "prod-us"]),
        ("nonprod", "nonprod", ["dev", "staging"]),
        ("the staging tier", "staging tier", ["staging"]),
        ("production", "production", ["prod-eu", "prod-us"]),
        ("everything", "everything", ["dev", "prod-eu", "prod-us", "staging"]),
        ("all clusters", "everything", ["dev", "prod-eu", "prod-us", "staging"]),
    ],
)
def test_words_mean_what_the_policy_calls_so(policy: Policy, said: str, what: str, names: list[str]) -> None:
    """Names, aliases, groups, tiers; what it is called afterwards means the same again."""
    meant = extent(policy, CLUSTERS, said)
    made = freeze(what=meant.what, clusters=meant.clusters, tiers=meant.tiers, everything=meant.everything)

    assert (meant.what, list(held(made, CLUSTERS))) == (what, names)
    assert extent(policy, CLUSTERS, meant.what).is_of(made)


def test_what_no_worker_has_seen_yet_can_be_frozen_by_the_policys_words(policy: Policy) -> None:
    """An instance that has just started freezes as well as one that has looked around."""
    assert extent(policy, {}, "prod").clusters == {"prod*"}
    assert extent(policy, {}, "eu").clusters == {"prod-eu"}
    assert extent(policy, {}, "staging").tiers == {"staging"}


def test_a_word_with_two_meanings_freezes_both(policy: Policy) -> None:
    """'production' is a group by another name, and a tier: the larger of what it can mean is frozen."""
    meant = extent(policy, CLUSTERS, "production")

    assert (meant.clusters, meant.tiers) == ({"prod*"}, {"production"})


@pytest.mark.parametrize("said", ["prod-uk", "payment-api", "", "prod*"])
def test_an_unknown_word_lists_what_there_is(policy: Policy, said: str) -> None:
    """Nobody has to guess what can be frozen."""
    with pytest.raises(UnknownCluster) as error:
        extent(policy, CLUSTERS, said)

    assert "clusters dev, prod-eu, prod-us, staging" in error.value.now
    assert "groups nonprod, prod" in error.value.now
    assert "tiers development, production, staging" in error.value.now


def test_a_freeze_says_who_since_when_until_when_and_why() -> None:
    """The sentence that every refusal repeats."""
    open_ended = freeze()
    bounded = freeze(until=AT.replace(hour=16))

    assert open_ended.text == "prod is frozen by alice since 11-23 14:02 UTC, until somebody lifts it: game night"
    assert "until 11-23 16:02 UTC" in bounded.text
    assert open_ended.lifting == "`unfreeze prod because ...`"
