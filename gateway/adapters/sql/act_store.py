"""The acts as their ports name them: each a change handed to the one writer."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.adapters.sql.acts import (
    accounts,
    agencies,
    answers,
    approvals,
    assignments,
    authorities,
    clients,
    consents,
    deposit,
    findings,
    instruments,
    labels,
    persons,
    standing,
    statuses,
    stops,
    transfers,
)
from gateway.adapters.sql.acts.paths import require_path
from gateway.adapters.sql.acts.receipts import Receipts
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.effects import Change
from gateway.adapters.sql.store import SqlStore
from gateway.domain.access import Recorded
from gateway.domain.acting import Done, Note
from gateway.domain.acts import NOT_A_MEMBER, Objection
from gateway.domain.approving import Answer
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive, StopReach
from gateway.domain.errors import (
    ConflictError,
    ContendedError,
    LedgerUnavailableError,
    QuarantinedError,
    RejectedError,
)
from gateway.domain.facts import FragmentRef
from gateway.domain.findings import Finding
from gateway.domain.fragment import Labels, Manifest, NewLabels, SealedSection
from gateway.domain.ids import (
    AgencyId,
    ApprovalId,
    AssignmentId,
    AuthorityId,
    ClientId,
    ConsentId,
    FragmentId,
    OrderId,
    PersonId,
    StopId,
    WorkerId,
)
from gateway.domain.keys import KeyPath
from gateway.domain.receipt import StopTold
from gateway.domain.receipt_parts import ReceiptLabels
from gateway.domain.registry import (
    LookUp,
    NewAgency,
    NewAssignment,
    NewAuthority,
    NewClient,
    NewDossier,
    NewOrder,
    NewPerson,
    NewWorker,
    WorkerChange,
)
from gateway.domain.vocabulary import AgencyStatus, FragmentStatus
from gateway.ports import KeyMaker, Mirror


class SqlActs:
    """Every act is one transaction with its entry; what it narrows is put to the mirrors by the signer."""

    def __init__(
        self, store: SqlStore, seals: KeyMaker, mirrors: Sequence[Mirror], said: ReceiptLabels
    ) -> None:
        self._store = store
        self._writer = store.writer
        self._keys = store.keys
        self._owners = store.writer.owners
        self._vault = Vault(store.keys, store.writer.owners)
        self._receipts = Receipts(self._vault, said)
        self._seals = seals
        self._mirrors = mirrors

    async def act(self, note: Note, change: Change) -> Done:
        """Run a change of another store's as one of these acts."""
        return await self._act(note, change)

    async def _act(self, note: Note, change: Change) -> Done:
        try:
            done = await self._writer.act(note, change)
        except ContendedError:
            # Her account may be what has changed: it is read anew before she is told to try again.
            if note.caller is not None:
                self._store.forget_caller(note.caller)
            raise
        journal = done.reference.get("journal")
        if done.entry is None and isinstance(journal, Mapping):
            return await self._journalled(done, journal)
        return done

    async def _journalled(self, done: Done, record: Mapping[str, Any]) -> Done:
        """In quarantine an act that narrows is kept by the mirrors alone, until a ledger can take it."""
        name = f"{0:04d}-{record['at']:020d}-{record['decision_id']}"
        sealed = self._keys.seal_journal(name, json.dumps(record, sort_keys=True).encode())
        held = 0
        for mirror in self._mirrors:
            try:
                await mirror.put_act(name, sealed)
                held += 1
            except ConflictError:
                held += 1  # It holds this act already: a repeat seals the same record anew.
            except OSError:
                continue
        if held == 0:
            raise LedgerUnavailableError("no mirror keeps the act; send it again")
        reference = {key: value for key, value in done.reference.items() if key != "journal"}
        return Done(reference, None, replayed=done.replayed, proven=False)

    async def standing(self, caller: Caller) -> Objection | None:
        agency = caller.agency
        if agency is None:
            return None
        stands = await self._store.database.snapshot(lambda tx: standing.is_member(tx, agency))
        return None if stands else NOT_A_MEMBER

    async def refuse_act(self, note: Note) -> Recorded:
        return await self._entry(note, standing.refuse_act(note))

    async def _entry(self, note: Note, change: Change) -> Recorded:
        done = await self._act(note, change)
        if done.entry is None:
            raise QuarantinedError("the ledger takes no entry until a person has looked")
        return done.entry

    async def note_act(self, note: Note) -> Done:
        return await self._act(note, standing.note_act(note))

    async def object_to(self, note: Note, error: RejectedError) -> Done:
        if note.once is None:
            raise error
        return await self._act(replace(note, epochs=()), standing.object_to(error))

    async def add_agency(self, note: Note, agency: NewAgency) -> Done:
        return await self._act(note, agencies.add_agency(note, agency))

    async def set_agency_status(
        self, note: Note, agency: AgencyId, status: AgencyStatus, if_match: str
    ) -> Done:
        return await self._act(note, agencies.set_agency_status(note, agency, status, if_match))

    async def add_client(self, note: Note, client: NewClient) -> Done:
        return await self._act(note, clients.add_client(note, client))

    async def disable_client(self, note: Note, client: ClientId) -> Done:
        return await self._act(note, clients.disable_client(note, client))

    async def add_worker(self, note: Note, worker: NewWorker) -> Done:
        return await self._act(note, accounts.add_worker(self._vault, note, worker))

    async def set_worker(self, note: Note, worker: WorkerId, change: WorkerChange, if_match: str) -> Done:
        return await self._act(note, accounts.set_worker(note, worker, change, if_match))

    async def assign(self, note: Note, assignment: NewAssignment) -> Done:
        return await self._act(note, assignments.assign(self._vault, note, assignment))

    async def end_assignment(self, note: Note, assignment: AssignmentId) -> Done:
        return await self._act(note, assignments.end_assignment(note, assignment))

    async def match_person(self, note: Note, look_up: LookUp) -> Done:
        return await self._act(note, persons.match_person(self._vault, note, look_up))

    async def add_handle(self, note: Note, agency: AgencyId, person: PersonId, handle: str) -> Done:
        return await self._act(note, persons.add_handle(note, agency, person, handle))

    async def hand_over(self, note: Note, to: AgencyId, handle: str) -> Done:
        return await self._act(note, persons.hand_over(note, to, handle))

    async def add_person(self, note: Note, person: NewPerson) -> Done:
        return await self._act(note, persons.add_person(self._vault, note, person))

    async def open_dossier(self, note: Note, dossier: NewDossier) -> Done:
        return await self._act(note, persons.open_dossier(note, dossier))

    async def add_authority(self, note: Note, authority: NewAuthority) -> Done:
        return await self._act(note, authorities.add_authority(self._vault, note, authority))

    async def end_authority(self, note: Note, authority: AuthorityId) -> Done:
        return await self._act(note, authorities.end_authority(note, authority))

    async def add_order(self, note: Note, order: NewOrder) -> Done:
        return await self._act(note, instruments.add_order(note, order))

    async def ask_authority(self, note: Note, authority: NewAuthority, approval: ApprovalId) -> Done:
        return await self._act(note, authorities.ask_authority(self._vault, note, authority, approval))

    async def record_instrument(
        self,
        note: Note,
        order: NewOrder,
        asked: tuple[ApprovalId, str],
        workers: Collection[tuple[str, str | None]],
    ) -> Done:
        change = instruments.record_instrument(self._vault, note, order, asked, workers)
        return await self._act(note, change)

    async def end_instrument(self, note: Note, instrument: OrderId, approval: ApprovalId) -> Done:
        return await self._act(note, instruments.end_instrument(self._vault, note, instrument, approval))

    async def answer_approval(self, note: Note, approval: ApprovalId, answer: Answer) -> Done:
        return await self._act(note, approvals.answer_approval(self._vault, note, approval, answer))

    async def add_finding(self, note: Note, finding: Finding, *, narrows: bool) -> Done:
        return await self._act(note, findings.add_finding(self._vault, note, finding, narrows=narrows))

    async def change_finding(self, note: Note, finding: Finding, *, narrows: bool) -> Done:
        return await self._act(note, findings.change_finding(self._vault, note, finding, narrows=narrows))

    async def answer_transfer(self, note: Note, transfer: Finding, *, narrows: bool) -> Done:
        return await self._act(note, answers.answer_transfer(note, transfer, self._receipts, narrows=narrows))

    async def refuse_recommendation(self, note: Note, ref: FragmentRef) -> Done:
        return await self._act(note, answers.refuse_recommendation(note, ref, self._receipts))

    async def sign_transfer(self, note: Note, transfer: Finding) -> Done:
        return await self._act(note, transfers.sign_transfer(self._vault, note, transfer))

    async def key_path(self, owner: AgencyId, person: PersonId) -> KeyPath:
        return await require_path(self._store.database, self._seals, owner, person)

    async def deposit(
        self,
        note: Note,
        ref: FragmentRef,
        labels: Labels,
        manifest: Manifest,
        sections: Sequence[SealedSection],
        *,
        if_match: str | None = None,
    ) -> Done:
        made = deposit.Deposited(ref, labels, manifest, sections, if_match)
        return await self._act(note, deposit.deposit(self._keys, self._owners, note, made))

    async def relabel(self, note: Note, fragment: FragmentId, labels_: NewLabels, if_match: str) -> Done:
        change = labels.relabel(self._keys, self._owners, note, (fragment, labels_), if_match)
        return await self._act(note, change)

    async def set_fragment_status(
        self, note: Note, fragment: FragmentId, status: FragmentStatus, if_match: str
    ) -> Done:
        return await self._act(note, statuses.set_fragment_status(note, fragment, status, if_match))

    async def erase(self, note: Note, fragment: FragmentId, if_match: str) -> Done:
        done = await self._act(note, labels.erase(self._keys, self._owners, note, fragment, if_match))
        self._store.forget_sealed(fragment)
        return done

    async def give(self, note: Note, directive: Directive, replaces: tuple[ConsentId, int] | None) -> Done:
        change = consents.give(self._keys, self._owners, note, directive, replaces, self._receipts)
        return await self._act(note, change)

    async def withdraw(self, note: Note, judged: Directive) -> Done:
        return await self._act(note, consents.withdraw(note, judged, self._receipts))

    async def stop(self, note: Note, directive: Directive, reach: StopReach) -> Done:
        return await self._act(note, stops.stop(note, directive, reach, self._receipts))

    async def undo_stop(self, note: Note, stop: StopId) -> Done:
        return await self._act(note, stops.undo_stop(note, stop, self._receipts))

    async def tell_stop(self, note: Note, told: StopTold) -> Done:
        return await self._act(note, stops.tell_stop(note, told, self._receipts))
