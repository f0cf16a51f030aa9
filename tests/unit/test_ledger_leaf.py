"""The leaf: strict both ways, and told apart from an inner node."""

from typing import Any

import pytest

from gateway.domain.errors import CorruptionError
from gateway.domain.ids import DecisionId
from gateway.domain.instants import Instant
from gateway.domain.ledger import (
    EntryKind,
    decode_leaf,
    encode_leaf,
    leaf_hash,
    leaf_of,
    node_hash,
    pack_parts,
    unpack_parts,
)
from gateway.domain.merkle import CompactRange

LEAF = leaf_of(
    EntryKind.REFUSED,
    Instant(1_773_151_200_000_000),
    policy_digest=bytes(32),
    decision_id=DecisionId("dec_1"),
    parts=[b"part 0", b"part 1"],
)
ENCODED = encode_leaf(LEAF)


def test_the_layout_is_the_documented_one() -> None:
    head = b"\x01" + b"\x00\x00\x00\x07refused" + LEAF.recorded_at.to_bytes(8, "big") + bytes(32)
    tail = b"\x00\x00\x00\x05dec_1" + b"\x00\x00\x00\x02" + b"".join(LEAF.part_hashes)
    assert head + tail == ENCODED


@pytest.mark.parametrize(
    "wrong",
    [
        {"policy_digest": bytes(31)},
        {"part_hashes": ()},
        {"part_hashes": (bytes(31),)},
        {"part_hashes": (bytes(32),) * 1025},
        {"recorded_at": -1},
        {"recorded_at": 2**63},
        {"decision_id": ""},
        {"decision_id": "dec 1"},
        {"decision_id": "é"},
        {"decision_id": "d" * 121},
    ],
)
def test_a_leaf_out_of_bounds_is_never_written(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        encode_leaf(LEAF._replace(**wrong))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\x02" + ENCODED[1:],
        ENCODED.replace(b"refused", b"refuzed"),
        ENCODED.replace(b"refused", b"\xff" * 7),
        ENCODED.replace(b"dec_1", b"dec 1"),
        ENCODED + b"\x00",
        ENCODED[:-1],
    ],
)
def test_a_leaf_of_another_shape_is_never_read(text: bytes) -> None:
    with pytest.raises(CorruptionError):
        decode_leaf(text)


@pytest.mark.parametrize(
    "blob", [b"", b"\x00" * 4, pack_parts([b"x"]) + b"y", pack_parts([b"x"])[:-1], b"\xff" * 8]
)
def test_parts_of_another_shape_are_never_read(blob: bytes) -> None:
    with pytest.raises(CorruptionError):
        unpack_parts(blob)


@pytest.mark.parametrize("parts", [[], [b""] * 1025])
def test_an_entry_has_at_least_the_officers_part(parts: list[bytes]) -> None:
    with pytest.raises(ValueError, match="parts"):
        pack_parts(parts)


def test_a_leaf_cannot_pass_for_an_inner_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


def test_kinds_are_short_words_that_are_all_different() -> None:
    assert all(kind.value == kind.name.lower() and len(kind.value) <= 40 for kind in EntryKind)


@pytest.mark.parametrize(
    "text", [b"", b"\x02" + bytes(8), b"\x01" + bytes(7) + b"\x01", b"\x01" + bytes(8) + bytes(32)]
)
def test_a_frontier_of_another_shape_is_never_read(text: bytes) -> None:
    with pytest.raises(CorruptionError):
        CompactRange.parse(text)
