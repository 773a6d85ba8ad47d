"""On the demo fleet the contract is checked whole."""

from prelude import CAPABILITIES, World

from workers.demo.process import FleetProcess


def test_demo_fleet_lacks_nothing(demo: FleetProcess, world: World) -> None:
    """No case of the contract may be skipped where every part of a cluster is simulated."""
    assert set(CAPABILITIES) - world.found == set()
