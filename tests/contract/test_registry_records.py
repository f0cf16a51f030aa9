"""What the acts of the registry promise, on every store."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.clock import SystemClock
from gateway.adapters.crypto.keyring import Keyring
from gateway.adapters.crypto.sub_roots import SubRoots
from gateway.adapters.sql.act_store import SqlActs
from gateway.adapters.sql.acts.decoys import DECOYS, list_decoys, plan_decoys, write_decoys
from gateway.adapters.sql.acts.registry_narrowing import apply_narrowing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.database import Database, open_database
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.fence import read_epochs
from gateway.adapters.sql.ledger_store import SqlPublishing
from gateway.adapters.sql.migrations import upgrade
from gateway.adapters.sql.read_store import SqlRegistry
from gateway.adapters.sql.store import SqlStore
from gateway.adapters.sql.writer import Writer
from gateway.domain.acting import Done, Note
from gateway.domain.acts import ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive, Recipient
from gateway.domain.errors import ConflictError, ContendedError, MalformedError, PreconditionFailedError
from gateway.domain.facts import FragmentRef
from gateway.domain.fragment import DOCUMENT_SECTION, Labels, Manifest, SealedSection, SectionLabel
from gateway.domain.ids import (
    AgencyId,
    AssignmentId,
    AuthorityId,
    ClientId,
    ConsentId,
    DecisionId,
    DossierId,
    FragmentId,
    PersonId,
    WorkerId,
)
from gateway.domain.instants import Instant, to_text
from gateway.domain.ledger import EntryKind
from gateway.domain.person import Attributes, Described
from gateway.domain.registry import (
    Identity,
    LookUp,
    NewAgency,
    NewAssignment,
    NewAuthority,
    NewClient,
    NewDossier,
    NewPerson,
    NewWorker,
    WorkerChange,
)
from gateway.domain.vocabulary import AgencyStatus, AuthorityKind, Role, Sensitivity
from tests.support.keys import new_root, private_folder
from tests.support.registry import Ids, a_caller

SCHOOL, ANNEX, CLINIC = AgencyId("t:school"), AgencyId("t:school/annex"), AgencyId("t:clinic")
ZOE, MOTHER, FATHER = PersonId("p:zoe"), PersonId("p:mother"), PersonId("p:father")
DAY_US = 86_400_000_000
CLOCK = SystemClock()
AT = CLOCK.now()
SUB_ROOTS = SubRoots(bytes(32), bytes([1]) * 32, bytes([2]) * 32)


@dataclass
class Opened:
    """A store that has begun, with an agency, its unit, another agency, workers and a family."""

    database: Database
    keyring: Keyring
    writer: Writer
    acts: SqlActs
    registry: SqlRegistry
    ids: Ids

    def note(self, caller: Caller | None = None, kind: EntryKind = EntryKind.OPERATED) -> Note:
        epochs = () if caller is None else caller.epochs
        return Note(kind, DecisionId(self.ids.new("dec")), caller, {"act": "test"}, epochs=epochs)

    async def epoch(self, scope: str) -> int:
        return (await self.database.snapshot(lambda tx: read_epochs(tx, [scope]))).get(scope, 0)

    async def deposit(self, owner: AgencyId, person: PersonId = ZOE) -> None:
        """Give this agency a fragment of the person."""
        name = FragmentId(self.ids.new("frg"))
        path = await self.acts.key_path(owner, person)
        _, wrap = await self.keyring.new_data_key(path, name, 1)
        ref = FragmentRef(name, 1, DossierId("dos_zoe"), person, owner, "education", path, wrap)
        own = (SectionLabel(DOCUMENT_SECTION),)
        labels = Labels("education", Sensitivity.NORMAL, AT, own)
        manifest = Manifest(structured=False, media_type="text/plain", sections=own)
        section = SealedSection(DOCUMENT_SECTION, 0, b"", None)
        await self.acts.deposit(self.note(), ref, labels, manifest, [section])

    async def narrow(self, record: dict[str, Any], at: int = AT + DAY_US) -> bool:
        return await self.database.transaction(lambda tx: apply_narrowing(tx, record, Instant(at)))


@pytest.fixture
async def store(store_url: str, tmp_path: Path) -> AsyncIterator[Opened]:
    await upgrade(store_url)
    database = await open_database(store_url)
    keyring = Keyring(new_root(private_folder(tmp_path / "keys")), "dep_test", SUB_ROOTS)
    writer = Writer(database, keyring, CLOCK)
    inner = SqlStore(database, writer, keyring)
    opened = Opened(database, keyring, writer, SqlActs(inner, keyring, ()), SqlRegistry(inner), Ids())
    await SqlPublishing(inner).begin(1, {}, DecisionId("dec_genesis"))
    yield opened
    await database.close()


@pytest.fixture
async def network(store: Opened) -> Opened:
    acts, note = store.acts, store.note
    for agency in (SCHOOL, ANNEX, CLINIC):
        await acts.add_agency(note(), NewAgency(agency, "École", "School", "QC-PRIV"))
    await acts.add_client(note(), NewClient(ClientId("c:one"), SCHOOL))
    for worker, agency in (("w:caller", SCHOOL), ("w:two", SCHOOL), ("w:annex", ANNEX), ("w:clinic", CLINIC)):
        identity = Identity("https://issuer.invalid", worker)
        roles = (Role.PIVOT, Role.PRIVACY_OFFICER)
        await acts.add_worker(
            note(), NewWorker(WorkerId(worker), agency, f"Invented {worker}", roles, identity)
        )
    for person in (ZOE, MOTHER, FATHER):
        described = Described("Essai", person, date(2015, 1, 1))
        await acts.add_person(note(), NewPerson(person, Attributes(described)))
    await acts.open_dossier(note(), NewDossier(DossierId("dos_zoe"), ZOE))
    return store


async def caller_of(store: Opened, account: str = "w:caller", agency: str = "t:school") -> Caller:
    caller = a_caller(Role.PIVOT, account=account, agency=agency)
    scopes = [scope for scope, _ in caller.epochs]
    found = await store.database.snapshot(lambda tx: read_epochs(tx, scopes))
    return replace(caller, epochs=tuple((scope, found.get(scope, 0)) for scope in scopes))


def assignment(worker: str = "w:two", name: str = "a:1", until: int | None = None) -> NewAssignment:
    end = None if until is None else Instant(until)
    return NewAssignment(AssignmentId(name), WorkerId(worker), ZOE, until_at=end)


def authority(
    holder: str = MOTHER, name: str = "u:1", kind: AuthorityKind = AuthorityKind.SOLE
) -> NewAuthority:
    return NewAuthority(AuthorityId(name), ZOE, holder, kind)


def permit(recipient: Recipient, *, from_us: int = AT - DAY_US) -> Directive:
    return Directive(
        id=ConsentId("cns_1"),
        version=1,
        subject=ZOE,
        giver=MOTHER,
        given_as="guardian",
        decision="permit",
        recipients=(recipient,),
        owners="any",
        purposes="any",
        categories="any",
        from_at=Instant(from_us),
        until_at=Instant(from_us + 30 * DAY_US),
    )


# --- Agencies, clients, workers -------------------------------------------------------------------


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


# --- Assignments ----------------------------------------------------------------------------------


async def test_an_agency_without_a_link_assigns_nobody(network: Opened) -> None:
    await network.deposit(CLINIC)
    caller = await caller_of(network)
    with pytest.raises(ActRefusedError):
        await network.acts.assign(network.note(caller), assignment())


async def test_an_agency_that_holds_a_fragment_assigns_its_worker_once(network: Opened) -> None:
    await network.deposit(SCHOOL)
    caller = await caller_of(network)
    before = await network.epoch("person:p:zoe")
    await network.acts.assign(network.note(caller), assignment())
    again = await network.acts.assign(network.note(caller), assignment(name="a:2"))
    assert again.reference == {"assignment": "a:1"}
    assert await network.epoch("person:p:zoe") == before + 1
    two = a_caller(Role.PIVOT, account="w:two")
    assert await network.registry.is_linked(two, ZOE, CLOCK.now())
    assert not await network.registry.is_linked(two, MOTHER, CLOCK.now())


NAMED = {
    "the agency": (Recipient(agency=SCHOOL), True),
    "the agency's role": (Recipient(agency=SCHOOL, role="pivot"), True),
    "another role": (Recipient(agency=SCHOOL, role="caseworker"), False),
    "the worker": (Recipient(person="w:two"), True),
    "the worker in her agency": (Recipient(person="w:two", agency=SCHOOL), True),
    "the worker in another agency": (Recipient(person="w:two", agency=CLINIC), False),
    "another agency": (Recipient(agency=CLINIC), False),
    "the agency's unit": (Recipient(agency=ANNEX), False),
}


@pytest.mark.parametrize(("recipient", "named"), NAMED.values(), ids=NAMED)
async def test_a_live_consent_that_names_them_is_a_link(
    network: Opened, *, recipient: Recipient, named: bool
) -> None:
    await network.acts.give(network.note(), permit(recipient), None)
    attempt = network.acts.assign(network.note(await caller_of(network)), assignment())
    assert await is_done(attempt) is named


@pytest.mark.parametrize(
    ("recipient", "named"),
    [(Recipient(agency=SCHOOL, include_units=True), True), (Recipient(agency=SCHOOL), False)],
)
async def test_a_unit_is_named_with_its_parent_only_where_units_are(
    network: Opened, *, recipient: Recipient, named: bool
) -> None:
    await network.acts.give(network.note(), permit(recipient), None)
    caller = await caller_of(network)
    attempt = network.acts.assign(network.note(caller), assignment("w:annex"))
    assert await is_done(attempt) is named


async def test_a_refusal_and_a_consent_that_is_to_come_are_no_link(network: Opened) -> None:
    caller = await caller_of(network)
    to_come = permit(Recipient(agency=SCHOOL), from_us=AT + DAY_US)
    await network.acts.give(network.note(), to_come, None)
    deny = replace(permit(Recipient(agency=SCHOOL)), id=ConsentId("cns_2"), decision="deny")
    await network.acts.give(network.note(), deny, None)
    assert await is_done(network.acts.assign(network.note(caller), assignment())) is False


async def is_done(attempt: Awaitable[Done]) -> bool:
    try:
        await attempt
    except ActRefusedError:
        return False
    return True


async def test_an_assignment_does_not_end_before_it_starts(network: Opened) -> None:
    with pytest.raises(MalformedError):
        await network.acts.assign(network.note(), assignment(until=AT))


async def test_an_ended_assignment_ends_at_the_act_and_stays_ended(network: Opened) -> None:
    await network.acts.assign(network.note(), assignment())
    done = await network.acts.end_assignment(network.note(), AssignmentId("a:1"))
    assert done.entry is not None
    row = await network.registry.row("assignments", "a:1")
    assert row is not None
    assert (row["until"], row["person"]) == (to_text(done.entry.recorded_at), ZOE)
    assert not await network.registry.is_linked(a_caller(account="w:two"), ZOE, done.entry.recorded_at)


# --- Persons --------------------------------------------------------------------------------------


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


async def test_a_dossier_is_opened_once(network: Opened) -> None:
    again = await network.acts.open_dossier(network.note(), NewDossier(DossierId("dos_2"), ZOE))
    assert again.reference == {"dossier": "dos_zoe"}
    with pytest.raises(ConflictError):
        await network.acts.open_dossier(network.note(), NewDossier(DossierId("dos_zoe"), MOTHER))


# --- Authorities ----------------------------------------------------------------------------------


async def test_an_agency_that_holds_no_fragment_records_no_authority(network: Opened) -> None:
    caller = await caller_of(network)
    with pytest.raises(ActRefusedError):
        await network.acts.add_authority(network.note(caller), authority())
    await network.deposit(SCHOOL)
    await network.acts.add_authority(network.note(caller), authority())
    rows = await network.registry.rows("authorities", caller, {"person": ZOE}, "", 10)
    assert [(row["id"], row["authority"], row["scope"]) for row in rows] == [("u:1", "sole", "all")]


@pytest.mark.parametrize("holder", [SCHOOL, AgencyId("t:school/annex")])
async def test_an_agency_records_no_authority_of_its_own(network: Opened, holder: AgencyId) -> None:
    await network.deposit(SCHOOL)
    caller = await caller_of(network)
    new = authority(holder, kind=AuthorityKind.AGENCY)
    with pytest.raises(ActRefusedError, match="refused") as refused:
        await network.acts.add_authority(network.note(caller), new)
    assert refused.value.objection.reason == "ROLE_NOT_ALLOWED"


async def test_a_worker_records_no_authority_for_herself_as_a_mother(network: Opened) -> None:
    await network.deposit(SCHOOL)
    described = Described("Essai", "Caller", date(1985, 1, 1))
    herself = NewPerson(
        PersonId("p:caller"), Attributes(described), Identity("https://issuer.invalid", "w:caller")
    )
    await network.acts.add_person(network.note(), herself)
    caller = await caller_of(network)
    with pytest.raises(ActRefusedError):
        await network.acts.add_authority(network.note(caller), authority("p:caller"))


async def test_an_agency_holds_an_agencys_authority_and_a_person_any_other(network: Opened) -> None:
    with pytest.raises(MalformedError):
        await network.acts.add_authority(network.note(), authority(CLINIC))
    with pytest.raises(MalformedError):
        await network.acts.add_authority(network.note(), authority(kind=AuthorityKind.AGENCY))
    with pytest.raises(MalformedError):
        await network.acts.add_authority(network.note(), authority(ZOE))
    with pytest.raises(ConflictError):
        await network.acts.add_authority(network.note(), authority("p:none"))


async def test_a_guardian_is_linked_until_her_authority_ends(network: Opened) -> None:
    await network.acts.add_authority(network.note(), authority())
    mother = a_caller(Role.GUARDIAN, account=MOTHER)
    assert await network.registry.is_linked(mother, ZOE, CLOCK.now())
    before = await network.epoch("person:p:zoe")
    await network.acts.end_authority(network.note(), AuthorityId("u:1"))
    assert not await network.registry.is_linked(mother, ZOE, CLOCK.now())
    assert await network.epoch("person:p:zoe") == before + 1


# --- Narrowing acts, again ------------------------------------------------------------------------

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
    "an ended authority": {"kind": "authority_ended", "authority": "u:1", "scopes": ["person:p:zoe"]},
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
async def test_a_narrowing_act_applies_to_an_older_copy_once(network: Opened, record: dict[str, Any]) -> None:
    await network.acts.assign(network.note(), assignment())
    await network.acts.add_authority(network.note(), authority())
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
    journal = {
        "end_assignment": await acts.end_assignment(note(), AssignmentId("a:1")),
        "end_authority": await acts.end_authority(note(), AuthorityId("u:1")),
        "disable_client": await acts.disable_client(note(), ClientId("c:one")),
        "set_worker": await acts.set_worker(note(), WorkerId("w:two"), WorkerChange(active=False), "1"),
        "suspend": await acts.set_agency_status(note(), CLINIC, AgencyStatus.SUSPENDED, "1"),
    }
    held = await network.database.snapshot(_journal)
    assert held == sorted(done.entry.index for done in journal.values() if done.entry is not None)


async def _journal(tx: Tx) -> list[int]:
    from gateway.adapters.sql import publishing  # noqa: PLC0415 - one test only

    rows = await publishing.read_journal(tx, 1, 0)
    return [int(name.split("-")[1]) for name, _ in rows]


# --- Decoys and the start -------------------------------------------------------------------------


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
