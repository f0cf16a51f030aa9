"""Admit an agency to the network, or a unit to an agency."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewAgency, check_agency
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class AddAgency:
    """Only the network admits: profile, sector and mission decide which law opens whose fragments."""

    registrar: Registrar
    profiles: frozenset[str]

    async def __call__(
        self, caller: Caller, agency: NewAgency, *, once: Once | None = None
    ) -> Done | Refused:
        """Admit it as a member.

        Raises:
            MalformedError: An unknown profile or consent model, or a name of the wrong length.
            ConflictError: The identifier is taken, or the parent is unknown.
        """
        check_agency(agency, self.profiles)
        detail = {
            "agency": agency.id,
            "profile": agency.profile,
            "consent_model": agency.consent_model,
            "sector": agency.sector,
            "bound_by_secrecy": agency.bound_by_secrecy,
            "protection_mission": agency.protection_mission,
            "protected": agency.protected,
        }
        errand = Errand(
            caller, Act.ADMINISTER_NETWORK, EntryKind.AGENCY_ADMITTED, agency.id, detail, once=once
        )
        return await self.registrar(errand, lambda note: self.registrar.acts.add_agency(note, agency))
