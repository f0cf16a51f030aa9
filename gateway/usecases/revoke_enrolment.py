"""Revoke a way in: by whose it is, or by the agency that printed it."""

from dataclasses import dataclass, replace

from gateway.asking import own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note
from gateway.domain.acts import INACTIVE, NO_LINK, SURER_WAY, Act, Objection
from gateway.domain.caller import Caller
from gateway.domain.enrolments import Enrolment, EnrolmentId, EnrolmentKind
from gateway.domain.ids import PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Role
from gateway.domain.widening import code_behind, is_doubtful, may_end
from gateway.ports import Clock, EnrolmentStore, LedgerStore, RegistryStore
from gateway.registering import Errand, Registrar, acknowledged

_KINDS = {EnrolmentKind.CODE: EntryKind.CODE_REVOKED, EnrolmentKind.PASSKEY: EntryKind.PASSKEY_REMOVED}


@dataclass(frozen=True, slots=True)
class RevokeEnrolment:
    """Ends at once what was signed in by it; waits for neither policy nor key provider."""

    registrar: Registrar
    registry: RegistryStore
    enrolments: EnrolmentStore
    ledger: LedgerStore
    clock: Clock

    async def __call__(self, caller: Caller, enrolment: EnrolmentId) -> Done | Refused:
        """End it; ended already is ended, another's is as if it did not exist.

        Who came in by a doubtful way ends no surer one (`SURER_WAY_NEEDED`).
        """
        found = await self.enrolments.enrolment(enrolment)
        is_own = found is not None and found.account == caller.account
        kind = EntryKind.CODE_REVOKED if found is None else _KINDS[found.kind]
        over = None
        if found is not None and not is_own and await self._is_agencys(caller, found):
            over = caller.agency
        known = found if is_own or over is not None else None
        detail = {"asked": enrolment, "check": "own_enrolment" if is_own else "printed_here"}
        person = None if known is None else known.person
        surer, alone = await self._judge(caller, found) if found is not None and is_own else (None, False)
        errand = Errand(caller, Act.PRINT_CODE, kind, over, detail, person=person)

        async def do(note: Note) -> Done:
            assert known is not None
            told = {} if known.person is None else own_view(PersonId(known.account))
            return await self.enrolments.revoke(replace(note, views=told), known, alone=alone)

        if is_own or caller.is_family:
            # A check in code, which the entry names: it is her own.
            objection = INACTIVE if not caller.active else surer if is_own else NO_LINK
            return await acknowledged(await self.registrar.judged(errand, objection, do), self.ledger)
        return await acknowledged(await self.registrar(errand, do), self.ledger)

    async def _judge(self, caller: Caller, way: Enrolment) -> tuple[Objection | None, bool]:
        """Whether her way in is too doubtful to end this one of hers; whether it ends alone.

        By a doubtful way, a code that is not the one behind it ends alone: passkeys that it added may be
        older than their first day. Those that are not she may end one by one.
        """
        at = self.clock.now()
        by = (
            None
            if caller.enrolment is None
            else await self.enrolments.enrolment(EnrolmentId(caller.enrolment))
        )
        if by is None or not is_doubtful(caller, at):
            return None, False
        alone = way.kind is EnrolmentKind.CODE and way.id != code_behind(by)
        return None if may_end(by, way, at) else SURER_WAY, alone

    async def _is_agencys(self, caller: Caller, found: Enrolment) -> bool:
        """Whether her agency printed it, or the code that added it, and she works with the person."""
        if caller.agency is None or found.agency != caller.agency or found.person is None:
            return False
        if caller.role is Role.PRIVACY_OFFICER:
            return True
        return await self.registry.is_linked(caller, found.person, self.clock.now())
