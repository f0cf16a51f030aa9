"""Agencies, clients, workers and persons: what their acts promise, on every store."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.adapters.sql.acts.decoys import DECOYS, list_decoys, plan_decoys, write_decoys
from gateway.adapters.sql.acts.vault import Vault
from gateway.domain.acting import Done
from gateway.domain.acts import ActRefusedError
from gateway.domain.errors import ConflictError, ContendedError, PreconditionFailedError
from gateway.domain.ids import (
    AgencyId,
    ClientId,
    DossierId,
    PersonId,
    WorkerId,
)
from gateway.domain.ledger import EntryKind
from gateway.domain.person import Described
from gateway.domain.registry import (
    Identity,
    LookUp,
    NewAgency,
    NewDossier,
    NewWorker,
    WorkerChange,
)
from gateway.domain.vocabulary import AgencyStatus, Role
from tests.support.registry_store import (
    AT,
    CLINIC,
    MOTHER,
    SCHOOL,
    ZOE,
    Opened,
    caller_of,
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


async def test_an_agency_is_admitted_once_and_a_unit_only_under_its_parent(network: Opened) -> None:
    with pytest.raises(ConflictError):
        await network.acts.add_agency(network.note(), NewAgency(SCHOOL, "É", "S", "QC-PRIV"))
    orphan = NewAgency(AgencyId("t:nobody/unit"), "É", "S", "QC-PRIV")
    with pytest.raises(ConflictError):
        await network.acts.add_agency(network.note(), orphan)


async def test_a_suspension_needs_the_etag_of_what_was_read(network: Opened) -> None:
    with pytest.raises(PreconditionFailedError):
        await network.acts.set_agency_status(network.note(), SCHOOL, AgencyStatus.SUSPENDED, "7")
    before = await network.epoch("agency:t:school")
    done = await network.acts.set_agency_status(network.note(), SCHOOL, AgencyStatus.SUSPENDED, "1")
    row = await network.registry.row("agencies", SCHOOL)
    assert row is not None
    assert (row["status"], row["etag"], done.reference["etag"]) == ("suspended", "2", "2")
    assert await network.epoch("agency:t:school") == before + 1


@pytest.mark.parametrize(("account", "agency"), [("w:caller", "t:school"), ("w:annex", "t:school/annex")])
async def test_nobody_of_a_suspended_agency_or_of_its_units_acts(
    network: Opened, account: str, agency: str
) -> None:
    await network.deposit(SCHOOL)
    await network.acts.set_agency_status(network.note(), SCHOOL, AgencyStatus.SUSPENDED, "1")
    caller = await caller_of(network, account, agency)
    with pytest.raises(ActRefusedError, match="refused") as refused:
        await network.acts.note_act(network.note(caller))
    assert refused.value.objection.reason == "AGENCY_NOT_MEMBER"


async def test_an_act_of_an_account_that_changed_meanwhile_is_contended(network: Opened) -> None:
    caller = await caller_of(network)
    change = WorkerChange(active=False)
    await network.acts.set_worker(network.note(), WorkerId("w:caller"), change, "1")
    with pytest.raises(ContendedError):
        await network.acts.note_act(network.note(caller))


async def test_an_identity_stands_behind_one_worker_of_an_agency(network: Opened) -> None:
    identity = Identity("https://issuer.invalid", "w:two")
    again = NewWorker(WorkerId("w:again"), SCHOOL, "Invented", (Role.PIVOT,), identity)
    with pytest.raises(ConflictError):
        await network.acts.add_worker(network.note(), again)
    elsewhere = replace(again, agency=CLINIC)
    assert isinstance(await network.acts.add_worker(network.note(), elsewhere), Done)


async def test_workers_are_listed_by_agency_with_their_names(network: Opened) -> None:
    rows = await network.registry.rows("workers", None, {"agency": SCHOOL}, "", 10)
    assert [(row["id"], row["name"]) for row in rows] == [
        ("w:caller", "Invented w:caller"),
        ("w:two", "Invented w:two"),
    ]
    rest = await network.registry.rows("workers", None, {"agency": SCHOOL}, "w:caller", 10)
    assert [row["id"] for row in rest] == ["w:two"]


async def test_a_disabled_client_is_disabled_and_an_unknown_one_refused(network: Opened) -> None:
    await network.acts.disable_client(network.note(), ClientId("c:one"))
    row = await network.registry.row("clients", "c:one")
    assert row is not None
    assert row["status"] == "disabled"
    with pytest.raises(ActRefusedError):
        await network.acts.disable_client(network.note(), ClientId("c:none"))


async def look_up(store: Opened, described: Described, agency: str = "t:school") -> tuple[str, PersonId]:
    account = "w:caller" if agency == "t:school" else "w:clinic"
    caller = await caller_of(store, account, agency)
    new = LookUp(described, PersonId(store.ids.new("per")), store.ids.new("hnd"))
    done = await store.acts.match_person(store.note(caller), new)
    assert done.reference.keys() == {"handle"}
    handle = str(done.reference["handle"])
    person = await store.registry.person_of_handle(AgencyId(agency), handle)
    assert person is not None
    return handle, person


async def test_the_same_description_finds_the_same_person_under_one_handle(network: Opened) -> None:
    first = await look_up(network, Described("L'Inventé", "Zoe\u0301", date(2016, 2, 3)))
    second = await look_up(network, Described(" l'inventé", "ZOÉ ", date(2016, 2, 3)))
    assert first == second


async def test_a_handle_is_private_to_its_agency(network: Opened) -> None:
    handle, person = await look_up(network, Described("Essai", "p:zoe", date(2015, 1, 1)))
    theirs, same = await look_up(network, Described("Essai", "p:zoe", date(2015, 1, 1)), "t:clinic")
    assert (person, same) == (ZOE, ZOE)
    assert handle != theirs
    assert await network.registry.person_of_handle(CLINIC, handle) is None


async def test_two_numbers_are_two_persons_and_an_unknown_number_is_learnt(network: Opened) -> None:
    named = Described("Essai", "Jumeau", date(2016, 2, 3))
    _, plain = await look_up(network, named)
    _, learnt = await look_up(network, replace(named, health_number="1234567897"))
    _, other = await look_up(network, replace(named, health_number="9876543217"))
    _, again = await look_up(network, replace(named, given_name="Jumelle", health_number="1234567897"))
    _, bare = await look_up(network, named)
    assert (learnt, again, bare) == (plain, plain, plain)
    assert other != plain


async def test_a_wrong_given_name_beside_a_right_number_finds_nobody_later(network: Opened) -> None:
    twin = Described("Essai", "Jumeau", date(2016, 2, 3), "1234567897")
    _, first = await look_up(network, twin)
    _, mistaken = await look_up(network, replace(twin, given_name="Jumelle"))
    _, sister = await look_up(network, replace(twin, given_name="Jumelle", health_number=None))
    assert mistaken == first
    assert sister != first


async def test_a_dossier_is_opened_once(network: Opened) -> None:
    again = await network.acts.open_dossier(network.note(), NewDossier(DossierId("dos_2"), ZOE))
    assert again.reference == {"dossier": "dos_zoe"}
    with pytest.raises(ConflictError):
        await network.acts.open_dossier(network.note(), NewDossier(DossierId("dos_zoe"), MOTHER))


async def test_decoys_are_there_and_nobody_meets_them(store: Opened) -> None:
    planned = await plan_decoys(store.keyring, store.keyring, store.ids)
    vault = Vault(store.keyring, store.writer.owners)
    await store.database.transaction(lambda tx: write_decoys(tx, vault, planned, AT))
    found = await store.database.snapshot(list_decoys)
    assert len(set(found)) == DECOYS
    assert await store.registry.rows("agencies", None, {}, "", 10) == []
    assert await store.registry.row("agencies", "gateway:none") is None
    assert await store.registry.person_of_handle(None, planned[0].person) is None


async def test_a_ledger_with_anything_in_it_takes_no_seed(store: Opened) -> None:
    assert await store.registry.is_untouched()
    note = store.note(kind=EntryKind.AGENCY_ADMITTED)
    await store.acts.add_agency(note, NewAgency(SCHOOL, "École", "School", "QC-PRIV"))
    assert not await store.registry.is_untouched()
