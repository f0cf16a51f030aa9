"""The way down from the root key to one fragment's key, as the store's rows tell it."""

from typing import NamedTuple

from gateway.domain.ids import AgencyId, PersonId


class KeyPath(NamedTuple):
    """Wrapped keys only: the agency's, and the person's at that agency; each opens in its own row alone."""

    agency: AgencyId
    agency_key_version: int
    agency_wrap: bytes
    person: PersonId
    subject_key_version: int
    subject_wrap: bytes
