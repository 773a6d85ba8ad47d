"""Carries a verb's conversation to a cluster as a person."""

from collections.abc import Generator
from typing import TypeVar

from workers.domain.actor import Actor
from workers.domain.call import Answer, Call
from workers.domain.errors import KubechatError
from workers.domain.value import ClusterName
from workers.ports import Fleet

T = TypeVar("T")


def converse(fleet: Fleet, cluster: ClusterName, actor: Actor, talk: Generator[Call, Answer, T]) -> T:
    """What the conversation returns; the server's refusals are raised inside it, where it may handle them."""
    try:
        call = next(talk)
        while True:
            if call.writes:
                raise AssertionError(f"a conversation only reads, but asked to {call.method} {call.path}")
            try:
                answer = fleet.send(cluster, call, actor)
            except KubechatError as error:
                call = talk.throw(error)
            else:
                call = talk.send(answer)
    except StopIteration as end:
        found: T = end.value
        return found
