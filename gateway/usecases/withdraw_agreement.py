"""Withdraw an agreement to the other guardian's access: by who gave it, at once."""

from dataclasses import dataclass

from gateway.asking import Refuse, Tried, hidden, own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.caller import Caller
from gateway.domain.findings import FindingKind, ended
from gateway.domain.ids import DecisionId, FindingId
from gateway.domain.ledger import EntryKind
from gateway.ports import ActStore, Clock, Ids, LedgerStore, Policy, RegistryStore
from gateway.reading import inactive
from gateway.registering import acknowledged


@dataclass(frozen=True, slots=True)
class WithdrawAgreement:
    """A check in code, which the entry names: it is her own. It waits for no policy; she alone sees it."""

    registry: RegistryStore
    acts: ActStore
    ledger: LedgerStore
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(
        self, caller: Caller, agreement: FindingId, *, once: Once | None = None
    ) -> Done | Refused:
        """End it at the act's own instant; ended already is ended, another's is as if it did not exist."""
        tried = Tried("withdraw_agreement", caller, {"asked": agreement}, "family_access")
        if not caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        found = await self.registry.finding(agreement)
        own = found is not None and found.kind is FindingKind.AGREEMENT and caller.person is not None
        if found is None or not own or found.document["giver"] != caller.person:
            return await self.refuse(tried, hidden(self.policy.digest))
        note = Note(
            kind=EntryKind.AGREEMENT_WITHDRAWN,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=caller,
            detail={"check": "own_agreement", "agreement": agreement},
            purpose="family_access",
            person=found.person,
            views=own_view(caller.person),
            once=once,
        )
        done = await self.acts.change_finding(note, ended(found, self.clock.now()), narrows=True)
        return await acknowledged(done, self.ledger)
