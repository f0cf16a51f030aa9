"""Revoke a way in: by whose it is, or by the agency that printed it."""

from dataclasses import dataclass, replace

from gateway.asking import own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note
from gateway.domain.acts import INACTIVE, NO_LINK, Act
from gateway.domain.caller import Caller
from gateway.domain.enrolments import Enrolment, EnrolmentId, EnrolmentKind
from gateway.domain.ids import PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Role
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
        """End it; ended already is ended, another's is as if it did not exist."""
        found = await self.enrolments.enrolment(enrolment)
        is_own = found is not None and found.account == caller.account
        kind = EntryKind.CODE_REVOKED if found is None else _KINDS[found.kind]
        over = None
        if found is not None and not is_own and await self._is_agencys(caller, found):
            over = caller.agency
        known = found if is_own or over is not None else None
        detail = {"asked": enrolment, "check": "own_enrolment" if is_own else "printed_here"}
        person = None if known is None else known.person
        errand = Errand(caller, Act.PRINT_CODE, kind, over, detail, person=person)

        async def do(note: Note) -> Done:
            assert known is not None
            told = {} if known.person is None else own_view(PersonId(known.account))
            return await self.enrolments.revoke(replace(note, views=told), known)

        if is_own or caller.is_family:
            # A check in code, which the entry names: it is her own.
            objection = None if is_own and caller.active else NO_LINK if caller.active else INACTIVE
            return await acknowledged(await self.registrar.judged(errand, objection, do), self.ledger)
        return await acknowledged(await self.registrar(errand, do), self.ledger)

    async def _is_agencys(self, caller: Caller, found: Enrolment) -> bool:
        """Whether her agency printed it, or the code that added it, and she works with the person."""
        if caller.agency is None or found.agency != caller.agency or found.person is None:
            return False
        if caller.role is Role.PRIVACY_OFFICER:
            return True
        return await self.registry.is_linked(caller, found.person, self.clock.now())
