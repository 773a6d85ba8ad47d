"""Second factors on both databases: RFC vectors, enrolment, one use of each code, locking, encryption at rest."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.servers.samples import ALICE
from tests.servers.together import together
from workers.domain.actor import Actor
from workers.domain.errors import InvalidConfiguration, SecondFactorRefused
from workers.domain.factor import PERIOD_SECONDS, WRONG_TRIES, address, counter_of, password
from workers.domain.value import PersonId
from workers.identity.factor_key import FactorKey
from workers.identity.factors import Factors
from workers.store.store import SqlStore

RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("counter", "code"),
    [*enumerate(["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"])],
)
def test_passwords_are_those_of_rfc_4226(counter: int, code: str) -> None:
    """Appendix D."""
    assert password(RFC_SECRET, counter) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_times_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """Appendix B for SHA-1; the last six of its eight digits."""
    at = datetime.fromtimestamp(seconds, UTC)

    assert counter_of(RFC_SECRET, code[-6:], at) == seconds // PERIOD_SECONDS


@pytest.mark.parametrize(("away", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_of_the_step_before_or_after_counts(away: int, counts: bool) -> None:
    """Clocks differ by half a minute, not by more."""
    at = datetime.fromtimestamp(1_000_000, UTC)
    counter = 1_000_000 // PERIOD_SECONDS + away

    assert counter_of(RFC_SECRET, password(RFC_SECRET, counter), at) == (counter if counts else None)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666"])
def test_what_is_no_code_is_wrong(typed: str) -> None:
    """Nothing of it is looked at that could raise."""
    assert counter_of(RFC_SECRET, typed, datetime.fromtimestamp(59, UTC)) is None


def test_the_address_names_the_person_escaped() -> None:
    """So that no name can add a parameter of its own."""
    found = address(RFC_SECRET, PersonId("b\u00f6b&secret=X?"))

    assert found == "otpauth://totp/Kubechat:b%C3%B6b%26secret%3DX%3F?secret=" + (
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Kubechat"
    )


class Scene:
    """Alice with an app on her phone."""

    def __init__(self, store: SqlStore, data: Path) -> None:
        self.store, self.data = store, data
        self.factors = Factors(store=store, sealing=FactorKey(data))
        self.secret = self.factors.fresh_secret()

    def code(self, away: int = 0) -> str:
        """What the app shows, by the database's clock; `away` steps later."""
        return password(self.secret, int(self.store.now().timestamp()) // PERIOD_SECONDS + away)

    def enrolled(self) -> "Scene":
        """Long ago: no code of now was used."""
        factor = self.factors.enroll(ALICE, self.secret, self.code())
        with self.store.change() as change:
            change.identities.save_factor(factor.model_copy(update={"last_counter": 0}))
        return self

    def wrong(self) -> str:
        near = {self.code(away) for away in range(-3, 4)}
        return next(f"{number:06}" for number in range(1000) if f"{number:06}" not in near)

    def refused(self, typed: str, actor: Actor = ALICE) -> SecondFactorRefused:
        with pytest.raises(SecondFactorRefused) as caught:
            self.factors.checked(actor, typed)
        assert typed not in caught.value.text
        return caught.value

    def leaves(self, event: str) -> list[dict[str, Any]]:
        found = [json.loads(record.leaf) for record in self.store.records()]
        return [leaf for leaf in found if leaf["event"] == event]


@pytest.fixture
def scene(store: SqlStore, data: Path) -> Scene:
    return Scene(store, data)


def test_a_right_code_makes_a_fresh_factor(scene: Scene) -> None:
    """At the database's time, for this press."""
    before = scene.enrolled().store.now()

    found = scene.factors.checked(ALICE, scene.code())

    assert found.second_factor_at is not None
    assert before <= found.second_factor_at <= scene.store.now()
    assert found == ALICE.model_copy(update={"second_factor_at": found.second_factor_at})


def test_a_code_counts_once(scene: Scene) -> None:
    """Also when it comes many times at one moment."""
    code = scene.enrolled().code()

    results = together(6, lambda _: scene.factors.checked(ALICE, code))

    assert sorted(type(one).__name__ for one in results) == ["Actor"] + ["SecondFactorRefused"] * 5
    assert "used before" in scene.refused(code).text


def test_an_older_code_does_not_count_after_a_newer(scene: Scene) -> None:
    """Whoever saw it over a shoulder is too late."""
    scene.enrolled()
    scene.factors.checked(ALICE, scene.code(1))

    assert "used before" in scene.refused(scene.code()).text


def test_the_code_of_the_enrolment_is_used_up(scene: Scene) -> None:
    """It was typed where others may have seen it."""
    code = scene.code()
    scene.factors.enroll(ALICE, scene.secret, code)

    assert "used before" in scene.refused(code).text


def test_five_wrong_codes_lock_for_ten_minutes(scene: Scene) -> None:
    """The right one does not help then, and starts nothing anew."""
    scene.enrolled()
    for left in range(WRONG_TRIES - 1, 0, -1):
        assert f"{left} tries are left" in scene.refused(scene.wrong()).text
    assert "locked until" in scene.refused(scene.wrong()).text

    assert "is locked" in scene.refused(scene.code()).text
    factor = scene.factors.of(ALICE.person_id)
    assert factor is not None
    assert factor.locked_until is not None
    assert timedelta(minutes=9) < factor.locked_until - scene.store.now() <= timedelta(minutes=10)
    with scene.store.change() as change:
        change.identities.lock_factor(ALICE.person_id, change.now())
    assert scene.factors.checked(ALICE, scene.code()).second_factor_at is not None


def test_wrong_codes_at_one_moment_are_all_counted(scene: Scene) -> None:
    """Twelve guesses are not better than five because they come together."""
    typed = scene.enrolled().wrong()

    results = together(12, lambda _: scene.factors.checked(ALICE, typed))

    said = [str(getattr(one, "now", "")) for one in results]
    assert {type(one) for one in results} == {SecondFactorRefused}
    assert len([now for now in said if "tries are left" in now]) == WRONG_TRIES - 1


def test_a_right_code_forgives_the_wrong_ones_before(scene: Scene) -> None:
    """Mistyping twice a day locks nobody out."""
    scene.enrolled()
    for _ in range(WRONG_TRIES - 1):
        scene.refused(scene.wrong())
    scene.factors.checked(ALICE, scene.code())

    assert f"{WRONG_TRIES - 1} tries are left" in scene.refused(scene.wrong()).text


def test_enrolment_needs_the_apps_code_and_happens_once(scene: Scene) -> None:
    """A secret that no app has would lock its person out; a second one would replace the first."""
    with pytest.raises(SecondFactorRefused, match="another one"):
        scene.factors.enroll(ALICE, scene.secret, scene.wrong())
    assert scene.factors.of(ALICE.person_id) is None
    scene.enrolled()

    other = scene.factors.fresh_secret()
    with pytest.raises(SecondFactorRefused, match="already"):
        scene.factors.enroll(ALICE, other, scene.code())
    assert len(scene.leaves("factor.enrolled")) == 1


def test_removal_takes_a_code_or_is_recorded_as_lost(scene: Scene) -> None:
    """The trail tells the one from the other."""
    scene.enrolled()
    with pytest.raises(SecondFactorRefused):
        scene.factors.remove(ALICE, scene.wrong())
    scene.factors.remove(ALICE, scene.code())
    with pytest.raises(SecondFactorRefused, match="has no second factor"):
        scene.factors.remove(ALICE, None)
    scene.enrolled()
    scene.factors.remove(ALICE, None)

    assert [leaf["facts"]["lost"] for leaf in scene.leaves("factor.removed")] == [False, True]


def test_nobody_elses_code_counts(scene: Scene) -> None:
    """Nor does one of a person who has no second factor."""
    bob = ALICE.model_copy(update={"person_id": PersonId("bob")})

    assert "has no second factor" in scene.enrolled().refused(scene.code(), bob).text


def test_neither_database_nor_trail_hold_secret_or_code(scene: Scene) -> None:
    """A copy of the database alone opens nothing; a row of somebody else's neither."""
    code, typed = scene.enrolled().code(), scene.wrong()
    scene.factors.checked(ALICE, code)
    scene.refused(typed)
    factor = scene.factors.of(ALICE.person_id)
    said = json.dumps([leaf["facts"] for leaf in scene.leaves("factor.refused") + scene.leaves("factor.enrolled")])

    assert factor is not None
    assert scene.secret not in factor.sealed.encode()
    assert "tries are left" in said
    assert code not in said
    assert typed not in said
    assert FactorKey(scene.data).unseal(ALICE.person_id, factor.sealed) == scene.secret
    with pytest.raises(InvalidConfiguration, match="second factor of bob"):
        FactorKey(scene.data).unseal(PersonId("bob"), factor.sealed)
    key = scene.data / "factor.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    with pytest.raises(InvalidConfiguration, match="cannot be read"):
        scene.factors.checked(ALICE, scene.code(1))
