import json

import pytest

from gateway.domain.errors import MalformedError
from gateway.domain.strict_json import MAX_DEPTH, parse_json_object

WRONG = {
    "empty": b"",
    "an array": b"[]",
    "a text": b'"x"',
    "a key twice": b'{"a":1,"a":2}',
    "a key twice, spelt apart": b'{"a":1,"\\u0061":2}',
    "a key twice, deep": b'{"b":[{"a":1,"a":2}]}',
    "NaN": b'{"a":NaN}',
    "infinity": b'{"a":-Infinity}',
    "an infinite float": b'{"a":1e400}',
    "a huge integer": b'{"a":' + b"9" * 10_000 + b"}",
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "not UTF-8": b'{"a":"\xff"}',
    "half a surrogate pair": b'{"a":"\\ud800"}',
    "half a surrogate pair as a key": b'{"\\uDC00":1}',
    "a NUL": b'{"a":["\\u0000"]}',
    "something behind": b'{"a":1} x',
    "single quotes": b"{'a':1}",
    "a comma too many": b'{"a":1,}',
    "deep arrays": b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
    "very deep": b'{"a":' + b"[" * 1_000_000,
    "deep behind a quote": b'{"a":"\\"","b":' + b"[" * 100 + b"]" * 100 + b"}",
    "an open text of escapes": b'{"a":"' + b'\\"' * 500_000,
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.timeout(5)
def test_what_is_not_strict_is_refused(name: str) -> None:
    with pytest.raises(MalformedError) as refusal:
        parse_json_object(WRONG[name])
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": [1, -2.5, 1e10, True, None, "é", "\U0001f600", "\\u0000", '"[[[[']},
        {"brackets": "[" * 500, "escaped": '\\"' * 40 + "{" * 100},
        {"many": [[index] for index in range(200)]},
    ],
)
def test_what_is_strict_is_read_as_it_is(value: dict[str, object]) -> None:
    assert parse_json_object(json.dumps(value).encode()) == value
    assert parse_json_object(json.dumps(value, ensure_ascii=False).encode()) == value


def test_the_last_allowed_depth_is_allowed() -> None:
    inner = MAX_DEPTH - 1
    assert parse_json_object(b'{"a":' + b"[" * inner + b"]" * inner + b"}")
