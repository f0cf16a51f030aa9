"""Read a session of a committee: to who sits in it, works with the person, is she, or decides for her."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.determining import Determine
from gateway.domain.access import Refused
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.findings import FindingKind
from gateway.domain.ids import AgencyId, FindingId
from gateway.domain.meetings import session_shown
from gateway.masking import Mask
from gateway.ports import ListStore


@dataclass(frozen=True, slots=True)
class ReadSession:
    """The family learns when and which agencies; who sits and what lies on the table are the workers'.

    A protected agency is left out where the mask does not let her know of it.
    """

    determine: Determine
    lists: ListStore
    mask: Mask

    async def __call__(self, caller: Caller, session: FindingId) -> Mapping[str, Any] | Refused:
        """Give `{id, person, status, opens, closes, agencies, members, recused, package}`.

        `person` is the caller's handle, if she has one; what is not told is None.
        """
        asked = (session, FindingKind.SESSION)
        found = await self.determine.look(caller, asked, Act.OPEN_SESSION, ("members", "recused"))
        if isinstance(found, Refused):
            return found
        shown = session_shown(found, self.determine.clock.now())
        agencies = [AgencyId(one) for one in shown.pop("agencies_at_consent")]
        hidden = await self.mask(caller, found.person, agencies)
        if caller.is_family:
            shown |= {"members": None, "recused": None, "package": None}
        elif caller.account in found.document["recused"]:
            shown["package"] = None
        handle = await self.lists.handle_of(caller.agency, found.person)
        return {
            "id": found.id,
            "person": handle,
            "agencies": [one for one in agencies if one not in hidden],
            **shown,
        }
