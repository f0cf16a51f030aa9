"""Keys as the use cases see them: paths of wraps, and secrets without a face."""

from dataclasses import dataclass

from gateway.domain.ids import AgencyId, PersonId


@dataclass(frozen=True, slots=True)
class KeyPath:
    """The wraps between the root key and a fragment's data key, with the versions they were made under."""

    agency: AgencyId
    agency_key_version: int
    agency_wrap: bytes
    person: PersonId
    subject_key_version: int
    subject_wrap: bytes


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """32 bytes that open one fragment version; `repr` shows the fragment's id only."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"DataKey({self.id}, {len(self.secret)} bytes)"
