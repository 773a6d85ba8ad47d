"""What pods and nodes use now, as the metrics API says (metrics.k8s.io/v1beta1, served by metrics-server)."""

from decimal import Decimal
from typing import Any

from workers.domain.call import Call
from workers.domain.target import EVERYWHERE, Target
from workers.domain.value import Value
from workers.verbs.fields import Json, dig, items, rows, text
from workers.verbs.quantity import amount, mebibytes, millicores


class Use(Value):
    namespace: str
    name: str
    cpu: Decimal  # cores
    memory: Decimal  # bytes

    def of(self, what: str) -> Decimal:
        return self.cpu if what == "cpu" else self.memory

    @property
    def cpu_text(self) -> str:
        return millicores(self.cpu)

    @property
    def memory_text(self) -> str:
        return mebibytes(self.memory)


def call(target: Target) -> Call:
    """Of one pod or node, of those with the selector, or of all in the place."""
    return Call(
        method="GET",
        group="metrics.k8s.io",
        version="v1beta1",
        resource="nodes" if target.kind == "node" else "pods",
        namespace=None if target.namespace == EVERYWHERE else target.namespace,
        name=target.name,
        query={"labelSelector": target.selector} if target.selector else {},
    )


def read(body: Any) -> list[Use]:
    """One for each pod or node; a pod uses the sum of its containers."""
    found = items(body) if "items" in (body or {}) else [body]
    return [_use(one) for one in found if one]


def _use(one: Json) -> Use:
    parts = rows(one, "containers") or [one]
    return Use(
        namespace=text(one, "metadata", "namespace"),
        name=text(one, "metadata", "name"),
        cpu=sum((amount(text(part, "usage", "cpu")) for part in parts), Decimal(0)),
        memory=sum((amount(text(part, "usage", "memory")) for part in parts), Decimal(0)),
    )


def share(used: Decimal, of: Json, what: str) -> str:
    """`42%` of what a node can give to pods; empty when that is unknown."""
    whole = amount(str(dig(of, "status", "allocatable", what, default="")))
    return f"{int(used * 100 / whole)}%" if whole else ""
