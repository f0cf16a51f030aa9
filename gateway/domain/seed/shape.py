"""What a seed holds, as frozen facts; references between them are already checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from gateway.domain.consent import Directive, Recipient
from gateway.domain.findings import FindingKind
from gateway.domain.fragment import Labels
from gateway.domain.ids import (
    AgencyId,
    AssignmentId,
    AuthorityId,
    ClientId,
    DossierId,
    FindingId,
    FragmentId,
    OrderId,
    PersonId,
    SectionId,
    WorkerId,
)
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import AgencyStatus, AuthorityKind, FragmentStatus, Role


@dataclass(frozen=True, slots=True)
class Identity:
    """The token subject behind a worker or a family member."""

    iss: str
    sub: str


@dataclass(frozen=True, slots=True)
class SeedAgency:
    """An agency, or a unit of one (`parent/unit`)."""

    id: AgencyId
    name_fr: str
    name_en: str
    profile: str
    consent_model: str
    status: AgencyStatus
    sector: str | None
    bound_by_secrecy: bool
    protection_mission: bool
    protected: bool


@dataclass(frozen=True, slots=True)
class SeedClient:
    """A registered client: of one agency, or (`agency` None) the family portal; `keys` are public JWKs."""

    id: ClientId
    agency: AgencyId | None
    keys: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class SeedWorker:
    id: WorkerId
    agency: AgencyId
    name: str
    roles: tuple[Role, ...]
    identity: Identity | None
    active: bool
    network_wide: bool
    overdue_reviews: int


@dataclass(frozen=True, slots=True)
class SeedPerson:
    """A child, youth or relative; `capable` is true, false, or the categories she decides alone."""

    id: PersonId
    given_name: str
    family_name: str
    birth_date: date
    capable: bool | tuple[str, ...]
    time_zone: str
    identity: Identity | None


@dataclass(frozen=True, slots=True)
class SeedAuthority:
    """Authority of a person or an agency over a subject, in `[from_at, until_at)`."""

    id: AuthorityId | None
    subject: PersonId
    holder: str
    authority: AuthorityKind
    scope: Literal["all"] | tuple[str, ...]
    from_at: Instant | None
    until_at: Instant | None


@dataclass(frozen=True, slots=True)
class SeedOrder:
    """A legal instrument: it requires or prohibits disclosure to its recipients."""

    id: OrderId
    subject: PersonId
    type: Literal["require", "prohibit"]
    basis: Literal["court_order", "statutory_demand"]
    recipients: Literal["any"] | tuple[Recipient, ...]
    categories: tuple[str, ...] | None
    purposes: tuple[str, ...] | None
    from_at: Instant | None
    until_at: Instant | None
    sealed_from_family: bool


@dataclass(frozen=True, slots=True)
class SeedAssignment:
    id: AssignmentId | None
    worker: WorkerId
    person: PersonId
    from_at: Instant | None
    until_at: Instant | None


@dataclass(frozen=True, slots=True)
class SeedDossier:
    id: DossierId
    person: PersonId


@dataclass(frozen=True, slots=True)
class SeedSection:
    """The content of one section of a structured fragment; its label is in the fragment's `labels`."""

    id: SectionId
    content: Any


@dataclass(frozen=True, slots=True)
class SeedFragment:
    """A document (`text` or `file`) or a structured fragment (`sections`); exactly one of the three.

    `file` is relative to the seed's folder and never leaves it; whoever reads it opens it.
    """

    id: FragmentId | None
    dossier: DossierId
    owner: AgencyId
    labels: Labels
    media_type: str
    filename: str | None
    text: str | None
    file: str | None
    sections: tuple[SeedSection, ...]
    status: FragmentStatus = FragmentStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class SeedFinding:
    """What was found about a person; `document` as it is kept, agencies of workers still to be filled in."""

    id: FindingId | None
    subject: PersonId
    kind: FindingKind
    document: Mapping[str, Any]
    from_at: Instant | None
    until_at: Instant | None


@dataclass(frozen=True, slots=True)
class Seed:
    agencies: tuple[SeedAgency, ...]
    clients: tuple[SeedClient, ...]
    workers: tuple[SeedWorker, ...]
    persons: tuple[SeedPerson, ...]
    authorities: tuple[SeedAuthority, ...]
    orders: tuple[SeedOrder, ...]
    assignments: tuple[SeedAssignment, ...]
    dossiers: tuple[SeedDossier, ...]
    consents: tuple[Directive, ...]
    fragments: tuple[SeedFragment, ...]
    findings: tuple[SeedFinding, ...] = ()
