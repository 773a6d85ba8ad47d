"""One verb on one target with typed parameters."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from workers.domain.target import Target
from workers.domain.value import Value


class Effect(StrEnum):
    READ = "read"
    CHANGE = "change"
    DESTROY = "destroy"  # what is gone cannot be put back


class Verb(StrEnum):
    """Every verb and its effect. A new verb is a line here, a file in workers/verbs, and a line in its registry."""

    effect: Effect

    def __new__(cls, word: str, effect: Effect = Effect.READ) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.effect = effect
        return member

    GET = "get", Effect.READ
    DESCRIBE = "describe", Effect.READ
    LOGS = "logs", Effect.READ
    EVENTS = "events", Effect.READ
    TOP = "top", Effect.READ
    ROLLOUT_STATUS = "rollout_status", Effect.READ
    ROLLOUT_HISTORY = "rollout_history", Effect.READ
    SCALE = "scale", Effect.CHANGE
    RESTART = "restart", Effect.CHANGE
    ROLLBACK = "rollback", Effect.CHANGE
    SET_IMAGE = "set_image", Effect.CHANGE
    CORDON = "cordon", Effect.CHANGE
    UNCORDON = "uncordon", Effect.CHANGE
    DELETE_POD = "delete_pod", Effect.DESTROY
    DIAGNOSE = "diagnose", Effect.READ
    DELETE = "delete", Effect.DESTROY
    EVICT = "evict", Effect.DESTROY
    DRAIN = "drain", Effect.DESTROY
    APPLY = "apply", Effect.CHANGE
    PATCH = "patch", Effect.CHANGE
    CREATE = "create", Effect.CHANGE
    RUN = "run", Effect.CHANGE
    LABEL = "label", Effect.CHANGE
    ANNOTATE = "annotate", Effect.CHANGE
    PAUSE = "pause", Effect.CHANGE
    RESUME = "resume", Effect.CHANGE
    AUTOSCALE = "autoscale", Effect.CHANGE
    EXEC = "exec", Effect.DESTROY  # what a command does inside cannot be known beforehand, nor taken back
    CP = "cp", Effect.CHANGE
    PORT_FORWARD = "port_forward", Effect.READ


Parameter = str | int | bool


class Action(Value):
    verb: Verb
    target: Target
    params: Mapping[str, Parameter] = {}

    @property
    def effect(self) -> Effect:
        return self.verb.effect

    @property
    def text(self) -> str:
        """`evict staging/payments pod/web-1`: for people, without parameters."""
        return f"{self.verb.value.replace('_', ' ')} {self.target.text}"
