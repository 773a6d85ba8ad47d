"""Percentiles, and a table of figures with the goal beside each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    name: str
    unit: str
    goal: float
    values: tuple[float, ...]

    @property
    def p50(self) -> float:
        return _percentile(self.values, 0.50)

    @property
    def p95(self) -> float:
        return _percentile(self.values, 0.95)

    @property
    def is_met(self) -> bool:
        return self.p95 < self.goal

    @property
    def row(self) -> str:
        cells = (
            self.name,
            f"{self.p50:.1f}",
            f"{self.p95:.1f}",
            f"{max(self.values):.1f}",
            f"< {self.goal:g} {self.unit}",
        )
        return f"| {' | '.join(cells)} | {'yes' if self.is_met else 'NO'} | {len(self.values)} |"


HEAD = "| figure | p50 | p95 | max | goal (p95) | met | runs |\n|---|---|---|---|---|---|---|"


def _percentile(values: tuple[float, ...], share: float) -> float:
    """The nearest-rank percentile: always a value that was measured."""
    ranked = sorted(values)
    return ranked[max(0, min(len(ranked) - 1, round(share * len(ranked) + 0.5) - 1))]
