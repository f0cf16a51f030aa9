"""The operational log: a closed catalogue of lines, each with its only permitted fields.

The ledger tells who did what; these lines tell operators whether the machine works. They carry no personal
data and no secret: a field that an event does not list is dropped, a text with spaces or quotes in it is
replaced, and an exception leaves its class and its place, never its message or its variables.
"""

import logging
import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TextIO

import structlog
from structlog.tracebacks import extract

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_HARMLESS = re.compile(r"[A-Za-z0-9_.:/+-]{1,120}\Z")
_HIDDEN = "[hidden]"


@dataclass(frozen=True, slots=True, eq=False)  # Compared by identity: two alike lines stay two members.
class _Event:
    level: str
    fields: frozenset[str] = frozenset()


class Event(Enum):
    """Every line that may appear; a new one is reviewed here."""

    STARTED = _Event("info", frozenset({"version", "mode", "store", "policy"}))
    STOPPED = _Event("info")
    READY = _Event("info", frozenset({"took_ms"}))
    NOT_READY = _Event("error", frozenset({"dependency", "code"}))
    ANSWERED = _Event("debug", frozenset({"request", "method", "route", "status", "took_ms"}))
    FAILED = _Event("error", frozenset({"request", "method", "route", "status", "took_ms"}))
    RELEASED = _Event("info", frozenset({"request", "entry", "took_ms"}))
    RELEASE_CUT = _Event("warning", frozenset({"request", "entry", "left_bytes"}))
    UNEXPECTED = _Event("error", frozenset({"request", "error", "at"}))
    CORRUPT = _Event("error", frozenset({"request", "error", "code", "at"}))
    POLICY_SILENT = _Event("error", frozenset({"deadline_s", "error"}))
    POLICY_REFUSED_BUNDLE = _Event("error", frozenset({"policy", "place", "error"}))
    POLICY_ENGINES_DIFFER = _Event("error", frozenset({"policy"}))
    POLICY_ACTIVATED = _Event("info", frozenset({"policy"}))
    POLICY_WAITS = _Event("warning", frozenset({"policy", "approval"}))
    KEYS_SILENT = _Event("error", frozenset({"provider", "error"}))
    LEDGER_SILENT = _Event("error", frozenset({"store", "error"}))
    QUARANTINED = _Event("error", frozenset({"from_index", "to_index", "code"}))
    QUARANTINE_ENDED = _Event("warning", frozenset({"entries"}))
    MIRROR_SILENT = _Event("error", frozenset({"mirror", "error"}))
    CHECKPOINT_SIGNED = _Event("debug", frozenset({"size", "took_ms"}))
    SIGNER_STOPPED = _Event("error", frozenset({"error", "at"}))
    CONTENT_SWEPT = _Event("info", frozenset({"files"}))
    CONTENT_UNSWEPT = _Event("warning", frozenset({"error", "at"}))
    NOTICE_UNTOLD = _Event("error", frozenset({"notice", "error", "at"}))
    CLOCK_UNSURE = _Event("error", frozenset({"off_ms"}))
    WRITER_THREAD = _Event("info", frozenset({"fsync_us"}))
    ISSUER_KEYS_FETCHED = _Event("info", frozenset({"issuer", "keys"}))
    PROVIDER_SILENT = _Event("warning", frozenset({"issuer", "error", "at"}))
    ISSUER_KEYS_SILENT = _Event("warning", frozenset({"issuer", "error"}))
    INSECURE_ACTIVATION = _Event("warning", frozenset({"policy"}))
    INSECURE_LIMITS_OFF = _Event("warning")
    INSECURE_ISSUER = _Event("warning", frozenset({"issuer"}))
    LIBRARY = _Event("warning", frozenset({"library", "severity", "error", "at"}))


class OperationalLog:
    """Writes the catalogue's lines as JSON, one a line, and nothing else."""

    def __init__(self, stream: TextIO, level: str = "info") -> None:
        self._threshold = _LEVELS[level]
        self._logger = structlog.wrap_logger(
            structlog.PrintLogger(stream),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _only_allowed,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
        )

    def keeps(self, event: Event) -> bool:
        """Whether a line of this event would be written; for who must gather its fields first."""
        return _LEVELS[event.value.level] >= self._threshold

    def line(self, event: Event, *, failure: BaseException | None = None, **fields: object) -> None:
        """Write one line; `failure` becomes `error` (its class) and `at` (file, line, function)."""
        if not self.keeps(event):
            return
        if failure is not None:
            fields |= {"error": type(failure).__name__, "at": place_of(failure)}
        self._logger.msg(event.name, _event=event, **fields)


class LibraryLogHandler(logging.Handler):
    """Turns what libraries log into one line: the library and the exception class, not the message."""

    def __init__(self, log: OperationalLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        failure = record.exc_info[1] if record.exc_info else None
        self._log.line(Event.LIBRARY, failure=failure, library=record.name, severity=record.levelname)


def capture_library_logs(log: OperationalLog) -> None:
    """Route every standard-library logger through `LibraryLogHandler`; the access log is off.

    Messages of libraries repeat addresses, queries and bound parameters, so none is kept.
    """
    root = logging.getLogger()
    root.handlers[:] = [LibraryLogHandler(log)]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = name != "uvicorn.access"


def place_of(failure: BaseException) -> str:
    """Where it was raised: `file.py:line:function` of the innermost frame, without texts or variables."""
    stacks = extract(type(failure), failure, failure.__traceback__, show_locals=False).stacks
    frames = stacks[0].frames if stacks else []
    if not frames:
        return "nowhere"
    last = frames[-1]
    return f"{last.filename.rsplit('/', 1)[-1]}:{last.lineno}:{last.name.strip('<>')}"


def _only_allowed(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event: Event = line.pop("_event")
    allowed = {name: _harmless(line[name]) for name in event.value.fields if name in line}
    return {"event": event.name, "level": event.value.level, "timestamp": line["timestamp"], **allowed}


def _harmless(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return value if isinstance(value, str) and _HARMLESS.match(value) else _HIDDEN
