"""End a team, with all its duties and assignments."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import TeamId
from gateway.domain.ledger import EntryKind
from gateway.ports import LedgerStore, OnboardingStore
from gateway.registering import Errand, Registrar, acknowledged, known_to


@dataclass(frozen=True, slots=True)
class EndTeam:
    """Its end is the act's own instant; no release that rested on the team has a later entry."""

    registrar: Registrar
    store: OnboardingStore
    ledger: LedgerStore

    async def __call__(self, caller: Caller, team: TeamId, *, once: Once | None = None) -> Done | Refused:
        """End it; ended already is ended."""
        over = known_to(caller, Act.MANAGE_TEAM, await self.store.team(team))
        errand = Errand(caller, Act.MANAGE_TEAM, EntryKind.TEAM_ENDED, over, {"team": team}, once=once)
        done = await self.registrar(errand, lambda note: self.store.end_team(note, team))
        return await acknowledged(done, self.ledger)
