"""Checkpoints: what the ledger's key signed verifies, and nothing else does."""

import base64

import pytest

from gateway.adapters.crypto.note import Checkpoint, CheckpointSigner, VerifierKey
from gateway.domain.errors import MalformedError, TamperedError

SIGNER = CheckpointSigner("gateway/dep_1/ledger-1", bytes(range(32)))
WITNESS = CheckpointSigner("witness.invalid/a", bytes(32))
ROOT = bytes(range(100, 132))
NOTE = SIGNER.sign(SIGNER.origin, 1234, ROOT)
BODY, LINE = NOTE.split("\n\n")


def verifies(note: str) -> bool:
    try:
        SIGNER.verifier.verify(note)
    except TamperedError:
        return False
    return True


def signed(text: str) -> str:
    signature = SIGNER._private.sign(text.encode())
    line = base64.b64encode(SIGNER.verifier.key_id + signature).decode()
    return f"{text}\n— {SIGNER.origin} {line}\n"


def test_a_signed_checkpoint_verifies_with_the_public_key_alone() -> None:
    key = VerifierKey.parse(str(SIGNER.verifier))
    assert key.verify(NOTE) == Checkpoint("gateway/dep_1/ledger-1", 1234, ROOT)


def test_the_empty_ledger_can_be_signed() -> None:
    assert SIGNER.verifier.verify(SIGNER.sign(SIGNER.origin, 0, ROOT)).size == 0


def test_every_flipped_bit_is_refused() -> None:
    encoded = NOTE.encode()
    accepted = []
    for at in range(len(encoded)):
        for bit in range(8):
            flipped = encoded[:at] + bytes([encoded[at] ^ (1 << bit)]) + encoded[at + 1 :]
            if verifies(flipped.decode("utf-8", errors="surrogateescape")):
                accepted.append((at, bit))
    assert accepted == []


def test_every_truncation_and_addition_is_refused() -> None:
    assert not any(verifies(NOTE[:length]) for length in range(len(NOTE)))
    assert not any(
        verifies(extra) for extra in (NOTE + "\n", "\n" + NOTE, NOTE + "x", NOTE + " \n", NOTE * 2)
    )


@pytest.mark.parametrize(
    "text",
    [
        "gateway/dep_1/ledger-1\n01234\n{root}\n",
        "gateway/dep_1/ledger-1\n+1\n{root}\n",
        "gateway/dep_1/ledger-1\n-1\n{root}\n",
        "gateway/dep_1/ledger-1\n１\n{root}\n",  # noqa: RUF001 - a full-width digit
        "gateway/dep_1/ledger-1\n1\n{root}\nextension\n",
        "gateway/dep_1/ledger-1\n1\n",
        "gateway/dep_1/ledger-2\n1\n{root}\n",
        "gateway/dep_1/ledger-1\n1\nAAAA\n",
        "gateway/dep_1/ledger-1\n1\n{root}\n\n",
        "\ngateway/dep_1/ledger-1\n1\n{root}\n",
    ],
)
def test_another_form_is_refused_even_when_signed(text: str) -> None:
    assert not verifies(signed(text.format(root=base64.b64encode(ROOT).decode())))


def test_base64_with_stray_bits_is_refused_even_when_signed() -> None:
    canonical = base64.b64encode(ROOT).decode()
    stray = canonical[:-2] + chr(ord(canonical[-2]) + 1) + "="
    assert base64.b64decode(stray, validate=True) == ROOT
    assert not verifies(signed(f"{SIGNER.origin}\n1\n{stray}\n"))


def test_a_witness_may_sign_too_and_its_signature_alone_is_not_enough() -> None:
    witness_line = WITNESS.sign(WITNESS.origin, 1, ROOT).split("\n\n")[1]
    assert verifies(f"{BODY}\n\n{witness_line}{LINE}")
    assert verifies(f"{BODY}\n\n{LINE}{witness_line}")
    assert not verifies(f"{BODY}\n\n{witness_line}")


def test_one_wrong_signature_of_the_key_spoils_the_note() -> None:
    other = SIGNER.sign(SIGNER.origin, 1235, ROOT).split("\n\n")[1]
    assert not verifies(f"{BODY}\n\n{LINE}{other}")


def test_sixteen_signatures_are_read_and_more_are_refused() -> None:
    witness_line = WITNESS.sign(WITNESS.origin, 1, ROOT).split("\n\n")[1]
    assert verifies(f"{BODY}\n\n{LINE}{witness_line * 15}")
    assert not verifies(f"{BODY}\n\n{LINE}{witness_line * 16}")


def test_another_ledgers_key_verifies_nothing() -> None:
    stranger = CheckpointSigner(SIGNER.origin, bytes(32))
    with pytest.raises(TamperedError):
        stranger.verifier.verify(NOTE)


def test_nothing_but_this_ledgers_checkpoints_is_signed() -> None:
    for origin, size, root in (("other", 1, ROOT), (SIGNER.origin, -1, ROOT), (SIGNER.origin, 1, b"")):
        with pytest.raises(ValueError, match="no checkpoint"):
            SIGNER.sign(origin, size, root)


def test_every_flipped_byte_of_a_verifier_key_is_refused_or_names_another_key() -> None:
    vkey = str(SIGNER.verifier)
    for at in range(len(vkey)):
        flipped = vkey[:at] + chr(ord(vkey[at]) ^ 1) + vkey[at + 1 :]
        with pytest.raises(MalformedError):
            VerifierKey.parse(flipped)


@pytest.mark.parametrize("text", ["", "a+b+c", "name+00000000+AQ==", "na me+00000000+" + "A" * 44])
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        VerifierKey.parse(text)


def test_a_signing_key_has_no_face() -> None:
    assert repr(SIGNER) == "CheckpointSigner(gateway/dep_1/ledger-1, 32 bytes)"
