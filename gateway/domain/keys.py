"""The way down from the root key to one fragment's key, as the store's rows tell it."""

from dataclasses import dataclass

from gateway.domain.ids import AgencyId, PersonId


@dataclass(frozen=True, slots=True)
class KeyPath:
    """Wrapped keys only: the agency's, and the person's at that agency; each opens in its own row alone."""

    agency: AgencyId
    agency_key_version: int
    agency_wrap: bytes
    person: PersonId
    subject_key_version: int
    subject_wrap: bytes
