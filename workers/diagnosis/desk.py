"""Where evidence is collected while it is gathered."""

from collections.abc import Generator, Mapping

from workers.diagnosis.evidence import Evidence, Happening, Output, Rollout, kind_of
from workers.domain.call import Answer, Call
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.kind import WORKLOADS
from workers.verbs.fields import Json


class Desk:
    """What has been found so far; lives for one conversation."""

    def __init__(self) -> None:
        self.pods: list[Json] = []
        self.objects: dict[str, list[Json]] = {}  # by kind
        self.looked_at: list[tuple[str, int]] = []
        self.missing: list[str] = []
        self.happenings: list[Happening] = []
        self.outputs: list[Output] = []
        self.rollouts: list[Rollout] = []
        self.services: list[tuple[Json, Json]] = []

    def add(self, obj: Json) -> None:
        self.objects.setdefault(kind_of(obj), []).append(obj)

    def of(self, *kinds: str) -> tuple[Json, ...]:
        return tuple(obj for kind in kinds for obj in self.objects.get(kind, ()))

    def evidence(self) -> Evidence:
        return Evidence(
            pods=tuple(self.pods),
            workloads=self.of(*WORKLOADS, "job", "cronjob"),
            rollouts=tuple(self.rollouts),
            nodes=self.of("node"),
            claims=self.of("persistentvolumeclaim"),
            scalers=self.of("horizontalpodautoscaler"),
            services=tuple(self.services),
            happenings=tuple(self.happenings),
            outputs=tuple(self.outputs),
            looked_at=tuple(self.looked_at),
            missing=tuple(dict.fromkeys(self.missing)),
        )


def maybe(desk: Desk, call: Call, what: str) -> Generator[Call, Answer, Json]:
    """The body; nothing when it may not be read or is not there, which is noted."""
    try:
        answer = yield call
    except (AccessDenied, NotThere) as error:
        desk.missing.append(f"{what}: {error.message}")
        return {}
    return answer.body if isinstance(answer.body, Mapping) else {}
