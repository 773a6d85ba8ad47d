"""What a rule says of the evidence."""

from collections.abc import Callable, Iterator
from enum import IntEnum

from workers.diagnosis.evidence import Evidence
from workers.domain.value import Value


class Sure(IntEnum):
    """How far the evidence goes."""

    STATED = 1  # it names the cause
    LIKELY = 2
    HINT = 3
    INFORMATION = 4  # worth knowing, and nothing wrong

    @property
    def word(self) -> str:
        return {1: "cause", 2: "likely cause", 3: "hint", 4: "note"}[self.value]


class Finding(Value):
    rule: str  # its id: "C2"
    about: str  # "pod payments/payment-worker-6c9d8-x2k4j"
    says: str  # one sentence
    sure: Sure
    sources: tuple[str, ...]  # where it was read: "lastState of container worker", "event FailedScheduling"
    then: str = ""  # what a person may look at or do
    family: str = ""  # findings of one rule and one family are told once
    alike: int = 0  # how many more there are of the family


Rule = Callable[[Evidence], Iterator[Finding]]
