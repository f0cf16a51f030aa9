"""Spans of time in words: an hour of the day would be that of a place that the browser does not name."""

from gateway.domain.instants import DAY_US, MINUTE_US
from gateway.http.pages.desk import Desk
from gateway.http.words import Language

_HOUR = 60


def span_said(desk: Desk, span_us: int, language: Language) -> str:
    """Say how long, in minutes up to an hour."""
    say, minutes = desk.frame.texts.say, span_us // MINUTE_US
    if minutes < 1:
        return say("time.moment", language)
    if minutes == 1:
        return say("time.minute", language)
    if minutes <= _HOUR:
        return say("time.minutes", language, minutes=str(minutes))
    hours, rest = divmod(minutes, _HOUR)
    return say("time.hours", language, hours=str(hours), minutes=str(rest))


def wait_said(desk: Desk, wait_us: int, language: Language) -> str:
    """Say how long somebody has to wait, rounded up: a minute at least."""
    return span_said(desk, max(1, -(-wait_us // MINUTE_US)) * MINUTE_US, language)


def days_said(desk: Desk, span_us: int, language: Language) -> str:
    """Say how many whole days are left."""
    return desk.frame.texts.say("time.days", language, days=str(max(0, span_us // DAY_US)))
