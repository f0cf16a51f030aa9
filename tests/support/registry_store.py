"""A store that has begun, on any database, filled with three agencies, four workers and a family."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from gateway.adapters.clock import SystemClock
from gateway.adapters.crypto.keyring import Keyring
from gateway.adapters.crypto.sub_roots import SubRoots
from gateway.adapters.sql.act_store import SqlActs
from gateway.adapters.sql.acts.registry_narrowing import apply_narrowing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.database import Database, open_database
from gateway.adapters.sql.fence import read_epochs
from gateway.adapters.sql.ledger_store import SqlPublishing
from gateway.adapters.sql.migrations import upgrade
from gateway.adapters.sql.read_store import SqlRegistry
from gateway.adapters.sql.store import SqlStore
from gateway.adapters.sql.writer import Writer
from gateway.domain.acting import Note
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive, Recipient
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
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.person import Attributes, Described
from gateway.domain.receipt_parts import ReceiptLabels
from gateway.domain.registry import (
    Identity,
    NewAgency,
    NewAssignment,
    NewAuthority,
    NewClient,
    NewDossier,
    NewPerson,
    NewWorker,
)
from gateway.domain.vocabulary import AuthorityKind, Role, Sensitivity
from tests.support.keys import new_root, private_folder
from tests.support.registry import TERMS, Ids, a_caller

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
    inner: SqlStore
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
        vault = Vault(self.keyring, self.writer.owners)
        return await self.database.transaction(
            lambda tx: apply_narrowing(tx, record, Instant(at), vault=vault)
        )


@asynccontextmanager
async def open_store(url: str, folder: Path) -> AsyncIterator[Opened]:
    """Begin a ledger at `url` under a new root key in `folder`."""
    await upgrade(url)
    database = await open_database(url)
    keyring = Keyring(new_root(private_folder(folder / "keys")), "dep_test", SUB_ROOTS)
    writer = Writer(database, keyring, CLOCK, {"family_access", "coordination"}, TERMS, {})
    inner = SqlStore(database, writer, keyring)
    opened = Opened(
        database,
        inner,
        keyring,
        writer,
        SqlActs(inner, keyring, (), ReceiptLabels()),
        SqlRegistry(inner),
        Ids(),
    )
    await SqlPublishing(inner).begin(1, {}, DecisionId("dec_genesis"))
    try:
        yield opened
    finally:
        await database.close()


async def fill(store: Opened) -> Opened:
    """Write the agencies, a client, the workers and the family, as an operator."""
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
