"""Suspend an agency with all its units, or restore it."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.errors import PreconditionRequiredError
from gateway.domain.ids import AgencyId
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import AgencyStatus
from gateway.ports import LedgerStore
from gateway.registering import Errand, Registrar, acknowledged


@dataclass(frozen=True, slots=True)
class SetAgencyStatus:
    """From its entry on, nothing is released to a suspended agency, nor to any of its units."""

    registrar: Registrar
    ledger: LedgerStore

    async def __call__(
        self,
        caller: Caller,
        agency: AgencyId,
        status: AgencyStatus,
        *,
        if_match: str,
        once: Once | None = None,
    ) -> Done | Refused:
        """Set the status of an agency whose etag is `if_match`.

        Raises:
            PreconditionRequiredError: No etag was given.
            PreconditionFailedError: The agency has changed since.
        """
        if not if_match:
            raise PreconditionRequiredError("a change names the etag that it is based on", field="If-Match")
        suspends = status is AgencyStatus.SUSPENDED
        kind = EntryKind.AGENCY_SUSPENDED if suspends else EntryKind.AGENCY_RESTORED
        detail = {"agency": agency, "status": str(status)}
        errand = Errand(caller, Act.ADMINISTER_NETWORK, kind, agency, detail, once=once)
        done = await self.registrar(
            errand, lambda note: self.registrar.acts.set_agency_status(note, agency, status, if_match)
        )
        return await acknowledged(done, self.ledger) if suspends else done
