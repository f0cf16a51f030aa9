"""Findings on an older copy: what narrowed one in the lost gap does so again, beside what came since."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.sql.acts.findings import add_finding, change_finding
from gateway.adapters.sql.acts.transfers import sign_transfer
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.ledger_store import SqlPublishing
from gateway.domain.errors import ConflictError, CorruptionError
from gateway.domain.findings import Finding, FindingKind, ended
from gateway.domain.ids import DecisionId, FindingId
from gateway.domain.instants import Instant
from gateway.domain.meetings import TransferState, moved, recused, signed
from gateway.domain.narrowing import NARROWS_ALONE
from tests.support.registry_store import AT, CLINIC, DAY_US, SCHOOL, ZOE, Opened, assignment, fill, open_store

Step = Callable[[Finding], Finding]
IN_THE_GAP = Instant(AT + DAY_US)
LONG_AFTER = Instant(AT + 9 * DAY_US)


@pytest.fixture
async def network(store_url: str, tmp_path: Path) -> AsyncIterator[Opened]:
    async with open_store(store_url, tmp_path) as opened:
        yield await fill(opened)


@dataclass
class Fork:
    """One record, what became of it in the gap and on the copy, and what must be left of it."""

    of: Finding
    gap: tuple[Step, ...]
    here: tuple[Step, ...]
    left: dict[str, Any]
    known: bool = True
    backwards: bool = False


def a_session() -> Finding:
    document = {
        "members": ["w:clinic", "w:two"],
        "recused": [],
        "package": ["frg_1"],
        "agencies_at_consent": [SCHOOL],
        "agency": SCHOOL,
    }
    return Finding(FindingId("ses_1"), ZOE, FindingKind.SESSION, document, until_at=LONG_AFTER)


def a_transfer(state: TransferState, *signatures: str) -> Finding:
    document = {
        "from_worker": "w:two",
        "to_person": "w:clinic",
        "to_agency": CLINIC,
        "package": ["frg_1"],
        "purpose": "transfer",
        "meeting": None,
        "state": str(state),
        "signed": list(signatures),
    }
    return Finding(FindingId("trf_1"), ZOE, FindingKind.TRANSFER, document)


def _to(state: TransferState) -> Step:
    return partial(moved, state=state)


def _found(kind: FindingKind, **document: Any) -> Finding:  # noqa: ANN401 - fields of any type
    return Finding(FindingId("fnd_1"), ZOE, kind, document)


ONE, OTHER = partial(recused, worker="w:clinic"), partial(recused, worker="w:two")
END = partial(ended, now=Instant(0))
ACCEPT, DECLINE, REFUSE = (
    _to(TransferState.ACCEPTED),
    _to(TransferState.DECLINED),
    _to(TransferState.REFUSED_BY_FAMILY),
)
AGREED, ACCEPTED = a_transfer(TransferState.AGREED), a_transfer(TransferState.ACCEPTED, "w:clinic")
CAPACITY = _found(FindingKind.CAPACITY, category="all", capable=True)
SIGN = partial(signed, worker="w:two")
BOTH = ["w:clinic", "w:two"]

FORKS = {
    "one member left there, another here": Fork(a_session(), (OTHER,), (ONE,), {"recused": BOTH}),
    "closed there, left here": Fork(a_session(), (END,), (ONE,), {"over": True, "recused": ["w:clinic"]}),
    "left there, closed here": Fork(a_session(), (ONE,), (END,), {"over": True, "recused": ["w:clinic"]}),
    "left, then closed there": Fork(a_session(), (ONE, END), (OTHER,), {"over": True, "recused": BOTH}),
    "an agreement withdrawn there": Fork(
        _found(FindingKind.AGREEMENT, giver="p:mother", guardian="p:father", fragment=None),
        (END,),
        (),
        {"over": True},
    ),
    "declined there": Fork(AGREED, (DECLINE,), (), {"state": "declined"}),
    "refused by the family there, declined here": Fork(
        AGREED, (REFUSE,), (DECLINE,), {"state": "refused_by_family"}
    ),
    "declined there, refused by the family here": Fork(
        AGREED, (DECLINE,), (REFUSE,), {"state": "refused_by_family"}
    ),
    "refused by the family there, completed here": Fork(
        ACCEPTED, (REFUSE,), (SIGN,), {"state": "refused_by_family"}
    ),
    "a capacity ended there": Fork(CAPACITY, (END,), (), {"over": True}),
    "a capacity that was found and ended there": Fork(CAPACITY, (END,), (), {"over": True}, known=False),
    "the same, but the end comes first": Fork(
        CAPACITY, (END,), (), {"over": True}, known=False, backwards=True
    ),
    "a capacity that was found there": Fork(CAPACITY, (), (), {"over": False}, known=False),
    "a harm that was found there": Fork(
        _found(FindingKind.HARM, to=["guardian"]), (), (), {"to": ["guardian"]}, known=False
    ),
    "a consultation there": Fork(
        _found(FindingKind.CONSULTATION, harm_expected=True), (), (), {"harm_expected": True}, known=False
    ),
}


@pytest.mark.parametrize("fork", FORKS.values(), ids=FORKS)
async def test_what_narrowed_a_finding_there_and_here_both_hold(network: Opened, fork: Fork) -> None:
    if fork.known:
        await network.acts.add_finding(network.note(), fork.of, narrows=False)
    records = await _lost(network, fork.of, fork.gap, known=fork.known)
    await _done(network, fork.of, fork.here)
    before = await network.epoch("person:p:zoe")
    changed = [await network.narrow(one) for one in (records[::-1] if fork.backwards else records)]
    assert [await network.narrow(one) for one in records] == [False] * len(records)
    assert await network.epoch("person:p:zoe") == before + sum(changed)
    left = await _left(network, fork.of.id)
    assert {name: left[name] for name in fork.left} == fork.left


OPENS = {
    "a session": (a_session(), OTHER),
    "a transfer": (AGREED, DECLINE),
    "an agreement": (_found(FindingKind.AGREEMENT, giver="p:mother"), END),
}


@pytest.mark.parametrize(("of", "step"), OPENS.values(), ids=OPENS)
async def test_a_finding_that_opens_is_not_brought_to_a_copy_that_never_knew_it(
    network: Opened, of: Finding, step: Step
) -> None:
    (record,) = await _lost(network, of, (step,), known=False)
    assert await network.narrow(record) is False
    assert await network.registry.finding(of.id) is None


COMPLETIONS = {
    "accepted here": (ACCEPTED, (), (SIGN,), "completed"),
    "refused by the family here": (ACCEPTED, (REFUSE,), (SIGN,), "refused_by_family"),
    "never accepted here": (AGREED, (), (ACCEPT, partial(signed, worker="w:clinic"), SIGN), "agreed"),
}


@pytest.mark.parametrize(("of", "here", "gap", "state"), COMPLETIONS.values(), ids=COMPLETIONS)
async def test_a_completed_transfer_ends_the_senders_assignment_and_opens_nothing(
    network: Opened, of: Finding, here: tuple[Step, ...], gap: tuple[Step, ...], state: str
) -> None:
    await network.acts.add_finding(network.note(), of, narrows=False)
    await network.acts.assign(network.note(), assignment())
    record = (await _lost(network, of, gap, known=True))[-1]
    await _done(network, of, here)
    assert [await network.narrow(record), await network.narrow(record)] == [True, False]
    row = await network.registry.row("assignments", "a:1")
    assert row is not None
    assert row["until"] is not None
    assert (await _left(network, of.id))["state"] == state


async def test_the_start_of_the_service_narrows_a_finding_and_says_so_in_the_ledger(network: Opened) -> None:
    await network.acts.add_finding(network.note(), a_session(), narrows=False)
    (record,) = await _lost(network, a_session(), (OTHER,), known=True)
    publishing, lost = SqlPublishing(network.inner), DecisionId("dec_lost")
    assert await publishing.lacking([lost]) == [lost]
    await publishing.apply({**record, "decision_id": lost, "at": IN_THE_GAP})
    assert await publishing.lacking([lost]) == []
    assert (await _left(network, a_session().id))["recused"] == ["w:two"]


async def test_a_record_that_cannot_be_read_is_not_passed_over(network: Opened) -> None:
    await network.acts.add_finding(network.note(), AGREED, narrows=False)
    (record,) = await _lost(network, AGREED, (DECLINE,), known=True)
    altered = {**record["row"], "revision": 7}
    for unread in ({**record, "row": altered}, {**record, "row": {}}, {**record, "kind": "finding_of_old"}):
        with pytest.raises(CorruptionError):
            await network.narrow(unread)


async def _lost(
    network: Opened, of: Finding, steps: tuple[Step, ...], *, known: bool
) -> list[dict[str, Any]]:
    """The records that acts leave in the journal, of acts that the tables then lost."""
    vault = Vault(network.keyring, network.writer.owners)
    records: list[dict[str, Any]] = []

    async def work(tx: Tx) -> None:
        now, note = of, network.note()
        changes = [] if known else [add_finding(vault, note, of, narrows=of.kind in NARROWS_ALONE)]
        for step in steps:
            now = step(now)
            whole = now.document.get("state") == TransferState.COMPLETED
            narrows = now.document.get("state") != TransferState.ACCEPTED
            changes.append(
                sign_transfer(vault, note, now)
                if whole
                else change_finding(vault, note, now, narrows=narrows)
            )
        effects = [await change(tx, IN_THE_GAP) for change in changes]
        told = [one.narrowing for one in effects if one.narrowing is not None]
        records.extend(json.loads(json.dumps([dict(one) for one in told])))
        raise ConflictError("lost")

    with pytest.raises(ConflictError):
        await network.database.transaction(work)
    return records


async def _done(network: Opened, of: Finding, steps: tuple[Step, ...]) -> None:
    for step in steps:
        of = step(of)
        await network.acts.change_finding(network.note(), of, narrows=True)


async def _left(network: Opened, name: FindingId) -> dict[str, Any]:
    found = await network.registry.finding(name)
    assert found is not None
    return {**found.document, "over": found.until_at is not None and found.until_at <= IN_THE_GAP}
