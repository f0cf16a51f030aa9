"""Consents, stops and fragments on both stores: each act one effect, and narrow again from its journal."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from gateway.adapters.sql.acts import consents, deposit, labels, stops
from gateway.adapters.sql.acts.narrowing import apply_narrowing
from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.database import Database, open_database
from gateway.adapters.sql.directives import all_directives, directives_for, newest_directive
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change
from gateway.adapters.sql.migrations import upgrade
from gateway.adapters.sql.publishing import reset_head
from gateway.adapters.sql.reads import ledger, lists
from gateway.adapters.sql.reads.consents import find_stop, list_readers
from gateway.adapters.sql.tables import (
    accounts,
    agencies,
    assignments,
    dossiers,
    fragments,
    persons,
    sections,
    versions,
)
from gateway.adapters.sql.writer import Writer
from gateway.domain.access import View
from gateway.domain.acting import Done, Note, Once
from gateway.domain.consent import ConsentStatus, Directive, ReachKind, StopReach, caller_keys
from gateway.domain.errors import ConflictError, CorruptionError, MalformedError, PreconditionFailedError
from gateway.domain.facts import FragmentRef
from gateway.domain.fragment import Labels, Manifest, SealedSection, SectionLabel
from gateway.domain.ids import ConsentId, DecisionId, DossierId, FragmentId, PersonId, SectionId, StopId
from gateway.domain.instants import Instant
from gateway.domain.keys import KeyPath
from gateway.domain.ledger import EntryKind
from gateway.domain.stopping import refusal_within
from gateway.domain.vocabulary import Role, Sensitivity
from gateway.ports import RecordKeys
from tests.support.consents import CHILD, CLINIC, MOTHER, SCHOOL, a_permit
from tests.support.keys import new_state
from tests.support.registry import AT, Clock, a_caller

LATER = Instant(AT + 1_000_000)
CLINIC_KEYS = caller_keys("w:any", CLINIC, "caseworker", [])
BY_MOTHER = a_caller(Role.GUARDIAN, account=MOTHER)
STOP_ALL = StopReach(ReachKind.ALL)


@dataclass
class Bench:
    """A database with a writer over it, at a clock that moves when told to."""

    database: Database
    writer: Writer
    keys: RecordKeys
    clock: Clock
    made: int = 0

    @property
    def owners(self) -> OwnerKeys:
        return self.writer.owners

    def note(self, kind: EntryKind = EntryKind.CONSENT_GIVEN, once: Once | None = None) -> Note:
        self.made += 1
        name = DecisionId(f"dec_{self.made}")
        return Note(
            kind, name, BY_MOTHER, {"made": self.made}, person=CHILD, views={MOTHER: View.FULL}, once=once
        )

    async def act(self, change: Change, note: Note | None = None) -> Done:
        return await self.writer.act(note or self.note(), change)

    async def give(self, line: Directive, replaces: tuple[ConsentId, int] | None = None) -> Done:
        note = self.note()
        return await self.act(consents.give(self.keys, self.owners, note, line, replaces), note)

    async def withdraw(self, name: str = "cns_permit") -> Done:
        note = self.note(EntryKind.CONSENT_WITHDRAWN)
        return await self.act(consents.withdraw(note, ConsentId(name)), note)

    async def stop(self, reach: StopReach = STOP_ALL) -> Done:
        note = self.note(EntryKind.STOPPED)
        refusal = refusal_within(reach, (ConsentId("cns_stop"), CHILD), MOTHER)
        return await self.act(stops.stop(note, refusal, reach), note)

    async def lines(self) -> dict[tuple[str, int], Directive]:
        found = await self.database.snapshot(lambda tx: all_directives(tx, CHILD))
        return {(one.id, one.version): one for one in found}

    async def live(self) -> set[str]:
        at = self.clock.now()
        found = await self.database.snapshot(lambda tx: directives_for(tx, CHILD, CLINIC_KEYS, at))
        return {one.id for one in found}

    async def apply(self, record: Mapping[str, Any]) -> bool:
        async def work(tx: Tx) -> bool:
            return await apply_narrowing(tx, record, LATER, keys=self.keys, owners=self.owners)

        return await self.database.transaction(work)


@pytest.fixture
async def bench(store_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    await upgrade(store_url)
    database = await open_database(store_url)
    state = await new_state(tmp_path / "state")
    clock = Clock()
    keys: RecordKeys = state.keyring
    await database.transaction(lambda tx: reset_head(tx, 1))
    made = Bench(database, Writer(database, keys, clock), keys, clock)
    await database.transaction(_furnish)
    yield made
    await database.close()


async def _furnish(tx: Tx) -> None:
    body = {
        "name_fr": "Organisme inventé",
        "name_en": "Invented agency",
        "profile": "QC-PRIV",
        "consent_model": "express",
        "bound_by_secrecy": False,
        "protection_mission": False,
        "protected": False,
        "status": "member",
        "revision": 1,
    }
    for agency in (SCHOOL, CLINIC):
        await tx.run(_ADD_AGENCY, id=agency, **body)
    await tx.run(_ADD_PERSON, id=CHILD, attributes=b"", decoy=False, revision=1)
    await tx.run(_ADD_DOSSIER, id="dos_1", person=CHILD, created_at=AT)


_ADD_AGENCY, _ADD_PERSON, _ADD_DOSSIER = insert(agencies), insert(persons), insert(dossiers)
_ADD_ACCOUNT, _ADD_ASSIGNMENT = insert(accounts), insert(assignments)
_FRAGMENTS, _SECTIONS, _VERSIONS = select(fragments), select(sections), select(versions)


def far(line: Directive) -> Directive:
    """Without an end, so that no store's clock can have passed it."""
    return replace(line, until_at=Instant(4_000_000_000_000_000))


async def test_a_line_starts_at_the_acts_own_instant_unless_it_says_when(bench: Bench) -> None:
    done = await bench.give(far(a_permit(from_at=Instant(0))))
    assert done.entry is not None
    line = (await bench.lines())["cns_permit", 1]
    assert line.from_at == done.entry.recorded_at == done.reference["from_at"]


async def test_withdrawing_ends_a_line_at_the_acts_own_instant_and_again_changes_nothing(
    bench: Bench,
) -> None:
    await bench.give(far(a_permit()))
    assert await bench.live() == {"cns_permit"}
    first = await bench.withdraw()
    again = await bench.withdraw()
    assert first.entry is not None
    assert first.reference["withdrawn_at"] == again.reference["withdrawn_at"] == first.entry.recorded_at
    line = (await bench.lines())["cns_permit", 1]
    assert (line.status, line.withdrawn_at) == (ConsentStatus.WITHDRAWN, first.entry.recorded_at)
    assert await bench.live() == set()


async def test_a_repeated_key_brings_the_first_effect_back(bench: Bench) -> None:
    once = Once("key-1", b"\x01" * 32)
    first = bench.note(once=once)
    await bench.act(consents.give(bench.keys, bench.owners, first, far(a_permit()), None), first)
    second = bench.note(once=once)
    other = far(a_permit("cns_other"))
    again = await bench.act(consents.give(bench.keys, bench.owners, second, other, None), second)
    assert (again.replayed, again.reference["consent"]) == (True, "cns_permit")
    assert set(await bench.lines()) == {("cns_permit", 1)}


async def test_a_new_version_supersedes_the_one_it_replaces(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    await bench.give(far(a_permit(version=2, purposes=("assessment",))), (ConsentId("cns_permit"), 1))
    lines = await bench.lines()
    assert lines["cns_permit", 1].status is ConsentStatus.SUPERSEDED
    assert lines["cns_permit", 2].status is ConsentStatus.ACTIVE
    newest = await bench.database.snapshot(lambda tx: newest_directive(tx, ConsentId("cns_permit")))
    assert newest is not None
    assert newest.version == 2


@pytest.mark.parametrize(
    "line",
    [
        a_permit(version=2, giver=PersonId("per_father")),
        a_permit("cns_unknown", version=2),
        a_permit(version=3),
    ],
)
async def test_nobody_replaces_what_is_not_hers_or_not_the_last(bench: Bench, line: Directive) -> None:
    await bench.give(far(a_permit()))
    with pytest.raises(ConflictError):
        await bench.give(far(line), (line.id, line.version - 1))
    assert set(await bench.lines()) == {("cns_permit", 1)}


async def test_how_a_consent_was_given_is_sealed_and_nowhere_else(bench: Bench, store_url: str) -> None:
    await bench.give(far(a_permit(capture={"grantor_name": "Mme Exemple Inventée"})))
    if store_url.startswith("sqlite"):
        path = Path(store_url.removeprefix("sqlite:///"))
        files = [one for one in path.parent.iterdir() if one.is_file()]
        assert all(b"Exemple Invent" not in one.read_bytes() for one in files)
    assert (await bench.lines())["cns_permit", 1].capture == {}


async def test_a_stop_withdraws_her_permits_within_reach_and_refuses_from_then_on(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    await bench.give(far(a_permit("cns_health", categories=("mental_health",))))
    await bench.give(far(a_permit("cns_father", giver=PersonId("per_father"))))
    reach = StopReach(ReachKind.CATEGORY, category="education")
    done = await bench.stop(reach)
    assert done.reference["withdrawn"] == [{"id": "cns_permit", "version": 1}]
    assert await bench.live() == {"cns_health", "cns_father", "cns_stop"}
    row = await bench.database.snapshot(lambda tx: find_stop(tx, StopId(done.reference["stop"])))
    assert row is not None
    assert (row["giver"], row["reach"]["category"], row["undone_at"]) == (MOTHER, "education", None)


async def test_undoing_lifts_the_refusal_and_revives_nothing(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    stopped = await bench.stop()
    note = bench.note(EntryKind.STOP_LIFTED)
    done = await bench.act(stops.undo_stop(note, StopId(stopped.reference["stop"])), note)
    assert await bench.live() == set()
    assert (await bench.lines())["cns_permit", 1].status is ConsentStatus.WITHDRAWN
    note = bench.note(EntryKind.STOP_LIFTED)
    again = await bench.act(stops.undo_stop(note, StopId(stopped.reference["stop"])), note)
    assert again.reference["lifted_at"] == done.reference["lifted_at"]


async def test_withdrawing_a_stops_refusal_lifts_the_stop(bench: Bench) -> None:
    stopped = await bench.stop()
    await bench.withdraw("cns_stop")
    row = await bench.database.snapshot(lambda tx: find_stop(tx, StopId(stopped.reference["stop"])))
    assert row is not None
    assert row["undone_at"] is not None


async def narrowing_of(bench: Bench, change: Change) -> Mapping[str, Any]:
    """The record that an act leaves in the journal, without leaving the act itself."""
    found: list[Mapping[str, Any]] = []

    async def work(tx: Tx) -> None:
        effect = await change(tx, LATER)
        assert effect.narrowing is not None
        found.append(json.loads(json.dumps(dict(effect.narrowing))))
        raise ConflictError("taken back")

    with pytest.raises(ConflictError):
        await bench.database.transaction(work)
    return found[0]


async def test_an_older_copy_learns_a_withdrawal_from_the_journal(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    record = await narrowing_of(bench, consents.withdraw(bench.note(), ConsentId("cns_permit")))
    assert await bench.live() == {"cns_permit"}
    assert await bench.apply(record)
    assert await bench.live() == set()
    assert not await bench.apply(record)


async def test_an_older_copy_learns_a_stop_with_its_refusal_from_the_journal(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    refusal = refusal_within(STOP_ALL, (ConsentId("cns_stop"), CHILD), MOTHER)
    record = await narrowing_of(bench, stops.stop(bench.note(), refusal, STOP_ALL))
    assert await bench.apply(record)
    assert await bench.live() == {"cns_stop"}
    assert not await bench.apply(record)


async def test_a_stop_that_was_lifted_since_is_not_put_back(bench: Bench) -> None:
    refusal = refusal_within(STOP_ALL, (ConsentId("cns_stop"), CHILD), MOTHER)
    record = await narrowing_of(bench, stops.stop(bench.note(), refusal, STOP_ALL))
    await bench.stop()
    await bench.withdraw("cns_stop")
    assert not await bench.apply(record)
    assert await bench.live() == set()


async def test_an_older_copy_learns_a_refusal_and_what_it_replaced(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    denial = a_permit(version=2, decision="deny", until_at=None)
    change = consents.give(bench.keys, bench.owners, bench.note(), denial, (ConsentId("cns_permit"), 1))
    record = await narrowing_of(bench, change)
    assert await bench.apply(record)
    lines = await bench.lines()
    assert lines["cns_permit", 1].status is ConsentStatus.SUPERSEDED
    assert lines["cns_permit", 2].decision == "deny"
    assert not await bench.apply(record)


@pytest.mark.parametrize("record", [{"kind": "unheard_of"}, {"kind": "withdrawn"}, {}])
async def test_a_record_that_is_not_understood_stops_everything(
    bench: Bench, record: Mapping[str, Any]
) -> None:
    with pytest.raises(CorruptionError):
        await bench.apply(record)


# --- Fragments -----------------------------------------------------------------------------------

PATH = KeyPath(SCHOOL, 1, b"wrap", CHILD, 1, b"wrap")
FRAGMENT = FragmentId("frg_1")
TWO = (SectionLabel(SectionId("s1")), SectionLabel(SectionId("s2"), sensitivity=Sensitivity.RESTRICTED))


def a_version(version: int = 1, if_match: str | None = None) -> deposit.Deposited:
    ref = FragmentRef(FRAGMENT, version, DossierId("dos_1"), CHILD, SCHOOL, "education", PATH, b"data wrap")
    labelled = Labels("education", Sensitivity.NORMAL, AT, TWO)
    sealed = [SealedSection(TWO[0].id, 5, b"sealed", None), SealedSection(TWO[1].id, 9, None, "cnt_1")]
    return deposit.Deposited(
        ref,
        labelled,
        Manifest(structured=True, media_type="application/json", sections=TWO),
        sealed,
        if_match,
    )


async def deposited(bench: Bench, version: deposit.Deposited) -> Done:
    note = bench.note(EntryKind.DEPOSITED)
    return await bench.act(deposit.deposit(bench.keys, bench.owners, note, version), note)


async def rows_of(bench: Bench, statement: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any statement
    found = await bench.database.snapshot(lambda tx: tx.all(statement))
    return [dict(one) for one in found]


async def test_a_deposit_is_labelled_at_least_as_high_as_its_sections(bench: Bench) -> None:
    done = await deposited(bench, a_version())
    assert done.reference == {"fragment": FRAGMENT, "version": 1, "etag": "1"}
    row = (await rows_of(bench, _FRAGMENTS))[0]
    assert (row["sensitivity"], row["status"], row["owner"]) == ("R", "active", SCHOOL)
    assert [one["content"] for one in await rows_of(bench, _SECTIONS)] == [None, "cnt_1"]


async def test_the_next_version_needs_the_etag_of_the_one_before(bench: Bench) -> None:
    await deposited(bench, a_version())
    for etag in (None, "7"):
        with pytest.raises(PreconditionFailedError):
            await deposited(bench, a_version(2, etag))
    done = await deposited(bench, a_version(2, '"1"'))
    assert done.reference == {"fragment": FRAGMENT, "version": 2, "etag": "2"}
    with pytest.raises(PreconditionFailedError):
        await deposited(bench, a_version(2, "2"))


async def test_relabelling_never_falls_below_the_sections(bench: Bench) -> None:
    await deposited(bench, a_version())
    lower = Labels("education", Sensitivity.NORMAL, AT, ())
    note = bench.note(EntryKind.RELABELLED)
    done = await bench.act(labels.relabel(bench.keys, bench.owners, note, (FRAGMENT, lower), "1"), note)
    assert done.reference == {"fragment": FRAGMENT, "etag": "2", "sensitivity": "R"}
    open_section = replace(lower, sections=(SectionLabel(SectionId("s2")),))
    note = bench.note(EntryKind.RELABELLED)
    done = await bench.act(
        labels.relabel(bench.keys, bench.owners, note, (FRAGMENT, open_section), "2"), note
    )
    assert done.reference["sensitivity"] == "N"
    unknown = replace(lower, sections=(SectionLabel(SectionId("s9")),))
    note = bench.note(EntryKind.RELABELLED)
    with pytest.raises(MalformedError):
        await bench.act(labels.relabel(bench.keys, bench.owners, note, (FRAGMENT, unknown), "3"), note)


async def test_an_erased_fragment_keeps_neither_key_nor_content_nor_name(bench: Bench) -> None:
    await deposited(bench, a_version())
    await deposited(bench, a_version(2, "1"))
    note = bench.note(EntryKind.ERASED)
    record = await narrowing_of(bench, labels.erase(bench.keys, bench.owners, note, FRAGMENT, "2"))
    done = await bench.act(labels.erase(bench.keys, bench.owners, note, FRAGMENT, "2"), note)
    assert done.reference["content"] == ["cnt_1", "cnt_1"]
    assert (await rows_of(bench, _FRAGMENTS))[0]["status"] == "erased"
    assert [one["data_wrap"] for one in await rows_of(bench, _VERSIONS)] == [None, None]
    assert await rows_of(bench, _SECTIONS) == []
    assert not await bench.apply(record)


async def test_an_older_copy_learns_an_erasure_from_the_journal(bench: Bench) -> None:
    await deposited(bench, a_version())
    record = await narrowing_of(bench, labels.erase(bench.keys, bench.owners, bench.note(), FRAGMENT, "1"))
    assert await bench.apply(record)
    assert (await rows_of(bench, _FRAGMENTS))[0]["status"] == "erased"


# --- Reading -------------------------------------------------------------------------------------


async def test_a_viewer_walks_her_own_chain_newest_first(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    await bench.withdraw()
    await bench.stop()

    async def walk(before: int | None, limit: int) -> list[tuple[int, str]]:
        rows = await bench.database.snapshot(
            lambda tx: ledger.read_chain(tx, bench.keys, bench.owners, (MOTHER, CHILD), (before, limit))
        )
        return [(row["n"], row["kind"]) for row in rows]

    assert await walk(None, 2) == [(3, "stopped"), (2, "consent_withdrawn")]
    assert await walk(2, 2) == [(1, "consent_given")]
    nobody = PersonId("per_father")
    rows = await bench.database.snapshot(
        lambda tx: ledger.read_chain(tx, bench.keys, bench.owners, (nobody, CHILD), (None, 5))
    )
    assert rows == []


async def test_entries_are_found_by_their_columns_and_opened_for_the_officer(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    await bench.withdraw()

    async def search(
        where: Mapping[str, Any], after: tuple[int, int] | None = None
    ) -> list[Mapping[str, Any]]:
        found = await bench.database.snapshot(
            lambda tx: ledger.search_entries(tx, bench.keys, where, after, 10)
        )
        return list(found)

    assert [row["kind"] for row in await search({})] == ["consent_withdrawn", "consent_given"]
    assert len(await search({"person": CHILD, "kind": "consent_given"})) == 1
    assert len(await search({"account": MOTHER})) == 2
    assert await search({"person": "per_nobody"}) == []
    assert await search({"of_agency": SCHOOL}) == []
    assert await search({"until_at": 5}) == []
    newest = (await search({}))[0]
    assert [row["kind"] for row in await search({}, (newest["ledger"], newest["index"]))] == ["consent_given"]
    detail = await bench.database.snapshot(
        lambda tx: ledger.open_detail(tx, bench.keys, bench.owners, newest["ledger"], newest["index"])
    )
    assert detail is not None
    assert (detail["person"], detail["account"]) == (CHILD, MOTHER)


async def test_readers_are_the_assigned_workers_of_now(bench: Bench) -> None:
    account = {
        "kind": "worker",
        "identity": None,
        "roles": json.dumps(["caseworker", "agency_admin"]),
        "network_wide": False,
        "overdue_reviews": 0,
        "attributes": None,
        "revision": 1,
    }

    async def furnish(tx: Tx) -> None:
        for name, active in (("w:one", True), ("w:gone", False)):
            await tx.run(_ADD_ACCOUNT, id=name, agency=CLINIC, active=active, **account)
            row = {"id": f"asg_{name}", "worker": name, "person": CHILD, "from_at": AT, "until_at": LATER}
            await tx.run(_ADD_ASSIGNMENT, **row)

    await bench.database.transaction(furnish)
    now = await bench.database.snapshot(lambda tx: list_readers(tx, CHILD, AT))
    assert [(one["id"], one["role"], one["agency_status"]) for one in now] == [
        ("w:one", "caseworker", "member")
    ]
    assert await bench.database.snapshot(lambda tx: list_readers(tx, CHILD, LATER)) == []


async def test_a_dossier_is_known_to_the_person_and_to_no_stranger(bench: Bench) -> None:
    youth, stranger = a_caller(Role.YOUTH, account=CHILD), a_caller(Role.CASEWORKER)

    async def find(caller: Any, name: str = "dos_1") -> Mapping[str, Any] | None:  # noqa: ANN401
        return await bench.database.snapshot(lambda tx: lists.find_dossier(tx, caller, DossierId(name), AT))

    assert (await find(youth) or {})["person"] == CHILD
    assert await find(stranger) is None
    assert await find(BY_MOTHER) is None
    assert await find(youth, "dos_9") is None
