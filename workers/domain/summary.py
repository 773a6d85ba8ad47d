"""What a request came to, in words that people read: facts first, each with its source."""

from workers.domain.value import Value


class Fact(Value):
    text: str
    source: str  # where it was read: "prod-eu deployments/payment-worker status"


class Summary(Value):
    headline: str
    facts: tuple[Fact, ...] = ()
    suspected_cause: str | None = None
    follow_ups: tuple[str, ...] = ()  # what a person may type next
    author: str = "rules"  # or "model:<name>"
