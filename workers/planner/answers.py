"""Questions and refusals, and the one way in which any stage ends the planning with one of them."""

from collections.abc import Iterable, Mapping

from workers.domain.plan import Choice, Question
from workers.domain.problem import Problem
from workers.planner.names import Named
from workers.planner.result import Refused

MOST = 5  # choices in a question


class Ended(Exception):
    """Planning stops here, with what to say."""

    def __init__(self, result: Question | Refused) -> None:
        super().__init__(type(result).__name__)
        self.result = result


def ask(text: str, options: Iterable[tuple[str, Mapping[str, str]]], *, then: str = "") -> Ended:
    """A question with up to five choices (label, what it settles); without any, a refusal that says what to type."""
    choices = tuple(
        Choice(id=str(n), label=label, settles=settles)
        for n, (label, settles) in enumerate(list({option[0]: option for option in options}.values())[:MOST], 1)
    )
    return Ended(Question(text=text, choices=choices)) if choices else unclear(text, then=then)


def unclear(text: str, *, then: str = "") -> Ended:
    return refuse("unclear", text, then=then or "type verb, name and cluster: 'restart NAME in CLUSTER'")


def refuse(code: str, text: str, *, now: str = "", then: str = "") -> Ended:
    return Ended(Refused(problem=Problem(code=code, text=text, now=now, then=then)))


def as_option(named: Named, written: str = "") -> tuple[str, dict[str, str]]:
    """`payments/payment-api (deployment)`; settles kind, namespace and name."""
    settles = {"kind": named.kind, "name": named.name}
    if named.namespace:
        settles["namespace"] = named.namespace
    return named.text, settles | ({"word": written} if written else {})
