"""Every threat has its proof, or says where it belongs; docs/threats.md is made from both."""

import importlib.util

import pytest

from tests.architecture import threats
from tests.architecture.pages import DOCS
from tests.architecture.test_architecture_pages import compare


def test_the_page_of_threats_is_the_suite(request: pytest.FixtureRequest) -> None:
    """What is said to be proved is proved by a test of that name."""
    compare(request, DOCS / "threats.md", threats.page())


def test_every_threat_is_proved_or_belongs_elsewhere() -> None:
    """A row without a test blocks the release, unless another part will bring it."""
    proofs = threats.tests()
    unproved = [name for name, threat in threats.THREATS.items() if not threat.open and name not in proofs]

    assert unproved == []
    assert [f"T{number}" for number in range(1, 34)] == list(threats.THREATS)
    assert set(proofs) <= set(threats.THREATS)


def test_every_defence_names_modules_that_exist() -> None:
    """The row of a defence that moved moves with it."""
    named = {module for threat in threats.THREATS.values() for module in threat.modules}
    without = [name for name, threat in threats.THREATS.items() if not threat.open and not threat.modules]

    assert [module for module in sorted(named) if importlib.util.find_spec(module) is None] == []
    assert without == []


def test_every_test_of_the_suite_has_a_threat_in_its_name() -> None:
    """So that the page lists all of them."""
    strangers = [
        name
        for file in threats.SUITE.glob("test_*.py")
        for name in threats._names(file)
        if threats.NAME.fullmatch(name) is None
    ]

    assert strangers == []
