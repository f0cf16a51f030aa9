"""What narrowed once narrows again, on every store."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.sql import publishing
from gateway.adapters.sql.acts.findings import add_finding, change_finding
from gateway.adapters.sql.acts.transfers import sign_transfer
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change
from gateway.domain.errors import ConflictError
from gateway.domain.findings import Finding, FindingKind, ended
from gateway.domain.ids import (
    ApprovalId,
    AssignmentId,
    AuthorityId,
    ClientId,
    FindingId,
    OrderId,
    WorkerId,
)
from gateway.domain.instants import Instant
from gateway.domain.meetings import recused, signed
from gateway.domain.registry import (
    NewOrder,
    WorkerChange,
)
from gateway.domain.vocabulary import AgencyStatus
from tests.support.registry_store import (
    AT,
    CLINIC,
    DAY_US,
    SCHOOL,
    ZOE,
    Opened,
    assignment,
    authority,
    fill,
    open_store,
)


@pytest.fixture
async def store(store_url: str, tmp_path: Path) -> AsyncIterator[Opened]:
    async with open_store(store_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def network(store: Opened) -> Opened:
    return await fill(store)


RECORDS: dict[str, dict[str, Any]] = {
    "a suspension": {"kind": "agency_suspended", "agency": SCHOOL, "scopes": ["agency:t:school"]},
    "a disabled client": {"kind": "client_disabled", "client": "c:one", "scopes": ["client:c:one"]},
    "a disabled worker": {
        "kind": "worker_narrowed",
        "worker": "w:two",
        "disabled": True,
        "roles_removed": [],
        "scopes": ["account:w:two"],
    },
    "a role taken away": {
        "kind": "worker_narrowed",
        "worker": "w:two",
        "disabled": False,
        "roles_removed": ["pivot"],
        "scopes": ["account:w:two"],
    },
    "an ended assignment": {"kind": "assignment_ended", "assignment": "a:1", "scopes": ["person:p:zoe"]},
    "an ended requirement": {"kind": "order_ended", "order": "o:1", "scopes": ["person:p:zoe"]},
    "a prohibition": {
        "kind": "prohibition_recorded",
        "row": {
            "id": "o:2",
            "person": "p:zoe",
            "agency": SCHOOL,
            "document": "{}",
            "from_at": None,
            "until_at": None,
        },
        "scopes": ["person:p:zoe"],
    },
    "an ended authority": {"kind": "authority_ended", "authority": "u:1", "scopes": ["person:p:zoe"]},
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
async def test_a_narrowing_act_applies_to_an_older_copy_once(network: Opened, record: dict[str, Any]) -> None:
    await network.acts.assign(network.note(), assignment())
    await network.acts.add_authority(network.note(), authority())
    await network.acts.add_order(network.note(), order())
    before = await network.epoch(record["scopes"][0])
    assert [await network.narrow(record), await network.narrow(record)] == [True, False]
    assert await network.epoch(record["scopes"][0]) == before + 1


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
async def test_a_narrowing_act_about_what_an_older_copy_does_not_know_changes_nothing(
    store: Opened, record: dict[str, Any]
) -> None:
    assert await store.narrow(record) is False


async def test_every_narrowing_act_says_how_to_apply_it_again(network: Opened) -> None:
    acts, note = network.acts, network.note
    await acts.assign(note(), assignment())
    await acts.add_authority(note(), authority())
    await acts.add_order(note(), order())
    journal = {
        "end_assignment": await acts.end_assignment(note(), AssignmentId("a:1")),
        "end_authority": await acts.end_authority(note(), AuthorityId("u:1")),
        "end_instrument": await acts.end_instrument(note(), OrderId("o:1"), ApprovalId("apv_1")),
        "disable_client": await acts.disable_client(note(), ClientId("c:one")),
        "set_worker": await acts.set_worker(note(), WorkerId("w:two"), WorkerChange(active=False), "1"),
        "suspend": await acts.set_agency_status(note(), CLINIC, AgencyStatus.SUSPENDED, "1"),
    }
    held = await network.database.snapshot(_journal)
    assert held == sorted(done.entry.index for done in journal.values() if done.entry is not None)


def order() -> NewOrder:
    document = {"type": "require", "basis": "court_order", "recipients": [{"agency": CLINIC}]}
    return NewOrder(OrderId("o:1"), ZOE, document)


def a_session() -> Finding:
    document = {
        "members": ["w:two"],
        "recused": [],
        "package": ["frg_1"],
        "agencies_at_consent": [SCHOOL],
        "agency": SCHOOL,
    }
    return Finding(FindingId("ses_1"), ZOE, FindingKind.SESSION, document, until_at=Instant(AT + 9 * DAY_US))


async def test_an_older_copy_does_not_revive_a_session_that_was_closed_or_left(network: Opened) -> None:
    acts, session = network.acts, a_session()
    await acts.add_finding(network.note(), session, narrows=False)
    closed = ended(recused(session, "w:two"), Instant(0))
    record = await _lost(
        network,
        change_finding(
            Vault(network.keyring, network.writer.owners),
            network.note(),
            replace(closed, revision=2),
            narrows=True,
        ),
    )
    before = await network.epoch("person:p:zoe")
    assert [await network.narrow(record), await network.narrow(record)] == [True, False]
    assert await network.epoch("person:p:zoe") == before + 1
    found = await network.registry.finding(session.id)
    assert found is not None
    assert (found.revision, found.document["recused"]) == (2, ["w:two"])
    assert found.until_at is not None
    assert found.until_at < AT + 9 * DAY_US


async def test_an_older_copy_learns_of_a_finding_that_it_never_knew(network: Opened) -> None:
    found = Finding(FindingId("fnd_1"), ZOE, FindingKind.HARM, {"to": ["guardian"]})
    vault = Vault(network.keyring, network.writer.owners)
    record = await _lost(network, add_finding(vault, network.note(), found, narrows=True))
    assert await network.registry.finding(found.id) is None
    assert [await network.narrow(record), await network.narrow(record)] == [True, False]
    kept = await network.registry.finding(found.id)
    assert kept is not None
    assert kept.document == {"to": ["guardian"]}


async def test_an_older_copy_ends_the_senders_assignment_with_a_completed_transfer(network: Opened) -> None:
    document = {
        "from_worker": "w:two",
        "to_person": "w:clinic",
        "to_agency": CLINIC,
        "package": ["frg_1"],
        "purpose": "transfer",
        "meeting": None,
        "state": "accepted",
        "signed": ["w:clinic"],
    }
    transfer = Finding(FindingId("trf_1"), ZOE, FindingKind.TRANSFER, document)
    await network.acts.add_finding(network.note(), transfer, narrows=False)
    await network.acts.assign(network.note(), assignment())
    vault = Vault(network.keyring, network.writer.owners)
    record = await _lost(network, sign_transfer(vault, network.note(), signed(transfer, "w:two")))
    assert [await network.narrow(record), await network.narrow(record)] == [True, False]
    row = await network.registry.row("assignments", "a:1")
    assert row is not None
    assert row["until"] is not None


async def _lost(network: Opened, change: Change) -> dict[str, Any]:
    """The record that an act leaves in the journal, of an act that the tables then lost."""
    found: list[dict[str, Any]] = []

    async def work(tx: Tx) -> None:
        effect = await change(tx, Instant(AT + DAY_US))
        assert effect.narrowing is not None
        found.append(json.loads(json.dumps(dict(effect.narrowing))))
        raise ConflictError("lost")

    with pytest.raises(ConflictError):
        await network.database.transaction(work)
    return found[0]


async def _journal(tx: Tx) -> list[int]:
    rows = await publishing.read_journal(tx, 1, 0, 100)
    assert all(int(name.split("-")[1]) == index for index, name, _ in rows)
    return [index for index, _, _ in rows]
