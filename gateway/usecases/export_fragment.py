"""Take one of an agency's own fragments along as it leaves: sealed for the agency's key, and recorded."""

import base64
import json
from dataclasses import dataclass, replace
from typing import Any, Protocol

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note
from gateway.domain.acts import NO_LINK, Act
from gateway.domain.caller import Caller
from gateway.domain.contexts import SectionSlot
from gateway.domain.facts import FragmentRef
from gateway.domain.fragment import Manifest, SealedContent, SealedSection
from gateway.domain.ids import AgencyId, FragmentId, parents_of
from gateway.domain.instants import Instant, to_text
from gateway.domain.leaving import ExportKey
from gateway.domain.ledger import EntryKind
from gateway.ports import Content, DataKey, OnboardingStore, RegistryStore, Seals
from gateway.registering import Errand, Registrar
from gateway.showing import Show, Shown


class Envelopes(Protocol):
    def seal(self, key: ExportKey, plain: bytes) -> str:
        """Give what only the key's holder opens."""


class SealedStore(Protocol):
    async def sealed(self, ref: FragmentRef) -> SealedContent: ...


@dataclass(frozen=True, slots=True)
class TakenAlong:
    done: Done
    envelope: str


@dataclass(frozen=True, slots=True)
class ExportFragment:
    """Whoever administers an agency reads no content, and need not: it leaves sealed for the agency's key.

    The administrator carries envelopes; who holds the private key is the agency's to say, and was named
    before a second person approved. Every section leaves, for all of it is the agency's own. Each fragment
    is an entry of its own, which the family sees as it sees a release.
    """

    registrar: Registrar
    registry: RegistryStore
    store: OnboardingStore
    sealed: SealedStore
    seals: Seals
    content: Content
    envelopes: Envelopes
    show: Show

    async def __call__(self, caller: Caller, fragment: FragmentId) -> TakenAlong | Refused:
        """Unwrap, record, and only then open and seal anew.

        Raises:
            KeysUnavailableError: The key provider does not answer; nothing was recorded.
        """
        own = caller.agency
        key = None if own is None else await self.store.export_key(own)
        found = await self.store.fragment_ref(fragment)
        ref = None if found is None else found[0]
        hers = ref is not None and own in parents_of(ref.owner)
        detail = {"fragment": fragment}
        errand = Errand(caller, Act.LEAVE_NETWORK, EntryKind.EXPORTED, own, detail)
        if found is None or ref is None or key is None or not hers:
            refused = await self.registrar(replace(errand, besides=NO_LINK), self.registrar.acts.note_act)
            assert isinstance(refused, Refused)
            return refused
        data_key = await self.seals.unwrap(ref.path, ref.id, ref.version, ref.data_wrap)
        content = await self.sealed.sealed(ref)

        async def do(note: Note) -> Done:
            told = replace(note, fragment=ref.id, owner=ref.owner, tells={"category": ref.category})
            told = await self.show(told, Shown(caller, EntryKind.EXPORTED, fragments=(ref.id,)))
            return await self.store.take_along(told, ref.owner)

        done = await self.registrar(replace(errand, person=ref.person), do)
        if isinstance(done, Refused):
            return done
        plain = await self._plain(found, data_key, content)
        return TakenAlong(done, self.envelopes.seal(key, plain))

    async def _plain(
        self, found: tuple[FragmentRef, Manifest, Instant], key: DataKey, content: SealedContent
    ) -> bytes:
        ref, manifest, created_at = found
        person = await self.registry.row("persons", ref.person)
        document: dict[str, Any] = {
            "format": "gateway-export-1",
            "fragment": ref.id,
            "version": ref.version,
            "owner": AgencyId(ref.owner),
            "dossier": ref.dossier,
            "person": None if person is None else person["name"],
            "category": ref.category,
            "created": to_text(created_at),
            "media_type": manifest.media_type,
            "filename": manifest.filename,
            "labels": [section.to_json() for section in manifest.sections],
            "sections": [self._section(key, content, one) for one in content.sections],
        }
        return json.dumps(document, ensure_ascii=False).encode()

    def _section(self, key: DataKey, content: SealedContent, section: SealedSection) -> dict[str, str]:
        kind = "section" if content.structured else "document"
        slot = SectionSlot(section.id, kind, content.media_type)
        if section.sealed is not None:
            plain = key.unseal(slot, section.sealed)
        else:
            assert section.content is not None  # Sealed here or behind the content port.
            pieces = key.unseal_range(
                slot,
                self.content.read_at(section.content),
                sealed_length=self.content.size(section.content),
                start=0,
                stop=section.plain_bytes,
            )
            plain = b"".join(pieces)
        return {"id": section.id, "content_base64": base64.b64encode(plain).decode()}
