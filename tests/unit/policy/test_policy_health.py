"""Who asks how the instance is hears that its policy cannot be used."""

from pathlib import Path

from bot.health import Health
from tests.unit.walk.rehearsal import SilentBus
from workers.guard.following import Following
from workers.settings import DEFAULTS
from workers.store.store import SqlStore


def test_health_says_that_the_policy_is_broken(data: Path, sqlite_url: str) -> None:
    """It stays ready: people can still look, and be told why nothing is changed."""
    file = data / "policy.yaml"
    file.write_text((DEFAULTS / "policy.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    store = SqlStore(sqlite_url)
    health = Health(store, SilentBus(), Following(file))

    good = health.look()
    file.write_text("rules: [", encoding="utf-8")
    broken = health.look()

    assert (good[0], good[1]["policy"]) == (True, "ok")
    assert (broken[0], broken[1]["policy"]) == (
        True,
        "reading policy.yaml: it is not YAML: did not find expected node content in line 2",
    )
    store.close()
