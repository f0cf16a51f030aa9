"""Rebuild the frozen vectors: `python -m tests.vectors.rebuild`; the result must leave no difference.

A difference means that bytes already stored or published would not be read again: formats only grow.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from gateway.adapters.crypto import sealing
from gateway.adapters.crypto.note import CheckpointSigner
from gateway.adapters.crypto.receipts import ReceiptKey
from gateway.domain import contexts
from gateway.domain.ids import AgencyId, DecisionId, FragmentId, SectionId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind, encode_leaf, leaf_of, pack_parts
from gateway.domain.merkle import CompactRange, consistency_path, inclusion_path, leaf_hash
from gateway.domain.receipt import canonical
from gateway.domain.receipt_text import render as render_receipt
from tests.support.receipts import WHOLE

FOLDER = Path(__file__).parent
LENGTHS = (0, 1, 32, 400, 16_383, 16_384, 33_000)
TREE_SIZES = (1, 2, 3, 4, 5, 7, 8, 13)


def pattern(seed: str, length: int) -> bytes:
    return hashlib.shake_256(seed.encode()).digest(length)


def sealing_vectors() -> list[dict[str, Any]]:
    vectors = []
    for length in LENGTHS:
        key, salt = pattern(f"key {length}", 32), pattern(f"salt {length}", 24)
        context = contexts.encode_context("gateway.vector@v1", "invented", length)
        sealed = sealing._seal_with_salt(key, context, pattern(f"plaintext {length}", length), salt)
        vectors.append(
            {
                "key": key.hex(),
                "context": context.hex(),
                "plaintext_length": length,
                "plaintext_seed": f"plaintext {length}",
                "sealed": base64.b64encode(sealed).decode(),
            }
        )
    return vectors


def context_vectors() -> dict[str, str]:
    place = contexts.FragmentPlace("dep_1", AgencyId("school/north"), b"\x07" * 16, FragmentId("frg_1"), 2)
    slot = contexts.SectionSlot(SectionId("sec_1"), "section", "application/json")
    agency, subject = AgencyId("school"), b"\x07" * 16
    made = {
        "section": contexts.section_context(place, slot, key_id="frg_1:2", key_version=1),
        "manifest": contexts.manifest_context(place),
        "agency_key": contexts.agency_key_context("dep_1", agency, 3),
        "subject_key": contexts.subject_key_context(
            "dep_1", agency, agency_version=3, subject=subject, version=4
        ),
        "data_key": contexts.data_key_context(place, subject_key_version=4),
        "record_key": contexts.record_key_context("dep_1", "person:per_1"),
        "part": contexts.part_context("dep_1", "dec_1", 0),
        "part_key": contexts.part_key_context("dec_1", 0),
        "snapshot": contexts.snapshot_context("dep_1", "person:per_1", subject),
        "attributes": contexts.attributes_context("dep_1", "person:per_1", 5),
        "journal": contexts.journal_context("dep_1", "act-0001"),
        "derived_key": contexts.derived_key_context("dep_1", "cursor", 1),
        "sub_root": contexts.sub_root_context("dep_1", "record", 1),
        "ledger_key": contexts.ledger_key_context("dep_1", 1),
    }
    return {name: context.hex() for name, context in made.items()}


def ledger_vectors() -> dict[str, Any]:
    parts = [pattern("part 0", 90), pattern("part 1", 60)]
    leaf = leaf_of(
        EntryKind.RELEASED,
        Instant(1_773_151_200_000_001),
        policy_digest=pattern("digest", 32),
        decision_id=DecisionId("dec_0000000000000000000000invented"),
        parts=parts,
    )
    encoded = encode_leaf(leaf)
    return {
        "leaf": encoded.hex(),
        "leaf_hash": leaf_hash(encoded).hex(),
        "packed_parts": pack_parts(parts).hex(),
        "part_key": sealing.part_key(pattern("record key", 32), "dec_1", 1).hex(),
    }


def tree_vectors() -> list[dict[str, Any]]:
    nodes: dict[tuple[int, int], bytes] = {}
    frontier, vectors = CompactRange(), []

    def node_at(level: int, index: int) -> bytes:
        return nodes[level, index]

    for index in range(max(TREE_SIZES)):
        nodes[0, index] = leaf_hash(index.to_bytes(2, "big"))
        nodes |= {(level, at): made for level, at, made in frontier.append(nodes[0, index])}
        size = index + 1
        if size in TREE_SIZES:
            vectors.append(
                {
                    "size": size,
                    "root": frontier.root().hex(),
                    "range": frontier.to_bytes().hex(),
                    "inclusion_of_middle": [h.hex() for h in inclusion_path(size, size // 2, node_at)],
                    "consistency_from_middle": [h.hex() for h in consistency_path(size // 2, size, node_at)],
                }
            )
    return vectors


def note_vectors() -> dict[str, Any]:
    signer = CheckpointSigner("gateway/dep_invented/ledger-1", pattern("signing seed", 32))
    return {
        "vkey": str(signer.verifier),
        "note": signer.sign(signer.origin, 20_852_163, pattern("root", 32)),
        "root": pattern("root", 32).hex(),
    }


def receipt_vectors() -> dict[str, Any]:
    """Records and texts as they were signed: a wording in use is never changed."""
    key = ReceiptKey(pattern("receipt seed", 32))
    made = {name: one.to_record() for name, one in WHOLE.items()}
    return {
        "jwk": key.jwk,
        "signed": key.sign(canonical(made["given"])),
        "texts": {
            name: {language: render_receipt(record, language) for language in ("fr", "en")}
            for name, record in made.items()
        },
    }


VECTORS = {
    "sealing.json": sealing_vectors,
    "contexts.json": context_vectors,
    "ledger.json": ledger_vectors,
    "tree.json": tree_vectors,
    "note.json": note_vectors,
    "receipts.json": receipt_vectors,
}


def render(name: str) -> str:
    return json.dumps(VECTORS[name](), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for each in VECTORS:
        (FOLDER / each).write_text(render(each), encoding="utf-8")
