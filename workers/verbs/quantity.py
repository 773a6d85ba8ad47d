"""Kubernetes quantities: `250m`, `64Mi`, `1e3`, as exact numbers.

Grammar: apimachinery/pkg/api/resource/quantity.go.
"""

import re
from decimal import Decimal

_SUFFIXES = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}
_QUANTITY = re.compile(r"([+-]?[0-9]{0,30}\.?[0-9]{0,30})(?:[eE]([+-]?[0-9]{1,2})|([numkMGTPE]|[KMGTPE]i)?)")


def amount(text: str) -> Decimal:
    """Zero when it is no quantity: a metric that cannot be read is shown as it is and sorted last."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or not any(character.isdigit() for character in match[1]):
        return Decimal(0)
    return Decimal(match[1]) * Decimal(10) ** int(match[2] or 0) * _SUFFIXES[match[3] or ""]


def is_quantity(text: str) -> bool:
    """Whether the API server would take it as one: `512Mi`, `0.5`, but neither `512MB` nor `lots`."""
    match = _QUANTITY.fullmatch(text)
    return match is not None and any(character.isdigit() for character in match[1])


def millicores(cpu: Decimal) -> str:
    """As kubectl top shows processor time: `250m`."""
    return f"{int((cpu * 1000).to_integral_value())}m"


def mebibytes(memory: Decimal) -> str:
    """As kubectl top shows memory: `64Mi`."""
    return f"{int(memory / 1024**2)}Mi"
