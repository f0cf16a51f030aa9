"""Entries dropped, swapped, doubled, forged or cut off are found and named; an untouched copy is not."""

from typing import Any

import pytest

from gateway.adapters.crypto.note import CheckpointSigner
from gateway.domain.ledger import decode_leaf, encode_leaf, leaf_hash, leaf_of, pack_parts, unpack_parts
from gateway.domain.merkle import CompactRange
from tests.support.fault_ledger import Grown
from tests.support.fault_rows import Copy
from tests.support.proof import Proof

AT = 100
UNTOUCHED = 1_000


async def findings(grown: Grown, copy: Copy, *, outside: str | None = None) -> list[tuple[int, int, str]]:
    """What is found without the keys; with them it is at least as much."""
    plain = await grown.verify(copy, keys=False, outside=outside)
    keyed = await grown.verify(copy, keys=True, outside=outside)
    assert len(keyed.findings) >= len(plain.findings)
    return [(one.first, one.last, one.what) for one in plain.findings]


def close_up(rows: list[dict[str, Any]], first: int) -> None:
    """Number the entries from `first` on anew, as an attacker would to hide a gap."""
    for index, row in enumerate(rows[first:], start=first):
        row["idx"] = index


def rebuild(copy: Copy) -> None:
    """Make inner nodes and head consistent with the entries: all that needs no key."""
    tree, copy.nodes = CompactRange(), []
    for row in copy.entries:
        copy.nodes += [
            {"ledger": 1, "level": level, "idx": at, "hash": value}
            for level, at, value in tree.append(row["leaf_hash"])
        ]
    copy.head[0] |= {"size": len(copy.entries), "recorded_at": copy.entries[-1]["recorded_at"]}


def forge(row: dict[str, Any], **changes: object) -> None:
    """Rewrite an entry so that it agrees with itself: another sealed part, and a leaf that commits to it."""
    parts = unpack_parts(row["parts"])
    parts = (parts[0][:-1] + bytes([parts[0][-1] ^ 1]), *parts[1:])
    old = decode_leaf(row["leaf"])
    leaf = encode_leaf(
        leaf_of(
            old.kind,
            old.recorded_at,
            policy_digest=old.policy_digest,
            decision_id=old.decision_id,
            parts=parts,
        )
    )
    row |= {"leaf": leaf, "leaf_hash": leaf_hash(leaf), "parts": pack_parts(parts), **changes}


def span_of(grown: Grown, index: int) -> tuple[int, int]:
    """From the last checkpoint that does not cover this entry to the last entry of the first that does."""
    sizes = sorted(row["size"] for row in grown.rows.checkpoints)
    return max(size for size in sizes if size <= index), min(size for size in sizes if size > index) - 1


async def test_a_dropped_entry_is_named(grown: Grown) -> None:
    copy = grown.rows.deep()
    del copy.entries[AT]
    assert (await findings(grown, copy))[0] == (AT, AT, "is missing")


async def test_a_dropped_entry_whose_gap_was_closed_is_narrowed_down_to_its_checkpoints(grown: Grown) -> None:
    copy = grown.rows.deep()
    del copy.entries[AT]
    close_up(copy.entries, AT)
    rebuild(copy)
    first, last, what = (await findings(grown, copy))[0]
    assert ((first, last), what) == (span_of(grown, AT), "an entry here is not the one that was signed")


async def test_two_entries_swapped_are_found(grown: Grown) -> None:
    copy = grown.rows.deep()
    copy.entries[AT]["idx"], copy.entries[AT + 1]["idx"] = AT + 1, AT
    copy.entries.sort(key=lambda row: row["idx"])
    assert (await findings(grown, copy))[0][0] in {AT, AT + 1, span_of(grown, AT)[0]}


async def test_an_entry_put_in_place_of_another_is_found(grown: Grown) -> None:
    copy = grown.rows.deep()
    copy.entries[AT] = {**copy.entries[AT - 1], "idx": AT}
    rebuild(copy)
    found = await findings(grown, copy)
    assert found[0][0] <= AT
    assert (AT, AT, "its decision stands in the ledger twice") in found


async def test_an_entry_put_in_again_at_the_end_is_found(grown: Grown) -> None:
    copy = grown.rows.deep()
    copy.entries.append({**copy.entries[-1], "idx": len(copy.entries)})
    rebuild(copy)
    last = len(copy.entries) - 1
    assert await findings(grown, copy) == [(last, last, "its decision stands in the ledger twice")]


async def test_an_entry_below_the_first_is_found(grown: Grown) -> None:
    copy = grown.rows.deep()
    copy.entries.append({**copy.entries[-1], "idx": -1, "decision_id": "dec_other"})
    assert [what for *_, what in await findings(grown, copy)] == ["rows stand beside the ledger's entries"]


async def test_a_forged_entry_is_narrowed_down_to_its_checkpoints(grown: Grown) -> None:
    copy = grown.rows.deep()
    forge(copy.entries[AT])
    rebuild(copy)
    assert await findings(grown, copy) == [
        (*span_of(grown, AT), "an entry here is not the one that was signed")
    ]


async def test_a_ledger_signed_again_with_another_key_is_found(grown: Grown) -> None:
    copy = grown.rows.deep()
    forge(copy.entries[AT])
    rebuild(copy)
    forger = CheckpointSigner(grown.state.origin, b"f" * 32)
    tree = CompactRange()
    roots = {}
    for size, row in enumerate(copy.entries, start=1):
        tree.append(row["leaf_hash"])
        roots[size] = tree.root()
    for row in copy.checkpoints:
        row["note"] = forger.sign(forger.origin, row["size"], roots[row["size"]])
    found = await findings(grown, copy)
    assert {what for *_, what in found} == {"a stored checkpoint does not verify"}
    assert len(found) == len(copy.checkpoints)


@pytest.mark.parametrize("cut", [1, 2, 40, 199])
async def test_a_tail_cut_off_is_found_with_a_checkpoint_kept_outside(grown: Grown, cut: int) -> None:
    copy = grown.rows.deep()
    del copy.entries[-cut:]
    rebuild(copy)
    size = len(copy.entries)
    copy.checkpoints = [row for row in copy.checkpoints if row["size"] <= size]
    kept = max(row["size"] for row in copy.checkpoints)
    copy.nodes = [row for row in copy.nodes if (row["idx"] + 1) << row["level"] <= kept]
    last = len(grown.rows.entries) - 1
    assert await findings(grown, copy) == [], "without an outside checkpoint nothing proves the end"
    assert await findings(grown, copy, outside=grown.outside) == [
        (size, last, "is missing, though it was signed")
    ]


async def test_a_ledger_that_is_gone_is_found_with_a_checkpoint_kept_outside(grown: Grown) -> None:
    copy = Copy(head=[{"one": 1, "ledger": 1, "size": 0, "recorded_at": 0}])
    found = [what for *_, what in await findings(grown, copy, outside=grown.outside)]
    assert found == ["there is no entry at all", "is missing, though it was signed"]


@pytest.mark.parametrize("dropped", ["last", "lowest"])
async def test_a_dropped_inner_node_is_found(grown: Grown, dropped: str) -> None:
    copy = grown.rows.deep()
    copy.nodes.sort(key=lambda row: (row["level"], row["idx"]))
    del copy.nodes[-1 if dropped == "last" else 0]
    assert [what for *_, what in await findings(grown, copy)] == ["a stored inner node is missing"]


async def test_a_checkpoint_of_another_deployment_is_not_taken_for_ours(grown: Grown) -> None:
    stranger = CheckpointSigner("gateway/dep_other/ledger-1", b"s" * 32)
    note = stranger.sign(stranger.origin, 1, bytes(32))
    found = await findings(grown, grown.rows, outside=note)
    assert [what for *_, what in found] == ["the checkpoint given does not verify under this ledger's key"]


ODD: list[object] = [None, "", "x", b"", b"\0", 0, -1, 1.5, 2**70, "é\udc80", b"\xff" * 40]


@pytest.mark.parametrize("table", ["entries", "checkpoints", "nodes", "head", "snapshots"])
async def test_a_value_of_another_type_is_a_finding_and_stops_nothing(grown: Grown, table: str) -> None:
    columns = list(getattr(grown.rows, table)[0])
    for column in columns:
        if f"{table}.{column}" in {"checkpoints.mirrored", "head.moves", "entries.idx", "entries.ledger"}:
            continue  # What the signer told or the writer counts is no evidence; an order is the database's.
        for value in ODD:
            copy = grown.rows.deep()
            rows = getattr(copy, table)
            at = min(AT, len(rows) - 1)
            if rows[at][column] == value:
                continue
            rows[at][column] = value
            report = await grown.verify(copy, keys=True)
            assert not report.holds, (table, column, value)


async def test_the_verdict_can_be_printed(grown: Grown) -> None:
    copy = grown.rows.deep()
    copy.entries[AT]["outcome"] = "permit" if copy.entries[AT]["outcome"] == "deny" else "deny"
    report = await grown.verify(copy)
    assert [one.text for one in report.findings] == [
        f"ledger 1, entry {AT}: a search column is not what the entry says"
    ]


async def judge_untouched(grown: Grown, times: int) -> int:
    """False alarms in so many verifications of copies that nobody altered, in any order of their rows."""
    alarms = 0
    for number in range(times):
        copy = grown.rows.deep()
        for rows in (copy.nodes, copy.snapshots):
            rows.sort(key=repr, reverse=number % 2 == 0)
        outside = grown.outside if number % 3 else copy.checkpoints[number % len(copy.checkpoints)]["note"]
        alarms += not (await grown.verify(copy, keys=number % 4 == 0, outside=outside)).holds
    return alarms


async def test_an_untouched_copy_is_no_finding(grown: Grown) -> None:
    assert await judge_untouched(grown, 20) == 0


@pytest.mark.prove
async def test_a_thousand_untouched_copies_are_no_finding(grown: Grown, proof: Proof) -> None:
    alarms = await judge_untouched(grown, UNTOUCHED)
    store = grown.url.partition(":")[0]
    proof.line(f"{store}: {alarms} false alarms on {UNTOUCHED} untouched copies")
    assert alarms == 0
