"""When a rule or a freeze of the policy holds: hours of the week and days of the calendar, each in a time zone.

Evaluated at a given moment. What cannot be evaluated, as a zone that this machine does not know, is None
and never "not now".
"""

import datetime as calendar
import re
from enum import StrEnum
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field

from workers.domain.value import Value

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


class Day(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEK = tuple(Day)


def _clock(value: object) -> object:
    """`HH:MM`; YAML 1.1 reads 17:00 without quotes as the number 17 * 60, and 09:00 as text."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 24 * 60:
        value = f"{value // 60:02}:{value % 60:02}"
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise ValueError('a time of the day is expected, as "09:00" or "24:00"')
    return value


ClockTime = Annotated[str, BeforeValidator(_clock)]


class Hours(Value):
    """Hours of some days of the week; when they end before they begin they last into the next day."""

    model_config = ConfigDict(populate_by_name=True)

    days: frozenset[Day] = frozenset(WEEK)
    start: ClockTime = Field(default="00:00", alias="from")
    end: ClockTime = Field(default="24:00", alias="to")  # the first minute that is not in them
    zone: str  # "Europe/Berlin", "UTC"

    @property
    def text(self) -> str:
        """`mon, tue 09:00-17:00 Europe/Berlin`."""
        days = "every day" if len(self.days) == len(WEEK) else ", ".join(day for day in WEEK if day in self.days)
        return f"{days} {self.start}-{self.end} {self.zone}"

    def hold(self, at: AwareDatetime) -> bool | None:
        """Whether that moment is in them; None when the zone is not known."""
        there = local(at, self.zone)
        if there is None:
            return None
        start, end, minute = _minutes(self.start), _minutes(self.end), there.hour * 60 + there.minute
        today, before = WEEK[there.weekday()] in self.days, WEEK[there.weekday() - 1] in self.days
        if start < end:
            return today and start <= minute < end
        return (today and minute >= start) or (before and minute < end)


class FreezeWindow(Value):
    """Days on which nothing is changed, written down beforehand; both ends belong to it."""

    model_config = ConfigDict(populate_by_name=True)

    name: str
    start: calendar.date = Field(alias="from")
    end: calendar.date = Field(alias="to")
    zone: str
    tiers: frozenset[str] = frozenset()
    clusters: frozenset[str] = frozenset()  # names or shell patterns; with no tiers either: everything
    text: str

    def holds(self, at: AwareDatetime) -> bool:
        """Whether that moment is in it; a zone that is not known makes it hold."""
        there = local(at, self.zone)
        return there is None or self.start <= there.date() <= self.end


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def is_known_zone(name: str) -> bool:
    return _zone(name) is not None


@lru_cache(maxsize=256)
def local(at: AwareDatetime, zone: str) -> calendar.datetime | None:
    """The moment as clocks of the zone show it; None when this machine does not know the zone."""
    found = _zone(zone)
    return None if found is None else at.astimezone(found)


@lru_cache(maxsize=24 * 60 + 1)
def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
