"""Contexts and leaves: one meaning for each byte text, and one byte text for each meaning."""

from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.domain.contexts import encode_context
from gateway.domain.errors import CorruptionError
from gateway.domain.ids import DecisionId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind, Leaf, decode_leaf, encode_leaf, pack_parts, unpack_parts

fields = st.lists(
    st.one_of(st.text(max_size=6), st.binary(max_size=9), st.integers(0, 2**64 - 1)), max_size=4
).map(tuple)
digests = st.binary(min_size=32, max_size=32)
leaves = st.builds(
    Leaf,
    kind=st.sampled_from(EntryKind),
    recorded_at=st.integers(0, 2**63 - 1).map(Instant),
    policy_digest=digests,
    decision_id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,119}", fullmatch=True)
    .filter(str.isascii)
    .map(DecisionId),
    part_hashes=st.lists(digests, min_size=1, max_size=5).map(tuple),
)


def decodes(text: bytes) -> bool:
    try:
        decode_leaf(text)
    except CorruptionError:
        return False
    return True


@given(st.text(max_size=4), fields, st.text(max_size=4), fields)
def test_two_different_places_never_share_a_context(
    fmt: str, one: tuple[str | int | bytes, ...], other_fmt: str, other: tuple[str | int | bytes, ...]
) -> None:
    assert (encode_context(fmt, *one) == encode_context(other_fmt, *other)) == (
        (fmt, one) == (other_fmt, other)
    )


@given(st.text(min_size=1, max_size=8), st.data())
def test_moving_a_letter_over_a_seam_changes_the_context(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    elsewhere = data.draw(st.integers(0, len(text)))
    assume(at != elsewhere)
    assert encode_context("f", text[:at], text[at:]) != encode_context(
        "f", text[:elsewhere], text[elsewhere:]
    )


@given(leaves)
def test_a_leaf_reads_back_as_it_was_written(leaf: Leaf) -> None:
    assert decode_leaf(encode_leaf(leaf)) == leaf


@given(leaves, leaves)
def test_two_different_leaves_never_share_their_bytes(one: Leaf, other: Leaf) -> None:
    assert (encode_leaf(one) == encode_leaf(other)) == (one == other)


@given(leaves, st.binary(min_size=1, max_size=4))
def test_a_leaf_with_bytes_missing_or_left_over_is_refused(leaf: Leaf, extra: bytes) -> None:
    encoded = encode_leaf(leaf)
    assert not decodes(encoded + extra)
    assert not any(decodes(encoded[:length]) for length in range(len(encoded)))


@given(st.binary(max_size=200))
def test_whatever_reads_as_a_leaf_is_canonical(text: bytes) -> None:
    assert not decodes(text) or encode_leaf(decode_leaf(text)) == text


@given(leaves, st.data())
def test_a_flipped_leaf_reads_as_another_leaf_or_not_at_all(leaf: Leaf, data: st.DataObject) -> None:
    encoded = encode_leaf(leaf)
    at = data.draw(st.integers(0, len(encoded) - 1))
    flipped = encoded[:at] + bytes([encoded[at] ^ 1]) + encoded[at + 1 :]
    assert not decodes(flipped) or encode_leaf(decode_leaf(flipped)) == flipped != encoded


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=6))
def test_packed_parts_unpack_to_themselves(parts: list[bytes]) -> None:
    assert unpack_parts(pack_parts(parts)) == tuple(parts)


@given(st.binary(max_size=60))
def test_whatever_unpacks_is_canonical(blob: bytes) -> None:
    try:
        parts = unpack_parts(blob)
    except CorruptionError:
        return
    assert pack_parts(parts) == blob
