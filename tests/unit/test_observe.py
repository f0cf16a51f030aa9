import io
import json
import logging
from collections.abc import Iterator

import pytest

from gateway.observe import Event, OperationalLog, capture_library_logs

CANARY = "Océane Canari née le 2011-02-03"


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def library_logs(stream: io.StringIO) -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    capture_library_logs(OperationalLog(stream, "debug"))
    yield
    root.handlers[:] = before
    root.setLevel(level)


def read(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail_with_a_secret(secret: str) -> None:
    raise ValueError(f"could not read {secret}")


def test_every_event_is_a_member_of_its_own() -> None:
    assert len(Event) == len(Event.__members__)


def test_a_line_holds_its_listed_fields(stream: io.StringIO) -> None:
    OperationalLog(stream).line(Event.POLICY_SILENT, deadline_s=1.0)
    (line,) = read(stream)
    assert line.keys() == {"event", "level", "timestamp", "deadline_s"}
    assert (line["event"], line["level"], line["deadline_s"]) == ("POLICY_SILENT", "error", 1.0)


@pytest.mark.parametrize("event", Event)
def test_no_event_lets_an_unlisted_field_or_a_sentence_through(event: Event, stream: io.StringIO) -> None:
    fields = dict.fromkeys((*event.value.fields, "person", "token", "event_name"), CANARY)
    OperationalLog(stream, "debug").line(event, failure=None, **fields)
    (line,) = read(stream)
    assert line.keys() <= event.value.fields | {"event", "level", "timestamp"}
    assert "Canari" not in stream.getvalue()


@pytest.mark.parametrize("value", [CANARY, {"a": CANARY}, [CANARY], CANARY.encode(), "a" * 500, "a\nb"])
def test_a_value_that_could_say_something_is_hidden(value: object, stream: io.StringIO) -> None:
    OperationalLog(stream).line(Event.NOT_READY, dependency=value)
    (line,) = read(stream)
    assert line["dependency"] == "[hidden]"


def test_a_failure_leaves_its_class_and_place_only(stream: io.StringIO) -> None:
    with pytest.raises(ValueError, match="could not read") as failure:
        fail_with_a_secret(CANARY)
    OperationalLog(stream).line(Event.UNEXPECTED, failure=failure.value)
    (line,) = read(stream)
    assert line["error"] == "ValueError"
    assert str(line["at"]).startswith("test_observe.py:")
    assert "Canari" not in stream.getvalue()


def test_lines_below_the_level_are_not_written(stream: io.StringIO) -> None:
    OperationalLog(stream, "warning").line(Event.STARTED)
    assert not stream.getvalue()


@pytest.mark.usefixtures("library_logs")
def test_what_libraries_log_loses_its_text(stream: io.StringIO) -> None:
    logging.getLogger("sqlalchemy.engine").error("INSERT %s", CANARY)
    try:
        fail_with_a_secret(CANARY)
    except ValueError:
        logging.getLogger("asyncio").exception("Task failed: %s", CANARY)
    logging.getLogger("uvicorn.access").error("GET /?name=%s", CANARY)
    sql, loop = read(stream)
    assert (sql["library"], sql["severity"]) == ("sqlalchemy.engine", "ERROR")
    assert (loop["library"], loop["error"]) == ("asyncio", "ValueError")
    assert "Canari" not in stream.getvalue()
