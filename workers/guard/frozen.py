"""The last word before a run and before each of its writes: nothing begins in what is frozen."""

from collections.abc import Iterable, Mapping

from workers.domain.action import Effect
from workers.domain.cluster import Cluster
from workers.domain.errors import Frozen
from workers.domain.freeze import holding
from workers.domain.plan import Step
from workers.domain.request import Request
from workers.domain.value import ClusterName
from workers.ports import Change


def thawed(change: Change, request: Request, steps: Iterable[Step], clusters: Mapping[ClusterName, Cluster]) -> None:
    """Raises Frozen when a freeze holds what these steps would change, as committed when this transaction asks.

    Reads go on; so does what runs under break-glass, which the policy was asked about. Freezes that cannot be read
    raise what the store says: then nothing is written either.
    """
    touched = tuple(dict.fromkeys(s.action.target.cluster for s in steps if s.action.effect is not Effect.READ))
    if not touched or (request.decision is not None and request.decision.break_glass):
        return
    held = holding(change.freezes(), touched, clusters)
    if held:
        raise Frozen(
            f"nothing may be changed in {', '.join(touched)} now",
            now="; ".join(freeze.text for freeze in held),
            then=f"{' and '.join(dict.fromkeys(freeze.lifting for freeze in held))} lifts it",
        )
