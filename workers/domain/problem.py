"""Why a request ended without doing what was asked."""

from typing import Self

from workers.domain.errors import KubechatError
from workers.domain.redact import redact, visible
from workers.domain.value import Value


class Problem(Value):
    """Why a request ended without doing what was asked; the three parts of every refusal."""

    code: str
    text: str
    now: str = ""
    then: str = ""

    @classmethod
    def of(cls, error: KubechatError) -> Self:
        """As it may be stored and shown: errors repeat what clusters and people say."""
        text, now, then = (visible(redact(part)) for part in (error.message, error.now, error.then))
        return cls(code=error.code, text=text, now=now, then=then)
