"""Sealing, for any content, context and cut."""

from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.adapters.crypto.sealing import (
    Sealer,
    plaintext_length,
    seal,
    sealed_length,
    unseal,
    unseal_range,
)
from gateway.domain.errors import TamperedError
from tests.support.independent_unsealer import NotOpenedError, open_sealed

KEY = bytes(range(32))
contents = st.one_of(
    st.binary(max_size=300), st.integers(16_380, 33_000).map(lambda length: (b"%06d" % length) * length)
).map(lambda content: content[:40_000])


def opens(sealed: bytes, context: bytes = b"") -> bool:
    try:
        unseal(KEY, context, sealed)
    except TamperedError:
        return False
    return True


@given(contents, st.binary(max_size=80))
def test_both_programs_open_what_was_sealed(content: bytes, context: bytes) -> None:
    sealed = seal(KEY, context, content)
    assert unseal(KEY, context, sealed) == open_sealed(KEY, context, sealed) == content
    assert (plaintext_length(len(sealed)), sealed_length(len(content))) == (len(content), len(sealed))


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_in_another_context_nothing_opens(context: bytes, other: bytes) -> None:
    assume(context != other)
    assert not opens(seal(KEY, context, b"content"), other)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_by_both_programs(sealed: bytes) -> None:
    assert not opens(sealed)
    try:
        open_sealed(KEY, b"", sealed)
    except NotOpenedError:
        return
    raise AssertionError("a stranger's program opened arbitrary bytes")


@given(contents, st.lists(st.integers(0, 40_000), max_size=5))
def test_how_content_arrived_cannot_be_told_from_how_it_was_sealed(content: bytes, cuts: list[int]) -> None:
    sealer = Sealer(KEY, b"")
    at, sealed = 0, sealer.header
    for cut in [*sorted(cuts), len(content)]:
        sealed += sealer.update(content[at:cut])
        at = max(at, cut)
    assert unseal(KEY, b"", sealed + sealer.finish()) == content


@given(contents, st.integers(-10, 50_000), st.integers(-10, 50_000))
def test_a_range_is_a_slice(content: bytes, start: int, stop: int) -> None:
    sealed = seal(KEY, b"", content)
    opened = unseal_range(KEY, b"", lambda at, length: sealed[at : at + length], len(sealed), start, stop)
    assert b"".join(opened) == content[max(start, 0) : max(stop, 0)]
