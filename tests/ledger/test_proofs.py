"""Proofs that the store makes verify with nothing but a public key and two checkpoints."""

from functools import partial
from itertools import pairwise

from gateway.adapters.sql import publishing
from gateway.adapters.sql.database import open_database
from gateway.domain.merkle import (
    consistency_path,
    verify_consistency,
    verify_inclusion,
)
from tests.support.fault_ledger import Grown


async def test_every_entry_is_proven_to_be_in_the_ledger(grown: Grown) -> None:
    database = await open_database(grown.url)
    try:
        for row in grown.rows.entries:
            index = row["idx"]
            found = await database.snapshot(partial(publishing.read_proof, ledger=1, index=index))
            assert found is not None
            signed = grown.state.signer.verifier.verify(found["checkpoint"])
            path = [bytes.fromhex(step) for step in found["path"]]
            leaf = row["leaf_hash"]
            assert verify_inclusion(leaf, index, size=signed.size, path=path, root=signed.root)
            assert not verify_inclusion(leaf, index ^ 1, size=signed.size, path=path, root=signed.root)
        size = len(grown.rows.entries)
        assert await database.snapshot(lambda tx: publishing.read_proof(tx, 1, size)) is None
    finally:
        await database.close()


async def test_each_checkpoint_extends_every_older_one(grown: Grown) -> None:
    verifier = grown.state.signer.verifier
    signed = [
        verifier.verify(row["note"]) for row in sorted(grown.rows.checkpoints, key=lambda row: row["size"])
    ]
    database = await open_database(grown.url)
    wanted: list[tuple[int, int]] = []

    def note_it(level: int, index: int) -> bytes:
        wanted.append((level, index))
        return bytes(32)

    pairs = [*pairwise(signed), *((old, signed[-1]) for old in signed)]
    try:
        for old, new in pairs:
            consistency_path(old.size, new.size, note_it)
        node_at = await database.snapshot(lambda tx: publishing.read_nodes(tx, 1, wanted))
    finally:
        await database.close()
    for old, new in pairs:
        path = consistency_path(old.size, new.size, node_at)
        assert verify_consistency(old.size, new.size, old_root=old.root, new_root=new.root, path=path)
        forged = bytes([old.root[0] ^ 1, *old.root[1:]])
        assert not verify_consistency(old.size, new.size, old_root=forged, new_root=new.root, path=path)
