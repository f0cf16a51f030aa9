"""Read a transfer: to its two workers, who works with the person, the person, and who decides for her."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.determining import Determine
from gateway.domain.access import Refused
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.findings import FindingKind
from gateway.domain.ids import AgencyId, FindingId
from gateway.masking import Mask
from gateway.ports import ListStore

_TOLD = ("to_agency", "purpose", "meeting", "state")
_TO_WORKERS = ("from_worker", "to_person", "package", "signed")


@dataclass(frozen=True, slots=True)
class ReadTransfer:
    """The family learns which agency, why and how it stands; who and which documents are the workers'.

    A protected agency is told to whom the mask lets know of it.
    """

    determine: Determine
    lists: ListStore
    mask: Mask

    async def __call__(self, caller: Caller, transfer: FindingId) -> Mapping[str, Any] | Refused:
        """Give `{id, person, to_agency, purpose, meeting, state, from_worker, to_person, package, signed}`.

        `person` is the caller's handle, if she has one; what is not told is None.
        """
        asked = (transfer, FindingKind.TRANSFER)
        found = await self.determine.look(caller, asked, Act.OFFER_TRANSFER, ("from_worker", "to_person"))
        if isinstance(found, Refused):
            return found
        handle = await self.lists.handle_of(caller.agency, found.person)
        shown = {name: found.document[name] for name in _TOLD}
        if await self.mask(caller, found.person, (AgencyId(shown["to_agency"]),)):
            shown["to_agency"] = None
        more = {name: None if caller.is_family else found.document[name] for name in _TO_WORKERS}
        return {"id": found.id, "person": handle, **shown, **more}
