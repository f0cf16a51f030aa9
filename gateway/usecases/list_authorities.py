"""List who may decide for a person, to who is assigned to her or may know of her dossier as her family."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acts import INACTIVE, Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE, Page
from gateway.knowing import Knowing
from gateway.masking import Mask
from gateway.ports import RegistryStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class ListAuthorities:
    """A reading about a person: it has an entry, whatever the answer."""

    registrar: Registrar
    registry: RegistryStore
    knowing: Knowing
    mask: Mask

    async def __call__(self, caller: Caller, handle: str, *, after: str = "") -> Page | Refused:
        """Give `{id, holder, authority, scope, from, until}` of the person behind a handle."""
        person = await self.registry.person_of_handle(caller.agency, handle)
        objection = await self.knowing.objection(caller, person) if caller.active else INACTIVE
        detail = {"act": "list_authorities"}
        errand = Errand(caller, Act.RECORD_AUTHORITY, EntryKind.LISTED, None, detail, person)
        answer = await self.registrar.judged(errand, objection, self.registrar.acts.note_act)
        if isinstance(answer, Refused) or person is None:
            return answer if isinstance(answer, Refused) else Page((), None)
        rows = await self.registry.rows("authorities", caller, {"person": person}, after, PAGE + 1)
        holders = [AgencyId(row["holder"]["agency"]) for row in rows if "agency" in row["holder"]]
        hidden = await self.mask(caller, person, holders)
        told = [
            {**row, "holder": {"agency": None}} if row["holder"].get("agency") in hidden else row
            for row in rows
        ]
        return Page.of(told, PAGE)
