"""The frozen vectors: rebuilt they leave no difference, and a stranger's program opens them."""

import base64
import hashlib
import json
from typing import Any

import pytest

from gateway.adapters.crypto.note import VerifierKey
from gateway.adapters.crypto.sealing import unseal
from gateway.domain.ledger import decode_leaf, leaf_hash, unpack_parts
from tests.support.independent_unsealer import encode_context, hkdf_expand_sha512, open_sealed
from tests.vectors.rebuild import FOLDER, VECTORS, pattern, render


def load(name: str) -> Any:  # noqa: ANN401 - JSON as first read
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_rebuilding_the_vectors_leaves_no_difference(name: str) -> None:
    assert render(name) == (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("vector", load("sealing.json"), ids=lambda v: str(v["plaintext_length"]))
def test_a_program_written_from_the_specification_alone_opens_what_the_gateway_sealed(
    vector: dict[str, Any],
) -> None:
    key, context = bytes.fromhex(vector["key"]), bytes.fromhex(vector["context"])
    sealed = base64.b64decode(vector["sealed"])
    plaintext = pattern(vector["plaintext_seed"], vector["plaintext_length"])
    assert open_sealed(key, context, sealed) == plaintext
    assert unseal(key, context, sealed) == plaintext


def test_a_stranger_encodes_contexts_alike() -> None:
    frozen = load("contexts.json")
    section = encode_context(
        "gateway.section@v1",
        *("dep_1", "section", "school/north", b"\x07" * 16, "frg_1", 2, "sec_1", "frg_1:2", 1),
        "application/json",
    )
    assert frozen["section"] == section.hex()
    assert frozen["part"] == encode_context("gateway.ledger-part@v1", "dep_1", "dec_1", 0).hex()


def test_a_stranger_derives_part_keys_alike() -> None:
    info = encode_context("gateway.ledger-part-key@v1", "dec_1", 1)
    derived = hkdf_expand_sha512(pattern("record key", 32), info, 32)
    assert load("ledger.json")["part_key"] == derived.hex()


def test_the_frozen_leaf_commits_to_its_parts() -> None:
    frozen = load("ledger.json")
    leaf = decode_leaf(bytes.fromhex(frozen["leaf"]))
    parts = unpack_parts(bytes.fromhex(frozen["packed_parts"]))
    assert leaf.part_hashes == tuple(hashlib.sha256(part).digest() for part in parts)
    assert leaf_hash(bytes.fromhex(frozen["leaf"])).hex() == frozen["leaf_hash"]


def test_the_frozen_checkpoint_verifies() -> None:
    frozen = load("note.json")
    checkpoint = VerifierKey.parse(frozen["vkey"]).verify(frozen["note"])
    assert (checkpoint.size, checkpoint.root.hex()) == (20_852_163, frozen["root"])
