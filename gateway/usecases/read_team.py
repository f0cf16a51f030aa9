"""Read a team: who is on duty in it, and for whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.access import Refused
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import TeamId
from gateway.domain.ledger import EntryKind
from gateway.ports import OnboardingStore
from gateway.registering import Errand, Registrar, known_to


@dataclass(frozen=True, slots=True)
class ReadTeam:
    """A reading with an entry of its own."""

    registrar: Registrar
    store: OnboardingStore

    async def __call__(self, caller: Caller, team: TeamId) -> Mapping[str, Any] | Refused:
        """Give `{id, agency, name, ended, duties, assignments}` of what is not over."""
        row = await self.store.team(team)
        over = known_to(caller, Act.LIST_TEAMS, row)
        errand = Errand(caller, Act.LIST_TEAMS, EntryKind.LISTED, over, {"team": team})
        answer = await self.registrar(errand, self.registrar.acts.note_act)
        if isinstance(answer, Refused) or row is None:
            return answer if isinstance(answer, Refused) else {}
        return {**row, **await self.store.team_in_full(caller, team)}
