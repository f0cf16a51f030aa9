"""Load a seed into a ledger that holds nothing but its start: every record by its own act, with its entry."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from gateway.domain.acting import Done, Note
from gateway.domain.consent import Directive
from gateway.domain.contexts import SectionSlot
from gateway.domain.errors import ConflictError
from gateway.domain.facts import FragmentRef
from gateway.domain.findings import FindingKind
from gateway.domain.fragment import (
    DOCUMENT_SECTION,
    INLINE_BYTES,
    Manifest,
    SealedSection,
    SectionLabel,
    check_labels,
)
from gateway.domain.ids import (
    AgencyId,
    AssignmentId,
    AuthorityId,
    DecisionId,
    DossierId,
    FindingId,
    FragmentId,
    PersonId,
    SectionId,
)
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import (
    NewDossier,
    check_agency,
    check_period,
    check_scope,
    check_worker_roles,
)
from gateway.domain.seed import Seed
from gateway.domain.seed.shape import SeedFragment
from gateway.domain.vocabulary import AgencyStatus, FragmentStatus
from gateway.ports import (
    ActStore,
    ClientKeyStore,
    Content,
    DataKey,
    Ids,
    KeyReader,
    RegistryStore,
    Seals,
)
from gateway.seeding import (
    ReadFile,
    agency_of,
    assignment_of,
    authority_of,
    client_of,
    finding_of,
    order_of,
    parts_of,
    person_of,
    worker_of,
)

_RECORDED = {
    FindingKind.CAPACITY: EntryKind.CAPACITY_RECORDED,
    FindingKind.HARM: EntryKind.HARM_DETERMINED,
    FindingKind.CONSULTATION: EntryKind.YOUTH_CONSULTED,
    FindingKind.AGREEMENT: EntryKind.AGREEMENT_GIVEN,
    FindingKind.SESSION: EntryKind.SESSION_OPENED,
    FindingKind.TRANSFER: EntryKind.TRANSFER_OFFERED,
}


@dataclass(frozen=True, slots=True)
class _Step:
    """One record to be, as its entry tells it, and the act that writes it."""

    kind: EntryKind
    detail: Mapping[str, Any]
    do: Callable[[Note], Awaitable[Done]]
    person: PersonId | None = None


@dataclass(frozen=True, slots=True)
class LoadSeed:
    """An operator's act: its entries name the operating-system user instead of a caller.

    One record is one transaction. A seed is checked whole before the first is written; what fails on the
    way (a full disk, a lost key) leaves a ledger that takes no second seed.
    """

    acts: ActStore
    registry: RegistryStore
    seals: Seals
    content: Content
    ids: Ids
    client_keys: ClientKeyStore
    read_key: KeyReader
    profiles: frozenset[str]
    categories: frozenset[str]

    async def __call__(
        self,
        seed: Seed,
        *,
        operator: str,
        read_file: ReadFile,
        on_step: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> int:
        """Write the whole seed; gives the number of records.

        Args:
            seed: As `parse_seed` read it, references checked.
            operator: The operating-system user.
            read_file: Opens what the seed names beside it.
            on_step: Told after each record how many are done, of how many.

        Raises:
            ConflictError: The ledger holds more than its start, or two records share an identifier.
            MalformedError: A code is not in the vocabulary of the policy bundle; nothing was written.
        """
        if not await self.registry.is_untouched():
            raise ConflictError("a seed goes only into a ledger that holds nothing but its start")
        self._check(seed, read_file)
        steps = [*self._who(seed), *self._about(seed), *self._what(seed, read_file)]
        for number, step in enumerate(steps, start=1):
            await step.do(self._note(step, operator))
            on_step(number, len(steps))
        await self._restate(seed, operator)
        await self._suspend(seed, operator)
        done = _Step(EntryKind.SEEDED, {"records": len(steps)}, self.acts.note_act)
        await done.do(self._note(done, operator))
        return len(steps)

    def _check(self, seed: Seed, read_file: ReadFile) -> None:
        """Refuse what the policy would not understand, and files that are not there, before writing."""
        for agency in seed.agencies:
            check_agency(agency_of(agency), self.profiles)
        for number, client in enumerate(seed.clients):
            for place, key in enumerate(client.keys):
                self.read_key(key, field=f"clients[{number}].keys[{place}]")
        for worker in seed.workers:
            check_worker_roles(worker.roles)
        for authority in seed.authorities:
            check_period(authority.from_at, authority.until_at)
            check_scope(authority.scope, self.categories)
        for found in seed.findings:
            named = found.document.get("categories", found.document.get("category", "all"))
            check_scope((named,) if isinstance(named, str) and named != "all" else named, self.categories)
        for fragment in seed.fragments:
            check_labels(fragment.labels, categories=self.categories)
            if fragment.file is not None:
                read_file(fragment.file)

    def _who(self, seed: Seed) -> Iterator[_Step]:
        """Give agencies (a unit after its parent), clients and workers."""
        acts = self.acts
        for agency in sorted(map(agency_of, seed.agencies), key=lambda one: one.id.count("/")):
            do = partial(acts.add_agency, agency=agency)
            yield _Step(EntryKind.AGENCY_ADMITTED, {"agency": agency.id}, do)
        for client in map(client_of, seed.clients):
            named = {"client": client.id, "of": client.agency}
            yield _Step(EntryKind.CLIENT_REGISTERED, named, partial(acts.add_client, client=client))
        for owner, key in [
            (one.id, self.read_key(key, field="key")) for one in seed.clients for key in one.keys
        ]:
            add = partial(self.client_keys.add_client_key, client=owner, key=key)
            yield _Step(EntryKind.CLIENT_KEY_ADDED, {"client": owner, "kid": key.kid}, add)
        for worker in map(worker_of, seed.workers):
            detail = {"worker": worker.id, "of": worker.agency, "roles": sorted(worker.roles)}
            yield _Step(EntryKind.WORKER_REGISTERED, detail, partial(acts.add_worker, worker=worker))

    def _about(self, seed: Seed) -> Iterator[_Step]:
        """Give persons, then authorities, orders and assignments."""
        acts = self.acts
        for person in map(person_of, seed.persons):
            yield _Step(EntryKind.PERSON_RECORDED, {}, partial(acts.add_person, person=person), person.id)
        for held in seed.authorities:
            new = authority_of(held, AuthorityId(self.ids.new("aut")))
            about = {"authority": new.id, "holder": new.holder, "authority_kind": str(new.kind)}
            do = partial(acts.add_authority, authority=new)
            yield _Step(EntryKind.AUTHORITY_RECORDED, about, do, new.person)
        for order in map(order_of, seed.orders):
            do = partial(acts.add_order, order=order)
            yield _Step(EntryKind.ORDER_RECORDED, {"order": order.id}, do, order.person)
        for work in seed.assignments:
            assignment = assignment_of(work, AssignmentId(self.ids.new("asg")))
            named = {"assignment": assignment.id, "worker": assignment.worker}
            do = partial(acts.assign, assignment=assignment)
            yield _Step(EntryKind.ASSIGNED, named, do, assignment.person)

    def _what(self, seed: Seed, read_file: ReadFile) -> Iterator[_Step]:
        """Give dossiers, fragments and consents."""
        persons = {dossier.id: dossier.person for dossier in seed.dossiers}
        for dossier in seed.dossiers:
            do = partial(self.acts.open_dossier, dossier=NewDossier(dossier.id, dossier.person))
            yield _Step(EntryKind.PERSON_CHANGED, {"dossier": dossier.id}, do, dossier.person)
        for fragment in seed.fragments:
            detail = {"dossier": fragment.dossier, "category": fragment.labels.category}
            put = partial(self._deposit, fragment=fragment, read_file=read_file)
            yield _Step(EntryKind.DEPOSITED, detail, put, persons[fragment.dossier])
        for consent in seed.consents:
            give = partial(self._give, consent=consent)
            yield _Step(EntryKind.CONSENT_RECORDED, {"version": consent.version}, give, consent.subject)
        for found in seed.findings:
            finding = finding_of(found, FindingId(self.ids.new("fnd")), seed)
            add = partial(self.acts.add_finding, finding=finding, narrows=False)
            yield _Step(_RECORDED[finding.kind], {"finding": finding.id}, add, finding.person)
        for agency, person in sorted(_links(seed, persons)):
            handle = partial(self.acts.add_handle, agency=agency, person=person, handle=self.ids.new("hnd"))
            yield _Step(EntryKind.PERSON_CHANGED, {"known_to": agency}, handle, person)

    async def _give(self, note: Note, consent: Directive) -> Done:
        return await self.acts.give(replace(note, consent=consent.id), consent, None)

    async def _restate(self, seed: Seed, operator: str) -> None:
        """Hold or mark what was deposited, by the id that the seed gives it."""
        persons = {dossier.id: dossier.person for dossier in seed.dossiers}
        for one in seed.fragments:
            if one.status is FragmentStatus.ACTIVE or one.id is None:
                continue
            do = partial(self.acts.set_fragment_status, fragment=one.id, status=one.status, if_match="1")
            kind = EntryKind.MARKED_IN_ERROR
            if one.status is FragmentStatus.OWNER_HOLD:
                kind = EntryKind.FRAGMENT_HELD
            step = _Step(kind, {"fragment": one.id}, do, persons[one.dossier])
            await step.do(self._note(step, operator))

    async def _suspend(self, seed: Seed, operator: str) -> None:
        """Suspend at the end: a suspended agency deposits nothing."""
        to = AgencyStatus.SUSPENDED
        for agency in (one.id for one in seed.agencies if one.status is to):
            do = partial(self.acts.set_agency_status, agency=agency, status=to, if_match="1")
            step = _Step(EntryKind.AGENCY_SUSPENDED, {"agency": agency}, do)
            await step.do(self._note(step, operator))

    def _note(self, step: _Step, operator: str) -> Note:
        detail = {"operator": operator, "act": "seed", **step.detail}
        return Note(step.kind, DecisionId(self.ids.new("dec")), None, detail, person=step.person)

    async def _deposit(self, note: Note, fragment: SeedFragment, read_file: ReadFile) -> Done:
        assert note.person is not None
        name = fragment.id or FragmentId(self.ids.new("frg"))
        path = await self.acts.key_path(fragment.owner, note.person)
        key, wrap = await self.seals.new_data_key(path, name, 1)
        own = fragment.labels.sections or (SectionLabel(DOCUMENT_SECTION),)
        labels = replace(fragment.labels, sensitivity=fragment.labels.effective_sensitivity, sections=own)
        manifest = Manifest(bool(fragment.sections), fragment.media_type, own, fragment.filename)
        sealed = [
            await self._seal(key, manifest, section, plain)
            for section, plain in parts_of(fragment, read_file)
        ]
        ref = FragmentRef(
            id=name,
            version=1,
            dossier=fragment.dossier,
            person=note.person,
            owner=fragment.owner,
            category=labels.category,
            path=path,
            data_wrap=wrap,
        )
        note = replace(note, fragment=name, owner=fragment.owner)
        return await self.acts.deposit(note, ref, labels, manifest, sealed)

    async def _seal(
        self, key: DataKey, manifest: Manifest, section: SectionId, plain: bytes
    ) -> SealedSection:
        slot = SectionSlot(section, "section" if manifest.structured else "document", manifest.media_type)
        if len(plain) <= INLINE_BYTES:
            return SealedSection(section, len(plain), key.seal(slot, plain), None)
        name, sealer = self.ids.new("cnt"), key.sealer(slot)
        chunks = (sealer.header, sealer.update(plain), sealer.finish())
        await asyncio.to_thread(self.content.put, name, chunks)
        return SealedSection(section, len(plain), None, name)


def _links(seed: Seed, persons: Mapping[DossierId, PersonId]) -> set[tuple[AgencyId, PersonId]]:
    """Say which agency knows whom: who holds a fragment of her, and whose worker is assigned to her."""
    agencies = {worker.id: worker.agency for worker in seed.workers}
    held = {(fragment.owner, persons[fragment.dossier]) for fragment in seed.fragments}
    return held | {(agencies[work.worker], work.person) for work in seed.assignments}
