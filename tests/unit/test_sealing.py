"""One construction seals everything: what it opens, and all that it refuses."""

import os

import pytest

from gateway.adapters.crypto import sealing
from gateway.adapters.crypto.sealing import (
    Sealer,
    plaintext_length,
    seal,
    unseal,
    unseal_range,
    unseal_stream,
)
from gateway.domain.errors import TamperedError

KEY = bytes(range(32))
CONTEXT = b"the row it stands in"
THREE_CHUNKS = os.urandom(2 * 16_384 + 100)
SEALED = seal(KEY, CONTEXT, THREE_CHUNKS)


def opens(sealed: bytes, key: bytes = KEY, context: bytes = CONTEXT) -> bool:
    try:
        unseal(key, context, sealed)
    except TamperedError:
        return False
    return True


def streams(sealed: bytes) -> bool:
    try:
        for _ in unseal_stream(KEY, CONTEXT, reader(sealed), len(sealed)):
            pass
    except TamperedError:
        return False
    return True


def reader(sealed: bytes) -> sealing.ReadAt:
    return lambda offset, length: sealed[offset : offset + length]


@pytest.mark.parametrize("length", [0, 1, 32, 16_383, 16_384, 16_385, 32_768, 100_000])
def test_what_was_sealed_opens_and_its_length_is_known_beforehand(length: int) -> None:
    plaintext = os.urandom(length)
    sealed = seal(KEY, CONTEXT, plaintext)
    assert unseal(KEY, CONTEXT, sealed) == plaintext
    assert plaintext_length(len(sealed)) == length
    assert sealing.sealed_length(length) == len(sealed)


def test_every_flipped_byte_of_three_chunks_is_refused() -> None:
    altered = bytearray(SEALED)
    accepted = []
    for at in range(len(SEALED)):
        altered[at] ^= 1 << (at % 8)
        if opens(bytes(altered)):
            accepted.append(at)
        altered[at] = SEALED[at]
    assert accepted == []


def test_every_truncation_of_three_chunks_is_refused() -> None:
    assert [length for length in range(len(SEALED)) if opens(SEALED[:length])] == []


def test_every_truncation_near_a_seam_is_refused_by_the_stream_before_any_byte() -> None:
    seams = [57 + n * 16_400 + d for n in range(3) for d in range(-20, 21)]
    lengths = [length for length in seams if 0 <= length < len(SEALED)]
    assert [length for length in lengths if streams(SEALED[:length])] == []


@pytest.mark.parametrize("extra", [b"\x00", b"\x00" * 16, SEALED[57 : 57 + 16_400], SEALED[-116:]])
def test_bytes_added_at_the_end_are_refused(extra: bytes) -> None:
    assert not opens(SEALED + extra)
    assert not streams(SEALED + extra)


def test_exchanged_chunks_are_refused() -> None:
    first, second = SEALED[57 : 57 + 16_400], SEALED[57 + 16_400 : 57 + 32_800]
    assert not opens(SEALED[:57] + second + first + SEALED[57 + 32_800 :])


def test_the_end_of_another_content_under_the_same_key_is_refused() -> None:
    other = seal(KEY, CONTEXT, THREE_CHUNKS)
    assert not opens(SEALED[:-116] + other[-116:])


@pytest.mark.parametrize("version", [0, 2, 255])
def test_an_unknown_version_is_refused(version: int) -> None:
    assert not opens(bytes([version]) + SEALED[1:])


def test_another_key_or_context_is_refused() -> None:
    assert not opens(SEALED, key=bytes(32))
    assert not opens(SEALED, context=CONTEXT + b"\x00")
    assert not opens(SEALED, context=b"")


def test_the_refusal_never_says_why() -> None:
    messages = set()
    for sealed in (SEALED[:-1], b"\x02" + SEALED[1:], SEALED[:30] + b"\x00" + SEALED[31:], b""):
        with pytest.raises(TamperedError) as refused:
            unseal(KEY, CONTEXT, sealed)
        messages.add(str(refused.value))
    assert messages == {"sealed bytes do not open"}


def test_the_commitment_is_compared_before_anything_is_decrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoCipher:
        def __init__(self, key: bytes) -> None: ...

    monkeypatch.setattr(sealing, "AESGCM", NoCipher)
    assert not opens(SEALED, context=b"another row")


def test_two_seals_of_the_same_content_differ() -> None:
    assert seal(KEY, CONTEXT, b"same") != seal(KEY, CONTEXT, b"same")


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(31), bytes(33)])
def test_a_key_of_another_length_is_a_mistake_of_ours(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(key, CONTEXT, b"")
    with pytest.raises(ValueError, match="32 bytes"):
        sealing.expand(key, b"")


@pytest.mark.parametrize("piece", [1, 1000, 16_384, 40_000])
def test_content_that_arrives_in_pieces_is_sealed_alike(piece: int) -> None:
    plaintext = THREE_CHUNKS[:33_000] if piece > 1 else THREE_CHUNKS[:300]
    sealer = Sealer(KEY, CONTEXT)
    sealed = sealer.header
    for at in range(0, len(plaintext), piece):
        sealed += sealer.update(plaintext[at : at + piece])
    assert unseal(KEY, CONTEXT, sealed + sealer.finish()) == plaintext


def test_a_finished_sealer_seals_no_more() -> None:
    sealer = Sealer(KEY, CONTEXT)
    sealer.finish()
    with pytest.raises(ValueError, match="finished"):
        sealer.finish()


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 1), (0, 0), (5, 100), (16_383, 16_385), (32_767, 99_999_999), (-5, 3), (900, 20)]
)
def test_a_range_gives_exactly_its_bytes(start: int, stop: int) -> None:
    opened = b"".join(unseal_range(KEY, CONTEXT, reader(SEALED), len(SEALED), start, stop))
    assert opened == THREE_CHUNKS[max(start, 0) : stop]


def test_a_long_stream_comes_a_mebibyte_at_a_time() -> None:
    plaintext = os.urandom(5 * 524_288 + 7)
    sealed = seal(KEY, CONTEXT, plaintext)
    pieces = list(unseal_stream(KEY, CONTEXT, reader(sealed), len(sealed)))
    assert [len(piece) for piece in pieces] == [1_048_576, 1_048_576, 524_295]
    assert b"".join(pieces) == plaintext


def test_a_range_of_altered_bytes_is_refused_before_they_leave() -> None:
    altered = SEALED[:20_000] + bytes([SEALED[20_000] ^ 1]) + SEALED[20_001:]
    assert (
        b"".join(unseal_range(KEY, CONTEXT, reader(altered), len(altered), 0, 16_384))
        == THREE_CHUNKS[:16_384]
    )
    with pytest.raises(TamperedError):
        next(unseal_range(KEY, CONTEXT, reader(altered), len(altered), 16_384, 16_385))


def test_a_source_that_gives_too_little_counts_as_truncated() -> None:
    with pytest.raises(TamperedError):
        unseal_range(
            KEY, CONTEXT, lambda offset, length: SEALED[offset : offset + length - 1], len(SEALED), 0, 1
        )


def test_a_part_key_opens_one_part_of_one_entry() -> None:
    keys = {sealing.part_key(KEY, decision, part) for decision in ("dec_1", "dec_2") for part in range(5)}
    assert len(keys) == 10
