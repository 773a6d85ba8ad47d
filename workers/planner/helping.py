"""What can be said, told in chat: examples of each verb's own table row, and a pointer for a question of how."""

from collections.abc import Sequence
from functools import cache

from workers.domain.action import Effect, Verb
from workers.planner.change_words import HEADS
from workers.planner.match import Table
from workers.planner.read_words import READS
from workers.planner.tokens import Token
from workers.verbs import registry


@cache
def _words() -> Table:
    """Made when the first question of how comes: it costs as much as all other tables together."""
    return Table({verb: patterns for verb, patterns in {**READS, **HEADS}.items() if verb in registry.SPECS})


def overview() -> str:
    """Every verb with an example, looks before changes."""
    looks = [spec.example for verb, spec in registry.SPECS.items() if verb.effect is Effect.READ]
    changes = [spec.example for verb, spec in registry.SPECS.items() if verb.effect is not Effect.READ]
    return "\n".join(
        [
            "Looks run at once:",
            *(f"- {example}" for example in looks),
            "Changes are previewed, and run when whoever has to agree has agreed:",
            *(f"- {example}" for example in changes),
            "Plain kubectl lines are understood too.",
        ]
    )


def pointer(tokens: Sequence[Token]) -> str:
    """How the first thing that a question asks about is said here; "" when it is about none."""
    words = [token for token in tokens if token.kind == "word"]
    hits = [hit for hit in _words().all(words) if hit.start > 0 and hit.key not in (Verb.GET, Verb.DIAGNOSE)]
    if not hits:
        return ""
    spec = registry.SPECS[Verb(hits[0].key)]
    reads = spec.verb.effect is Effect.READ
    then = "it runs at once" if reads else "you see the plan and its preview before anything runs"
    return f"Here you type '{spec.example}'; {then}."
