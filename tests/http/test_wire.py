import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from gateway.domain.errors import MalformedError
from gateway.http.cursors import Cursors
from gateway.http.wire import (
    is_unchanged,
    parse_content_digest,
    parse_idempotency_key,
    parse_range,
    parse_tag,
    require_digest,
    to_content_digest,
    to_etag,
)

CURSORS = Cursors(bytes(range(64)))
DIGEST = hashlib.sha256(b"body").digest()


@given(st.lists(st.one_of(st.integers(-(2**63), 2**63), st.text(max_size=25)), max_size=4))
def test_a_cursor_opens_to_what_was_sealed(position: list[str | int]) -> None:
    text = CURSORS.seal(tuple(position), caller="w", list_name="entries")
    assert CURSORS.open(text, caller="w", list_name="entries") == tuple(position)


def test_a_cursor_tells_neither_its_position_nor_its_length() -> None:
    texts = [CURSORS.seal(("x" * size,), caller="w", list_name="l") for size in (1, 30)]
    assert len(texts[0]) == len(texts[1])
    assert texts[0] != texts[1]


@pytest.mark.parametrize(("caller", "list_name"), [("v", "entries"), ("w", "consents"), ("we", "ntries")])
def test_a_cursor_belongs_to_one_caller_and_one_list(caller: str, list_name: str) -> None:
    text = CURSORS.seal((1,), caller="w", list_name="entries")
    with pytest.raises(MalformedError):
        CURSORS.open(text, caller=caller, list_name=list_name)


def test_a_cursor_of_another_key_or_with_another_letter_does_not_open() -> None:
    text = CURSORS.seal((1, "a"), caller="w", list_name="l")
    with pytest.raises(MalformedError):
        Cursors(bytes(64)).open(text, caller="w", list_name="l")
    for place in range(len(text)):
        other = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(MalformedError):
            CURSORS.open(other, caller="w", list_name="l")


@given(st.text(max_size=200))
def test_nonsense_is_not_a_cursor(text: str) -> None:
    with pytest.raises(MalformedError):
        CURSORS.open(text, caller="w", list_name="l")


def test_no_cursor_is_the_beginning() -> None:
    assert CURSORS.open(None, caller="w", list_name="l") is None


@pytest.mark.parametrize("text", ["a", "~" * 255, "8e03978e-40d5-43dd-bc93-6894a57f9324", '"quoted"'])
def test_an_idempotency_key_is_taken_as_it_is(text: str) -> None:
    assert parse_idempotency_key(text) == text


@pytest.mark.parametrize("text", ["", " ", "a b", "a" * 256, "é", "a\n", "\x7f"])
def test_another_shape_is_no_idempotency_key(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_idempotency_key(text)


def test_a_change_names_the_one_version_it_saw() -> None:
    assert parse_tag(to_etag(7)) == "7"
    for missing in (None, "*", " * "):
        assert parse_tag(missing) is None
    for stale in ('"6"', 'W/"7"', '"70"'):
        assert parse_tag(stale) not in {None, "7"}
    for wrong in ("7", '"7', '"7" "8"', "", '"7",', '"6", "7"'):
        with pytest.raises(MalformedError):
            parse_tag(wrong)


@pytest.mark.parametrize(
    ("header", "unchanged"),
    [(None, False), ("*", True), ('"7"', True), ('W/"7"', True), ('"6"', False), ('"6", W/"7"', True)],
)
def test_an_unchanged_answer_needs_no_body(header: str | None, unchanged: bool) -> None:  # noqa: FBT001
    assert is_unchanged(header, to_etag(7)) is unchanged


def test_a_digest_is_read_as_it_is_written() -> None:
    assert parse_content_digest(to_content_digest(DIGEST)) == DIGEST
    other = base64.b64encode(bytes(64)).decode()
    assert parse_content_digest(f"sha-512=:{other}:, {to_content_digest(DIGEST)}") == DIGEST
    assert parse_content_digest(None) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha-256",
        "sha-256=abc",
        "sha-256=::",
        "sha-512=:AAAA:",
        "md5=:AAAA:",
        "sha-256=:AAAA:",
        to_content_digest(DIGEST) + ", " + to_content_digest(DIGEST),
        to_content_digest(DIGEST).replace("=:", "=: "),
    ],
)
def test_a_digest_that_cannot_be_checked_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_content_digest(text)


def test_a_second_spelling_of_a_digest_is_refused() -> None:
    text = to_content_digest(bytes(32))
    with pytest.raises(MalformedError):
        parse_content_digest(text.replace("A=:", "B=:"))


def test_a_body_must_be_the_one_announced() -> None:
    require_digest(DIGEST, b"body")
    require_digest(None, b"anything")
    with pytest.raises(MalformedError):
        require_digest(DIGEST, b"body!")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=10-", (10, 100)),
        ("bytes=10-1000", (10, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
    ],
)
def test_one_range_is_honoured_and_the_rest_is_the_whole(
    text: str | None, span: tuple[int, int] | None
) -> None:
    assert parse_range(text, 100) == span


@pytest.mark.parametrize("text", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_a_range_beyond_the_content_is_a_416(text: str) -> None:
    with pytest.raises(HTTPException) as refusal:
        parse_range(text, 100)
    assert refusal.value.status_code == 416
    assert refusal.value.headers == {"Content-Range": "bytes */100"}
