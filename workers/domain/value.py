"""The frozen base of every domain value, and the identifiers."""

from typing import NewType

from pydantic import BaseModel, ConfigDict

RequestId = NewType("RequestId", str)  # "req-" and eight characters of Crockford base 32: req-7f3k2m9q
ClusterName = NewType("ClusterName", str)  # the kubeconfig context's name: "prod-eu"
PersonId = NewType("PersonId", str)  # the Kubernetes user name that is impersonated: "alice"
Digest = NewType("Digest", str)  # 64 lower-case hex digits of SHA-256


class Value(BaseModel):
    """An immutable value: unknown fields are errors, a change is a new value."""

    model_config = ConfigDict(frozen=True, extra="forbid")
