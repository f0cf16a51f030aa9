"""List who is assigned to whom in the caller's own agency."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acts import INACTIVE, NOT_FOR_ROLE, Act, reaches
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE, Page
from gateway.ports import RegistryStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class ListAssignments:
    """Whom the table does not list sees her own assignments only."""

    registrar: Registrar
    registry: RegistryStore

    async def __call__(
        self, caller: Caller, *, agency: AgencyId | None = None, after: str = ""
    ) -> Page | Refused:
        """Give `{id, worker, agency, person, from, until}`; `person` is a handle of the caller's agency."""
        over = agency if agency is not None else caller.agency
        where = {"worker": str(caller.worker)}
        objection = None if caller.active else INACTIVE
        if over is not None and reaches(caller, Act.LIST_ASSIGNMENTS, over):
            where = {"agency": str(over)}
        elif caller.worker is None or over != caller.agency:
            objection = objection or NOT_FOR_ROLE
        errand = Errand(caller, Act.LIST_ASSIGNMENTS, EntryKind.LISTED, over, {"of": over})
        answer = await self.registrar.judged(errand, objection, self.registrar.acts.note_act)
        if isinstance(answer, Refused):
            return answer
        rows = await self.registry.rows("assignments", caller, where, after, PAGE + 1)
        return Page.of(rows, PAGE)
