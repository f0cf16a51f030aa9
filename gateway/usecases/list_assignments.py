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
        if over is not None and reaches(caller, Act.LIST_ASSIGNMENTS, over):
            where = {"agency": str(over)}
        elif caller.worker is None or agency not in {None, caller.agency}:
            where = {}
        if not caller.active or not where:
            errand = Errand(caller, Act.LIST_ASSIGNMENTS, EntryKind.LISTED, over, {"of": over})
            return await self.registrar.refuse(errand, NOT_FOR_ROLE if caller.active else INACTIVE)
        rows = await self.registry.rows("assignments", caller, where, after, PAGE + 1)
        return Page.of(rows, PAGE)
