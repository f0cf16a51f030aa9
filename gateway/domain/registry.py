"""The records that the rules rest on, as an act asks for them: agencies, workers, persons, authorities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.domain.errors import MalformedError
from gateway.domain.ids import (
    AgencyId,
    AssignmentId,
    AuthorityId,
    ClientId,
    DossierId,
    OrderId,
    PersonId,
    WorkerId,
)
from gateway.domain.instants import Instant
from gateway.domain.person import Attributes, Described
from gateway.domain.vocabulary import FAMILY_ROLES, AgencyStatus, AuthorityKind, Role

DECOY_AGENCY = AgencyId("gateway:none")
"""Owns the fragments that stand in for unknown ones; never a member, never listed."""

CONSENT_MODELS = frozenset({"express", "presumed", "shared_secret"})

PAGE = 50

NETWORK_ROLES = frozenset({Role.AUDITOR, Role.SYSTEM})
"""Roles that reach beyond one agency: only the network gives them."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an issuer's token names: (`iss`, `sub`)."""

    issuer: str
    subject: str = field(repr=False)

    @property
    def text(self) -> str:
        """What its keyed handle is made of; an issuer holds no line break."""
        return f"{self.issuer}\n{self.subject}"


@dataclass(frozen=True, slots=True)
class NewAgency:
    """An agency, or a unit of one: `parent/unit`, with a profile and a consent model of its own."""

    id: AgencyId
    name_fr: str
    name_en: str
    profile: str
    consent_model: str = "express"
    sector: str | None = None
    bound_by_secrecy: bool = False
    protection_mission: bool = False
    protected: bool = False
    status: AgencyStatus = AgencyStatus.MEMBER


@dataclass(frozen=True, slots=True)
class NewClient:
    """A registered client: of one agency, or (`agency` None) the family portal."""

    id: ClientId
    agency: AgencyId | None


@dataclass(frozen=True, slots=True)
class NewWorker:
    id: WorkerId
    agency: AgencyId
    name: str = field(repr=False)
    roles: tuple[Role, ...]
    identity: Identity | None = None
    active: bool = True
    network_wide: bool = False
    overdue_reviews: int = 0


@dataclass(frozen=True, slots=True)
class WorkerChange:
    """None leaves a field as it is."""

    roles: tuple[Role, ...] | None = None
    active: bool | None = None

    def to_detail(self) -> dict[str, Any]:
        """Say in the entry what changes."""
        roles = None if self.roles is None else sorted(self.roles)
        named = {"roles": roles, "active": self.active}
        return {key: value for key, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A child, youth or relative; with an identity she has an account as youth and guardian."""

    id: PersonId
    attributes: Attributes
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class LookUp:
    """A question for a person, with the identifiers to use where there is none yet.

    `seen` is who was found beforehand, where who may see the act was `judged` for her. One that is `urgent`
    is never too many.
    """

    described: Described
    person: PersonId
    handle: str
    judged: bool = False
    seen: PersonId | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class NewDossier:
    id: DossierId
    person: PersonId


@dataclass(frozen=True, slots=True)
class NewAssignment:
    """`from_at` None starts at the act's own instant."""

    id: AssignmentId
    worker: WorkerId
    person: PersonId
    from_at: Instant | None = None
    until_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class NewAuthority:
    """Authority of a person or an agency (`holder`) over a person, in `[from_at, until_at)`."""

    id: AuthorityId
    person: PersonId
    holder: str
    kind: AuthorityKind
    scope: Literal["all"] | tuple[str, ...] = "all"
    from_at: Instant | None = None
    until_at: Instant | None = None
    evidence: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A legal instrument; `document` is what the policy reads, less its period.

    `agency` is the one that recorded it: what it requires, it requires of that agency's fragments. None is
    the network's own, which binds every agency.
    """

    id: OrderId
    person: PersonId
    document: Mapping[str, Any]
    from_at: Instant | None = None
    until_at: Instant | None = None
    agency: AgencyId | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """At most 50 rows in the order of their ids; `after` asks for the next ones, None at the end."""

    rows: tuple[Mapping[str, Any], ...]
    after: str | None

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]], limit: int) -> "Page":
        """Cut a page out of one row more than it holds."""
        kept = tuple(rows[:limit])
        return cls(kept, str(kept[-1]["id"]) if len(rows) > limit else None)


def check_agency(agency: NewAgency, profiles: frozenset[str]) -> None:
    """Accept an agency whose profile and consent model are known.

    Raises:
        MalformedError: An unknown word, or a name that is empty or too long.
    """
    if agency.profile not in profiles:
        raise MalformedError("a profile is not in the vocabulary", field="profile")
    if agency.consent_model not in CONSENT_MODELS:
        raise MalformedError("a consent model is not in the vocabulary", field="consent_model")
    for name in ("name_fr", "name_en"):
        if not 1 <= len(getattr(agency, name).strip()) <= 200:  # noqa: PLR2004 - a line on a page
            raise MalformedError("an agency has a name of 1 to 200 characters", field=name)


def check_worker_roles(roles: tuple[Role, ...]) -> None:
    """Accept the roles of a professional: one or more, each once, none of the family's.

    Raises:
        MalformedError: None, a role twice, or a family role.
    """
    if not roles or len(set(roles)) != len(roles) or not FAMILY_ROLES.isdisjoint(roles):
        raise MalformedError("a worker has one professional role or more, each once", field="roles")


def check_period(from_at: Instant | None, until_at: Instant | None) -> None:
    """Accept a half-open period that is not empty.

    Raises:
        MalformedError: It ends before it starts, or as it starts.
    """
    if from_at is not None and until_at is not None and until_at <= from_at:
        raise MalformedError("a period ends after it starts", field="until")


def check_scope(scope: Literal["all"] | tuple[str, ...], categories: frozenset[str]) -> None:
    """Accept `all`, or known categories, each once.

    Raises:
        MalformedError: An empty list, an unknown category, or one twice.
    """
    if scope == "all":
        return
    if not scope or len(set(scope)) != len(scope) or not categories.issuperset(scope):
        raise MalformedError("a scope is all, or categories of the vocabulary", field="scope")
