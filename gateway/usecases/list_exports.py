"""List what an agency that leaves takes along."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acts import NO_LINK, Act
from gateway.domain.caller import Caller
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE, Page
from gateway.ports import OnboardingStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class ListExports:
    """Its own fragments and its units', once a second person has approved that it leaves."""

    registrar: Registrar
    store: OnboardingStore

    async def __call__(self, caller: Caller, *, after: str = "") -> Page | Refused:
        """Give `{id, owner, category, status}` of the next ones; what was erased is not there any more."""
        agency = caller.agency
        approved = agency is not None and await self.store.export_key(agency) is not None
        errand = Errand(
            caller,
            Act.LEAVE_NETWORK,
            EntryKind.LISTED,
            agency,
            {"of": agency, "what": "exports"},
            besides=None if approved else NO_LINK,
        )
        answer = await self.registrar(errand, self.registrar.acts.note_act)
        if isinstance(answer, Refused) or agency is None:
            return answer if isinstance(answer, Refused) else Page((), None)
        return Page.of(await self.store.own_fragments(agency, after, PAGE + 1), PAGE)
