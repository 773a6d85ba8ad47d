"""Why a change is in the cluster and has not arrived: a short diagnosis beside the result of its step.

It is asked as the requester, ends within seconds, and whatever goes wrong in it leaves the run as it is: the write has
been recorded, and no defect of a look may make it doubtful.
"""

import time

from workers.domain.action import Action, Verb
from workers.domain.actor import Actor
from workers.domain.call import Answer, Call
from workers.domain.errors import ClusterUnreachable, KubechatError
from workers.domain.section import Section, Text
from workers.domain.target import Target
from workers.domain.value import ClusterName
from workers.driving import Recording, converse
from workers.ports import Fleet
from workers.redaction import clean, clean_section
from workers.telemetry import log
from workers.verbs.registry import read_spec

SECONDS = 8.0  # for all of its looks together; each has the cluster's own limit besides
MOST = 5  # sections: what was looked at, and the findings


class _Hurried(Recording):
    """Asks nothing more once the time is over."""

    def __init__(self, fleet: Fleet, seconds: float) -> None:
        super().__init__(fleet)
        self._end = time.monotonic() + seconds

    def send(self, cluster: ClusterName, call: Call, actor: Actor, *, dry_run: bool = False, mark: str = "") -> Answer:
        if time.monotonic() >= self._end:
            raise ClusterUnreachable(f"looking for the cause in '{cluster}' took too long")
        return super().send(cluster, call, actor, dry_run=dry_run, mark=mark)


def why(fleet: Fleet, target: Target, actor: Actor, *, seconds: float = SECONDS) -> tuple[Section, ...]:
    """What was found, redacted; empty when nothing could be found out. Never raises."""
    try:
        talk = read_spec(Verb.DIAGNOSE).read(Action(verb=Verb.DIAGNOSE, target=target))
        found = converse(_Hurried(fleet, seconds), target.cluster, actor, talk)
    except KubechatError as error:
        return (Text(text=clean(f"why is not known: {error.text}")),)
    except Exception:  # noqa: BLE001  # a defect of the diagnosis must not make the outcome of a write doubtful
        log(target=target.text).exception("diagnosis.broken")
        return ()
    told = [clean_section(section) for section in found if isinstance(section, Text)]
    return tuple(told[:MOST])
