"""Ask to leave the network: a second person approves, then the agency takes its data along."""

from dataclasses import dataclass
from typing import Protocol

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError
from gateway.domain.ids import AgencyId, ApprovalId
from gateway.domain.instants import Instant
from gateway.domain.leaving import ExportKey, NewLeaving
from gateway.domain.ledger import EntryKind
from gateway.ports import Clock, Ids, OnboardingStore
from gateway.registering import Errand, Registrar


class Envelopes(Protocol):
    """Seals what leaves for a key that is not ours."""

    def check(self, key: ExportKey) -> None:
        """Raises MalformedError where the key is no point of its curve."""


@dataclass(frozen=True, slots=True)
class AskLeaving:
    """By an administrator of exactly the agency; nothing changes before a privacy officer has approved it."""

    registrar: Registrar
    store: OnboardingStore
    envelopes: Envelopes
    clock: Clock
    ids: Ids

    async def __call__(
        self,
        caller: Caller,
        agency: AgencyId,
        key: ExportKey,
        keep_keys_until: Instant,
        *,
        once: Once | None = None,
    ) -> Done | Refused:
        """Ask; `key` is the public one that the agency's archive will be sealed for.

        Raises:
            MalformedError: The key is none, or the keys would be kept until before now.
            ConflictError: The question is open already.
        """
        self.envelopes.check(key)
        if keep_keys_until <= self.clock.now():
            raise MalformedError("keys are kept until an instant to come", field="keep_keys_until")
        new = NewLeaving(agency, key, keep_keys_until, ApprovalId(self.ids.new("apv")))
        detail = {
            "leaving": agency,
            "approval": new.approval,
            "thumbprint": key.thumbprint,
            "keep_keys_until": keep_keys_until,
        }
        errand = Errand(caller, Act.LEAVE_NETWORK, EntryKind.AGENCY_LEAVING, agency, detail, once=once)
        return await self.registrar(errand, lambda note: self.store.ask_leaving(note, new))
