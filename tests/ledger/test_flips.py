"""One flipped bit anywhere in what the ledger stores is found, and the entry that holds it is named."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.adapters.sql.verify.behind import Behind
from gateway.adapters.sql.verify.chain import _signed
from gateway.adapters.sql.verify.findings import Report
from gateway.adapters.sql.verify.walk import Walk
from tests.support.fault_ledger import ENTRIES, Grown
from tests.support.fault_rows import Copy, flips
from tests.support.proof import Proof

EVIDENCE = ("leaf", "leaf_hash", "parts", "decision_id", "kind", "recorded_at")
BESIDE = (
    "snapshot", "outcome", "reason", "purpose", "agency", "owner_agency",
    "person_handle", "account_handle", "fragment_handle", "consent_handle",
)  # fmt: skip
ALMOST_ALL = range(20, 220)
BIT = (0,)
EVERY_BIT = tuple(range(8))


@dataclass
class Tally:
    """Flips made and flips found, by table and column."""

    made: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    def add(self, column: str, report: Report) -> None:
        self.made[column] += 1
        self.found[column] += not report.holds

    @property
    def missed(self) -> dict[str, int]:
        return {
            name: self.made[name] - self.found[name]
            for name in self.made
            if self.found[name] != self.made[name]
        }


async def flip_entries(
    grown: Grown, tally: Tally, which: range, bits: tuple[int, ...], *, keys: bool
) -> None:
    """Each column of each entry, judged as the walk judges an entry that it has come to."""
    columns = (*EVIDENCE, *BESIDE) if keys else EVIDENCE
    for at in which:
        row = grown.rows.entries[at]
        for column in columns:
            for value in [] if row[column] is None else flips(row[column], bits):
                report = Report()
                walk = Walk(grown.rows, report, 1, {}, 0)
                walk.last_at = grown.rows.entries[at - 1]["recorded_at"] if at else 0
                checked = walk.check({**row, column: value})
                if checked is not None and keys:
                    await Behind(grown.rows, grown.opener, report)(checked)
                tally.add(f"entries.{column}", report)
                assert report.holds or report.findings[0].first == row["idx"]


async def flip_empty_columns(grown: Grown, tally: Tally) -> None:
    """A column that holds nothing is given something."""
    for row in grown.rows.entries:
        for column in BESIDE:
            report = Report()
            checked = Walk(grown.rows, report, 1, {}, 0).check(
                {**row, column: None if row[column] else b"x" * 16}
            )
            assert checked is not None
            await Behind(grown.rows, grown.opener, report)(checked)
            tally.add(f"entries.{column} (emptied, filled)", report)


async def move_entries(grown: Grown, tally: Tally, limit: int) -> None:
    """An entry under another ledger or index, judged by the whole verification without the keys."""
    for at in range(limit):
        for column in ("ledger", "idx"):
            old = grown.rows.entries[at][column]
            for value in {old ^ 1, old + 1, old ^ (1 << 20), -old - 1}:
                copy = grown.rows.deep()
                copy.entries[at][column] = value
                tally.add(f"entries.{column}", await grown.verify(copy, keys=False))


async def flip_checkpoints(grown: Grown, tally: Tally, bits: tuple[int, ...], step: int) -> None:
    verifier = grown.state.signer.verifier
    for row in grown.rows.checkpoints[::step]:
        for column in ("note", "size"):
            for value in flips(row[column], bits):
                report = Report()
                await _signed(Copy(checkpoints=[{**row, column: value}]), report, 1, verifier)
                tally.add(f"checkpoints.{column}", report)
        copy = grown.rows.deep()
        next(one for one in copy.checkpoints if one["size"] == row["size"])["ledger"] = 3
        tally.add("checkpoints.ledger", await grown.verify(copy, keys=False))


async def flip_nodes(grown: Grown, tally: Tally, bits: tuple[int, ...], step: int) -> None:
    walk = await _walked(grown)
    for at in range(0, len(grown.rows.nodes), step):
        for column in ("hash", "level", "idx"):
            for value in flips(grown.rows.nodes[at][column], bits):
                walk.report = Report()
                tx = Copy(nodes=[*grown.rows.nodes])
                tx.nodes[at] = {**tx.nodes[at], column: value}
                walk.tx = tx
                await walk.check_nodes()
                tally.add(f"ledger_nodes.{column}", walk.report)
        copy = grown.rows.deep()
        copy.nodes[at]["ledger"] = 2
        tally.add("ledger_nodes.ledger", await grown.verify(copy, keys=False))


async def _walked(grown: Grown) -> Walk:
    report, verifier = Report(), grown.state.signer.verifier
    roots = await _signed(grown.rows, report, 1, verifier)
    walk = Walk(grown.rows, report, 1, roots, max(roots))
    await walk.run(None)
    assert report.holds
    return walk


async def flip_head(grown: Grown, tally: Tally) -> None:
    for column in ("one", "ledger", "size", "recorded_at"):
        for value in flips(grown.rows.head[0][column], BIT):
            copy = grown.rows.deep()
            copy.head[0][column] = value
            tally.add(f"ledger_head.{column}", await grown.verify(copy, keys=False))


async def flip_snapshots(grown: Grown, tally: Tally, bits: tuple[int, ...], step: int) -> None:
    """Judged at the first entry that rests on each snapshot."""
    resting: dict[bytes, dict[str, Any]] = {}
    for row in grown.rows.entries:
        if row["snapshot"] is not None:
            resting.setdefault(row["snapshot"], row)
    for kept in grown.rows.snapshots[::step]:
        row = resting[kept["handle"]]
        for column in ("handle", "sealed"):
            for value in flips(kept[column], bits):
                report = Report()
                tx = Copy(snapshots=[{**kept, column: value}])
                checked = Walk(tx, report, 1, {}, 0).check(row)
                assert checked is not None
                await Behind(tx, grown.opener, report)(checked)
                tally.add(f"snapshots.{column}", report)


async def test_a_flipped_bit_in_any_column_is_found(grown: Grown) -> None:
    tally = Tally()
    await flip_entries(grown, tally, range(0, ENTRIES, 16), BIT, keys=True)
    await move_entries(grown, tally, 4)
    await flip_checkpoints(grown, tally, BIT, 10)
    await flip_nodes(grown, tally, BIT, 20)
    await flip_head(grown, tally)
    await flip_snapshots(grown, tally, BIT, 24)
    assert tally.missed == {}
    assert tally.made.total() > 20_000


async def test_without_the_keys_a_flip_is_found_in_all_columns_but_those_for_search(grown: Grown) -> None:
    tally = Tally()
    await flip_entries(grown, tally, range(8, ENTRIES, 16), BIT, keys=False)
    assert tally.missed == {}
    assert set(tally.made) == {f"entries.{column}" for column in EVIDENCE}


async def test_a_search_column_emptied_or_filled_is_found(grown: Grown) -> None:
    tally = Tally()
    await flip_empty_columns(grown, tally)
    assert tally.missed == {}


@pytest.mark.prove
async def test_every_flip_in_every_column_of_200_entries_is_found(grown: Grown, proof: Proof) -> None:
    bits = EVERY_BIT if grown.url.startswith("sqlite") else BIT
    store = grown.url.partition(":")[0]
    proof.line(f"{store}: 200 of {len(grown.rows.entries)} entries, {len(bits)} bit(s) of each byte")
    with_keys, without = Tally(), Tally()
    await flip_entries(grown, with_keys, ALMOST_ALL, bits, keys=True)
    await flip_empty_columns(grown, with_keys)
    await move_entries(grown, with_keys, 200)
    await flip_checkpoints(grown, with_keys, bits, 1)
    await flip_nodes(grown, with_keys, bits, 1)
    await flip_head(grown, with_keys)
    await flip_snapshots(grown, with_keys, bits, 1)
    await flip_entries(grown, without, ALMOST_ALL, BIT, keys=False)
    for title, tally in (("with the keys", with_keys), ("without the keys", without)):
        proof.line(f"{title}: {tally.found.total()} of {tally.made.total()} flips found")
        for name in sorted(tally.made):
            proof.line(f"  {name}: {tally.found[name]} of {tally.made[name]}")
    assert (with_keys.missed, without.missed) == ({}, {})
