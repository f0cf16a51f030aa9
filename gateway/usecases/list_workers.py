"""List the workers of the caller's own agency."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE, Page
from gateway.ports import RegistryStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class ListWorkers:
    """A reading with an entry of its own: the account that asks is checked under the same lock."""

    registrar: Registrar
    registry: RegistryStore

    async def __call__(
        self, caller: Caller, *, agency: AgencyId | None = None, after: str = ""
    ) -> Page | Refused:
        """Give `{id, agency, name, roles, active, network_wide, etag}` of an agency's next workers."""
        over = agency if agency is not None else caller.agency
        errand = Errand(caller, Act.LIST_WORKERS, EntryKind.LISTED, over, {"of": over})
        answer = await self.registrar(errand, self.registrar.acts.note_act)
        if isinstance(answer, Refused):
            return answer
        rows = await self.registry.rows("workers", caller, {"agency": str(over)}, after, PAGE + 1)
        return Page.of(rows, PAGE)
