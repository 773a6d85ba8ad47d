"""What the server asks its world for: container output and resource usage. The world implements these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from datetime import datetime

    from workers.demo.apiserver.resources import Object

Line = tuple["datetime", str]  # when it was written, and the text without a line end


class LogSource(Protocol):
    def lines(self, pod: Object, container: str, previous: bool) -> Iterable[Line] | None:
        """What the container has written so far, oldest first; None if there is no such (previous) container."""

    def follow(self, pod: Object, container: str) -> AsyncIterator[Line]:
        """What it writes from now on; ends when the container does."""


class MetricsSource(Protocol):
    def pods(self, namespace: str | None) -> list[Object]:
        """PodMetrics objects (metrics.k8s.io/v1beta1) of the namespace, or of all."""

    def nodes(self) -> list[Object]:
        """NodeMetrics objects (metrics.k8s.io/v1beta1)."""
