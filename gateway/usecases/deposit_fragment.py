"""Deposit a fragment: sealed section by section under a new data key, then linked by one act."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from gateway.asking import Refuse, Tried, denied
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act, objection_to
from gateway.domain.caller import Caller
from gateway.domain.contexts import SectionSlot
from gateway.domain.errors import (
    KeysUnavailableError,
    LedgerUnavailableError,
    MalformedError,
    PreconditionFailedError,
    PreconditionRequiredError,
)
from gateway.domain.facts import FragmentRef
from gateway.domain.fragment import (
    DOCUMENT_SECTION,
    INLINE_BYTES,
    Labels,
    Manifest,
    SealedSection,
    SectionLabel,
    check_labels,
)
from gateway.domain.ids import AgencyId, DossierId, FragmentId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import EnforcementReason
from gateway.ports import ActStore, Clock, Content, DataKey, Ids, ListStore, Policy, Seals, Uploads
from gateway.registering import Errand, Registrar
from gateway.showing import Cell, Show, Shown


@dataclass(frozen=True, slots=True)
class Structured:
    """Labelled sections in order; each part is JSON or text, as bytes."""

    sections: tuple[tuple[SectionLabel, bytes], ...]
    media_type: str = "application/json"
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One file of any media type, as pieces of at most a few MiB each."""

    media_type: str
    pieces: Iterable[bytes] = field(repr=False)
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class Deposit:
    """`follows` is the fragment of which this is the next version, with the etag that the caller saw."""

    caller: Caller
    dossier: DossierId
    labels: Labels
    body: Structured | Document
    follows: tuple[FragmentId, str | None] | None = None
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class DepositFragment:
    """A fragment belongs to the agency whose worker deposits it; nobody deposits for another."""

    lists: ListStore
    acts: ActStore
    registrar: Registrar
    refuse: Refuse
    show: Show
    seals: Seals
    content: Content
    uploads: Uploads
    policy: Policy
    clock: Clock
    ids: Ids
    categories: frozenset[str]

    async def __call__(self, deposit: Deposit) -> Done | Refused:
        """Seal, then link; `reference` is `{fragment, version, etag}`.

        Raises:
            MalformedError: Labels outside the vocabulary, no section, or a section named twice.
            PreconditionRequiredError: A next version without the etag of the one before.
            PreconditionFailedError: The fragment has changed, or cannot have another version.
            BusyError: Too many large documents are on their way in; nothing was recorded.
        """
        labels, manifest = self._labelled(deposit)
        if deposit.follows is not None and deposit.follows[1] is None:
            raise PreconditionRequiredError("a next version needs If-Match", field="If-Match")
        # 1. The table of acts: into a dossier that she may know of, in her own agency's name.
        place = await self._place(deposit)
        errand = Errand(
            deposit.caller,
            Act.DEPOSIT,
            EntryKind.DEPOSITED,
            None if place is None else place.owner,
            {"dossier": deposit.dossier, "category": labels.category, "sections": len(manifest.sections)},
            None if place is None else place.person,
            deposit.once,
        )
        if place is None:
            return await self.registrar(errand, self.acts.note_act)
        # 2. Seal, before the act; what the act does not link is deleted again.
        put: list[str] = []
        try:
            done = await self.registrar(errand, lambda note: self._deposit(note, deposit, place, put))
        except KeysUnavailableError:
            await self._forget(put)
            return await self._without_keys(deposit, place)
        except BaseException:
            await self._forget(put)
            raise
        # 3. Refused, or done before under the same key: then nothing links what was sealed now.
        if isinstance(done, Refused) or done.replayed:
            await self._forget(put)
        return done

    async def refuse_unread(self, caller: Caller, dossier: DossierId) -> Refused | None:
        """Refuse, before the body is read, whom the table of acts would refuse after it; else None.

        The answer is the one that she would get: it tells her no more of the dossier than that one.
        """
        person, owner = await self._within(caller, dossier)
        objection = objection_to(caller, Act.DEPOSIT, owner)
        if objection is None:
            return None
        errand = Errand(caller, Act.DEPOSIT, EntryKind.DEPOSITED, owner, {"dossier": dossier}, person)
        return await self.registrar.refuse(errand, objection)

    async def _within(
        self, caller: Caller, dossier: DossierId
    ) -> tuple[PersonId, AgencyId] | tuple[None, None]:
        """Say about whom she would deposit, in whose name; None in a dossier that is not hers to know of."""
        row = await self.lists.dossier(caller, dossier, self.clock.now())
        if row is None or caller.agency is None:
            return None, None
        return PersonId(row["person"]), caller.agency

    def _labelled(self, deposit: Deposit) -> tuple[Labels, Manifest]:
        """Give the labels, raised to the highest of the sections' (domain rule C5), and the manifest."""
        body = deposit.body
        if isinstance(body, Structured):
            if not body.sections:
                raise MalformedError("a structured fragment has at least one section", field="sections")
            own = tuple(label for label, _ in body.sections)
        else:
            own = (SectionLabel(DOCUMENT_SECTION),)
        labels = replace(deposit.labels, sections=own)
        check_labels(labels, categories=self.categories)
        structured = isinstance(body, Structured)
        manifest = Manifest(structured, body.media_type, own, body.filename)
        return replace(labels, sensitivity=labels.effective_sensitivity), manifest

    async def _place(self, deposit: Deposit) -> "_Place | None":
        """Say where the version goes; None where the dossier, or the fragment, is not hers to know of."""
        person, owner = await self._within(deposit.caller, deposit.dossier)
        if person is None or owner is None:
            return None
        if deposit.follows is None:
            return _Place(FragmentId(self.ids.new("frg")), 1, person, owner)
        fragment, _ = deposit.follows
        row = await self.lists.fragment(fragment)
        if row is None or (row["owner"], row["dossier"]) != (owner, deposit.dossier):
            return None
        return _Place(fragment, row["version"] + 1, person, owner, erased=row["status"] == "erased")

    async def _deposit(self, note: Note, deposit: Deposit, place: "_Place", put: list[str]) -> Done:
        if place.erased:
            raise PreconditionFailedError("an erased fragment has no next version", field="If-Match")
        labels, manifest = self._labelled(deposit)
        path = await self.acts.key_path(place.owner, place.person)
        key, wrap = await self.seals.new_data_key(path, place.fragment, place.version)
        ref = FragmentRef(
            id=place.fragment,
            version=place.version,
            dossier=deposit.dossier,
            person=place.person,
            owner=place.owner,
            category=labels.category,
            path=path,
            data_wrap=wrap,
        )
        sealed = [await self._seal(key, manifest, one, put) for one in _parts(deposit.body)]
        detail = {**note.detail, "version": place.version, "bytes": sum(one.plain_bytes for one in sealed)}
        told = {"category": labels.category}
        note = replace(note, detail=detail, fragment=place.fragment, owner=place.owner, tells=told)
        made = Cell(place.owner, labels.category, place.fragment, labels.youth_alone)
        before = () if deposit.follows is None else (place.fragment,)
        note = await self.show(note, Shown(deposit.caller, EntryKind.DEPOSITED, before, cells=(made,)))
        if_match = None if deposit.follows is None else deposit.follows[1]
        try:
            return await self.acts.deposit(note, ref, labels, manifest, sealed, if_match=if_match)
        except (LedgerUnavailableError, asyncio.CancelledError):
            # It may be committed all the same, only its answer lost: what it links must not be deleted.
            put.clear()
            raise

    async def _seal(
        self, key: DataKey, manifest: Manifest, part: tuple[SectionLabel, Iterable[bytes]], put: list[str]
    ) -> SealedSection:
        """Seal one section: small in memory, large straight to the content port under a random name."""
        label, pieces = part
        slot = SectionSlot(label.id, "section" if manifest.structured else "document", manifest.media_type)
        rest, first, held = iter(pieces), list[bytes](), 0
        while held <= INLINE_BYTES and (piece := next(rest, None)) is not None:
            first.append(piece)
            held += len(piece)
        if held <= INLINE_BYTES:
            return SealedSection(label.id, held, key.seal(slot, b"".join(first)), None)
        name = self.ids.new("cnt")
        put.append(name)
        stream = _Sealing(key, slot, chain(first, rest))
        try:
            await self.uploads.run(lambda: self.content.put(name, stream))
        except asyncio.CancelledError:
            stream.abandoned = True  # The thread may still wait for a piece: it must not keep what it has.
            raise
        return SealedSection(label.id, stream.plain_bytes, None, name)

    async def _forget(self, names: list[str]) -> None:
        for name in names:
            await asyncio.to_thread(self.content.delete, name)

    async def _without_keys(self, deposit: Deposit, place: "_Place") -> Refused:
        detail = {"dossier": deposit.dossier}
        tried = Tried(Act.DEPOSIT, deposit.caller, detail, person=place.person, owner=place.owner)
        silent = denied(self.policy.digest, EnforcementReason.KEYS_UNAVAILABLE)
        return await self.refuse(tried, silent, unavailable=True)


@dataclass(frozen=True, slots=True)
class _Place:
    fragment: FragmentId
    version: int
    person: PersonId
    owner: AgencyId
    erased: bool = False


class AbandonedError(Exception):
    """Ends a thread whose upload nobody waits for any more; nobody sees it."""


class _Sealing:
    """Sealed bytes of a stream as they come, and how many went in."""

    def __init__(self, key: DataKey, slot: SectionSlot, pieces: Iterator[bytes]) -> None:
        self._sealer = key.sealer(slot)
        self._pieces = pieces
        self.plain_bytes = 0
        self.abandoned = False

    def __iter__(self) -> Iterator[bytes]:
        yield self._sealer.header
        for piece in self._pieces:
            self.plain_bytes += len(piece)
            yield self._sealer.update(piece)
        if self.abandoned:
            raise AbandonedError
        yield self._sealer.finish()


def _parts(body: Structured | Document) -> list[tuple[SectionLabel, Iterable[bytes]]]:
    if isinstance(body, Structured):
        return [(label, (content,)) for label, content in body.sections]
    return [(SectionLabel(DOCUMENT_SECTION), body.pieces)]
