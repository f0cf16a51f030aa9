"""What narrowed once narrows again, on every store."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.sql import publishing
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.issuing_store import SqlIssuing
from gateway.domain.ids import (
    ApprovalId,
    AssignmentId,
    AuthorityId,
    ClientId,
    OrderId,
    WorkerId,
)
from gateway.domain.issuing import ClientKey
from gateway.domain.registry import (
    NewOrder,
    WorkerChange,
)
from gateway.domain.vocabulary import AgencyStatus
from tests.support.registry_store import (
    CLINIC,
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


KEY = ClientKey("a-key", "ES256", {"kty": "EC"})

RECORDS: dict[str, dict[str, Any]] = {
    "a suspension": {"kind": "agency_suspended", "agency": SCHOOL, "scopes": ["agency:t:school"]},
    "a disabled client": {"kind": "client_disabled", "client": "c:one", "scopes": ["client:c:one"]},
    "a retired key": {
        "kind": "client_key_retired",
        "client": "c:one",
        "kid": "a-key",
        "scopes": ["client:c:one"],
    },
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
    await issuing(network).add_client_key(network.note(), ClientId("c:one"), KEY)
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
    await issuing(network).add_client_key(note(), ClientId("c:one"), KEY)
    journal = {
        "end_assignment": await acts.end_assignment(note(), AssignmentId("a:1")),
        "end_authority": await acts.end_authority(note(), AuthorityId("u:1")),
        "end_instrument": await acts.end_instrument(note(), OrderId("o:1"), ApprovalId("apv_1")),
        "retire_key": await issuing(network).retire_client_key(note(), ClientId("c:one"), KEY.kid),
        "disable_client": await acts.disable_client(note(), ClientId("c:one")),
        "set_worker": await acts.set_worker(note(), WorkerId("w:two"), WorkerChange(active=False), "1"),
        "suspend": await acts.set_agency_status(note(), CLINIC, AgencyStatus.SUSPENDED, "1"),
    }
    held = await network.database.snapshot(_journal)
    assert held == sorted(done.entry.index for done in journal.values() if done.entry is not None)


def issuing(network: Opened) -> SqlIssuing:
    return SqlIssuing(network.inner, network.acts)


def order() -> NewOrder:
    document = {"type": "require", "basis": "court_order", "recipients": [{"agency": CLINIC}]}
    return NewOrder(OrderId("o:1"), ZOE, document)


async def _journal(tx: Tx) -> list[int]:
    rows = await publishing.read_journal(tx, 1, 0, 100)
    assert all(int(name.split("-")[1]) == index for index, name, _ in rows)
    return [index for index, _, _ in rows]
