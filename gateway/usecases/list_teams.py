"""List the teams of an agency."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE, Page
from gateway.ports import OnboardingStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class ListTeams:
    """A reading with an entry of its own, as that of the agency's workers."""

    registrar: Registrar
    store: OnboardingStore

    async def __call__(
        self, caller: Caller, *, agency: AgencyId | None = None, after: str = ""
    ) -> Page | Refused:
        """Give `{id, agency, name, ended}` of an agency's next teams."""
        over = agency if agency is not None else caller.agency
        errand = Errand(caller, Act.LIST_TEAMS, EntryKind.LISTED, over, {"of": over})
        answer = await self.registrar(errand, self.registrar.acts.note_act)
        if isinstance(answer, Refused) or over is None:
            return answer if isinstance(answer, Refused) else Page((), None)
        return Page.of(await self.store.teams(over, after, PAGE + 1), PAGE)
