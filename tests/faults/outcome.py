"""What one experiment came to, as a row of the table in docs/reliability.md."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEAD = (
    "| Experiment | Seed | Counts | Recovery p50 / p95 | Verdict |\n"
    "|---|---|---|---|---|"
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    experiment: str  # "F3"
    title: str
    seed: int
    counts: Mapping[str, int]
    recovery: Sequence[float] = ()  # seconds from a fault to the truth, one for each request that it hit
    violations: Sequence[str] = ()

    @property
    def is_good(self) -> bool:
        return not self.violations

    @property
    def row(self) -> str:
        counts = ", ".join(f"{number:,} {name}" for name, number in self.counts.items())
        took = (
            f"{percentile(self.recovery, 50):.1f} s / {percentile(self.recovery, 95):.1f} s" if self.recovery else "-"
        )
        verdict = "holds" if self.is_good else f"{len(self.violations)} violations"
        return f"| {self.experiment} {self.title} | {self.seed} | {counts} | {took} | {verdict} |"


def percentile(values: Sequence[float], percent: int) -> float:
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
