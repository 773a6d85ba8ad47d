"""What a step is about: one object, or the objects of a kind in a place."""

from typing import Self

from pydantic import model_validator

from workers.domain.kind import KINDS, Kind
from workers.domain.value import ClusterName, Value

EVERYWHERE = "*"  # all namespaces
NO_KIND = ""  # nothing of one kind: a namespace at large, a file whose objects are not known


class Target(Value):
    """One object by name, or those of a kind (by selector, or all), or whatever is in a place.

    Reads may be about many; a step that changes something is about one object by name.
    """

    cluster: ClusterName
    namespace: str | None  # None for kinds without a namespace, "*" for all
    kind: str  # a key of KINDS, or NO_KIND
    name: str | None = None
    selector: str | None = None  # a Kubernetes label selector: "app=web,tier!=data"

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.name is not None and self.selector is not None:
            raise ValueError("a target has a name or a selector, not both")
        if self.kind == NO_KIND:
            if self.name is not None or self.selector is not None:
                raise ValueError("what has a name or a selector has a kind")
            return self
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is not known")
        if not KINDS[self.kind].namespaced and self.namespace is not None:
            raise ValueError(f"kind {self.kind!r} has no namespace")
        return self

    @property
    def resource(self) -> Kind:
        return KINDS[self.kind]

    @property
    def text(self) -> str:
        """`prod-eu/payments deployment/payment-api`: for people, one line."""
        place = f"{self.cluster}/{self.namespace}" if self.namespace else self.cluster
        if self.kind == NO_KIND:
            return place
        what = f"{self.kind}/{self.name}" if self.name else f"{self.resource.plural}"
        return f"{place} {what}" + (f" ({self.selector})" if self.selector else "")
