"""Form a team of an agency's workers."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, TeamId
from gateway.domain.ledger import EntryKind
from gateway.domain.teams import NewTeam, check_team_name
from gateway.ports import Ids, OnboardingStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class FormTeam:
    """A team of nobody, for nobody: who is in it and whom it is assigned to are acts of their own."""

    registrar: Registrar
    store: OnboardingStore
    ids: Ids

    async def __call__(
        self, caller: Caller, agency: AgencyId, name: str, *, once: Once | None = None
    ) -> Done | Refused:
        """Form it under a name that families will read.

        Raises:
            MalformedError: A name that is none.
        """
        team = NewTeam(TeamId(self.ids.new("tea")), agency, check_team_name(name))
        detail = {"team": team.id, "of": agency, "name": team.name}
        errand = Errand(caller, Act.MANAGE_TEAM, EntryKind.TEAM_FORMED, agency, detail, once=once)
        return await self.registrar(errand, lambda note: self.store.form_team(note, team))
