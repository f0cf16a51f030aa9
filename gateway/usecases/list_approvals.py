"""List what waits for a second person, to those who may be her."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE, Page
from gateway.ports import RegistryStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class ListApprovals:
    """A reading with an entry of its own; it needs no policy, so that a policy can be approved."""

    registrar: Registrar
    registry: RegistryStore

    async def __call__(self, caller: Caller, *, after: str = "") -> Page | Refused:
        """Give the open questions that she may answer; never those that she asked herself."""
        errand = Errand(caller, Act.LIST_APPROVALS, EntryKind.LISTED, caller.agency, {})
        answer = await self.registrar(errand, self.registrar.acts.note_act)
        if isinstance(answer, Refused):
            return answer
        return await self.registry.approvals(caller, after, PAGE)
