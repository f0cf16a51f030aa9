"""Tell a family what was held back: an officer says so, and a new entry tells it with its own instant."""

from dataclasses import dataclass

from gateway.asking import Refuse, Tried, denied
from gateway.disclosing import Disclosing
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.holding import HELD, Lift
from gateway.domain.ids import NoticeId
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import EnforcementReason
from gateway.ports import TellingActs, TellingStore
from gateway.registering import Errand, Registrar, known_to


@dataclass(frozen=True, slots=True)
class ReleaseNotice:
    """One viewer at a time: what is safe to tell one parent may not be safe to tell the other."""

    telling: TellingStore
    acts: TellingActs
    disclosing: Disclosing
    registrar: Registrar
    refuse: Refuse

    async def __call__(self, caller: Caller, notice: NoticeId, *, once: Once | None = None) -> Done | Refused:
        """Tell it now, as far as its recipient may know of it now.

        Raises:
            ConflictError: It is told already, or the rules do not let its recipient know of it.
        """
        row = await self.telling.notice(notice)
        over = known_to(caller, Act.TELL_FAMILY, None if row is None else {"agency": row["keeper"]})
        errand = Errand(caller, Act.TELL_FAMILY, EntryKind.DISCLOSED, over, {"notice": notice}, once=once)

        async def tell(note: Note) -> Done:
            if row is None or row["kind"] != HELD:
                # Told by this very request, maybe: its idempotency key brings that back.
                return await self.acts.tell(note, notice, None)
            written, says = await self.disclosing(row, note, Lift.RELEASED)
            return await self.acts.tell(written, notice, says)

        try:
            return await self.registrar(errand, tell)
        except (PolicyUnavailableError, PolicyContractError):
            silent = denied(self.registrar.policy.digest, EnforcementReason.POLICY_UNAVAILABLE)
            tried = Tried(str(Act.TELL_FAMILY), caller, {"notice": notice})
            return await self.refuse(tried, silent, unavailable=True)
