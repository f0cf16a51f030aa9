"""Consents as directives: what a line says, what may be captured, and what a stop withdraws.

A directive is kept in the very form that the policy reads (`to_policy`), so that nothing is translated
between what the family signed and what is evaluated. Immutable versions: a change is a new version.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from gateway.domain.errors import MalformedError
from gateway.domain.ids import AgencyId, ConsentId, FragmentId, PersonId, parents_of
from gateway.domain.instants import Instant, to_text
from gateway.domain.vocabulary import Sensitivity

FROM_THE_ACT = Instant(0)
"""As the start of a line that is being given: from the moment at which the ledger records it."""

MAX_PERMIT_US = 366 * 24 * 3600 * 1_000_000
"""A permit lasts twelve months at most (domain rule C3)."""

WAITS = "waits"
"""In a line's capture: its giver had come by a code on paper, so it starts a day after she gave it."""

Any_ = Literal["any"]


class ConsentStatus(StrEnum):
    REQUESTED = "requested"
    DEFERRED = "deferred"
    DRAFT = "draft"
    ACTIVE = "active"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"


class ReachKind(StrEnum):
    ALL = "all"
    AGENCY = "agency"
    CATEGORY = "category"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Exactly one of: an agency (with its units or not), a role in it, a person, a committee."""

    agency: AgencyId | None = None
    include_units: bool = False
    role: str | None = None
    person: str | None = None
    committee: str | None = None

    def to_policy(self) -> dict[str, Any]:
        named: dict[str, Any] = {"agency": self.agency, "role": self.role, "person": self.person}
        named["committee"] = self.committee
        kept = {key: value for key, value in named.items() if value is not None}
        return {**kept, "include_units": True} if self.include_units else kept

    @property
    def index_key(self) -> str:
        """Under which key the directive is found for a caller whom this recipient may cover."""
        if self.committee is not None:
            return f"committee:{self.committee}"
        if self.person is not None:
            return f"person:{self.person}"
        if self.include_units:
            return f"units:{self.agency}"
        return f"agency:{self.agency}" if self.role is None else f"role:{self.agency}|{self.role}"


def caller_keys(account: str, agency: AgencyId | None, role: str, committees: Iterable[str]) -> list[str]:
    """Every index key under which a directive that could match this caller may stand."""
    keys = ["any", f"person:{account}", *(f"committee:{one}" for one in committees)]
    if agency is not None:
        keys += [f"agency:{agency}", f"role:{agency}|{role}"]
        keys += [f"units:{parent}" for parent in parents_of(agency)]
    return keys


@dataclass(frozen=True, slots=True)
class StopReach:
    """How far a stop goes: everything, one agency, one category, one document."""

    kind: ReachKind
    agency: AgencyId | None = None
    include_units: bool = True
    category: str | None = None
    fragment: FragmentId | None = None

    def holds(self, directive: "Directive") -> bool:
        """Whether this permit lies wholly inside the reach, so that the stop withdraws it (rule C9, C15)."""
        if self.kind is ReachKind.ALL:
            return True
        if self.kind is ReachKind.CATEGORY:
            return directive.categories != "any" and set(directive.categories) == {self.category}
        if self.kind is ReachKind.DOCUMENT:
            return directive.fragments is not None and set(directive.fragments) == {self.fragment}
        return directive.recipients != "any" and all(self._covers(one) for one in directive.recipients)

    def _covers(self, recipient: Recipient) -> bool:
        if recipient.agency is None:
            return False
        if recipient.agency == self.agency:
            return self.include_units or not recipient.include_units
        return self.include_units and self.agency in parents_of(recipient.agency)

    def owners(self, owners: Iterable[AgencyId]) -> list[AgencyId]:
        """The dossier's owners that the refusal binds: never the named agency's own file, nor its units'."""
        return [
            one for one in owners if not (self.kind is ReachKind.AGENCY and self.agency in parents_of(one))
        ]

    def to_policy(self) -> dict[str, Any]:
        named = {"agency": self.agency, "category": self.category, "fragment": self.fragment}
        kept = {key: value for key, value in named.items() if value is not None}
        return {"kind": str(self.kind), "include_units": self.include_units, **kept}


@dataclass(frozen=True, slots=True)
class Directive:
    """One version of a permit or a deny; periods are half-open `[from_at, until_at)`."""

    id: ConsentId
    version: int
    subject: PersonId
    giver: PersonId
    given_as: Literal["self", "guardian"]
    decision: Literal["permit", "deny"]
    recipients: Any_ | tuple[Recipient, ...]
    owners: Any_ | tuple[AgencyId, ...]
    purposes: Any_ | tuple[str, ...]
    categories: Any_ | tuple[str, ...]
    from_at: Instant
    until_at: Instant | None
    max_sensitivity: Sensitivity | None = None
    data_period: tuple[Instant | None, Instant | None] | None = None
    fragments: tuple[FragmentId, ...] | None = None
    one_time: bool = False
    notify_family: bool = False
    exceptions: tuple[Mapping[str, Any], ...] = ()
    status: ConsentStatus = ConsentStatus.ACTIVE
    withdrawn_at: Instant | None = None
    used: bool = False
    reach: StopReach | None = None
    capture: Mapping[str, Any] = field(default_factory=dict)

    @property
    def index_keys(self) -> frozenset[str]:
        if self.recipients == "any":
            return frozenset({"any"})
        return frozenset(one.index_key for one in self.recipients)

    def is_over(self, at: Instant) -> bool:
        """Whether nothing of it can apply at this instant or later; a later start is not over."""
        withdrawn = self.withdrawn_at is not None and self.withdrawn_at <= at
        ended = self.until_at is not None and self.until_at <= at
        return withdrawn or ended or self.used or self.status is not ConsentStatus.ACTIVE

    def lifted_by(self, ends: Instant) -> Instant:
        """When it is over, if somebody ends it from this instant on: what was to end earlier still does."""
        return ends if self.withdrawn_at is None else min(self.withdrawn_at, ends)

    def to_policy(self, owners: Iterable[AgencyId] = ()) -> dict[str, Any]:
        """The directive as the policy reads it; a stop's owners are the dossier's, given here."""
        recipients: Any = self.recipients
        if recipients != "any":
            recipients = [one.to_policy() for one in self.recipients if isinstance(one, Recipient)]
        document: dict[str, Any] = {
            "id": self.id,
            "version": self.version,
            "grantor": {"person": self.giver, "as": self.given_as},
            "decision": self.decision,
            "recipients": recipients,
            "owners": self.reach.owners(owners) if self.reach is not None else _plain(self.owners),
            "purposes": _plain(self.purposes),
            "categories": _plain(self.categories),
            "from": to_text(self.from_at),
            "until": None if self.until_at is None else to_text(self.until_at),
            "status": "superseded"
            if self.status is ConsentStatus.SUPERSEDED
            else _policy_status(self.status),
        }
        document |= self._conditions()
        return document

    def _conditions(self) -> dict[str, Any]:
        conditions: dict[str, Any] = {}
        if self.max_sensitivity is not None:
            conditions["max_sensitivity"] = str(self.max_sensitivity)
        if self.data_period is not None:
            start, end = self.data_period
            conditions["data_period"] = {
                key: to_text(value) for key, value in (("from", start), ("until", end)) if value is not None
            }
        if self.fragments is not None:
            conditions["fragments"] = list(self.fragments)
        if self.withdrawn_at is not None:
            conditions["withdrawn_at"] = to_text(self.withdrawn_at)
        if self.one_time:
            conditions |= {"one_time": True, "used": self.used}
        if self.notify_family:
            conditions["notify_family"] = True
        if self.exceptions:
            conditions["exceptions"] = [dict(one) for one in self.exceptions]
        return conditions


def check_capture(directive: Directive) -> None:
    """Accept a line that may be signed (domain rules 3.1, C3 and C4).

    Raises:
        MalformedError: A permit without an end, longer than twelve months or ending before it starts; a
            line that names nobody; a recipient of no or of several kinds, in an exception too; a ceiling on
            a refusal; a period of data that ends before it starts.
    """
    if directive.until_at is not None and directive.until_at <= directive.from_at:
        raise MalformedError("a consent ends after it starts", field="until")
    if directive.decision == "permit":
        if directive.until_at is None:
            raise MalformedError("a permit needs an end", field="until")
        if directive.until_at - directive.from_at > MAX_PERMIT_US:
            raise MalformedError("a permit lasts twelve months at most", field="until")
    elif directive.max_sensitivity is not None:
        raise MalformedError("a refusal has no ceiling", field="max_sensitivity")
    _check_dimensions(directive)


def _check_dimensions(directive: Directive) -> None:
    for name in ("recipients", "owners", "purposes", "categories"):
        if len(getattr(directive, name)) == 0:
            raise MalformedError("an empty list names nobody; write any", field=name)
    start, end = directive.data_period or (None, None)
    if start is not None and end is not None and end <= start:
        raise MalformedError("a period of data ends after it starts", field="data_period")
    for recipients in (directive.recipients, *(one.get("recipients", "any") for one in directive.exceptions)):
        for one in () if recipients == "any" else recipients:
            check_recipient(one.to_policy() if isinstance(one, Recipient) else one)


def check_recipient(recipient: Mapping[str, Any]) -> None:
    """Accept an agency with its units or not, a role in it, a person, or a committee: never a mixture.

    Raises:
        MalformedError: Anything else.
    """
    named = recipient.keys() - {"include_units"}
    allowed = ({"agency"}, {"agency", "role"}, {"person"}, {"agency", "person"}, {"committee"})
    if named not in allowed or ("include_units" in recipient and named != {"agency"}):
        raise MalformedError("a recipient is one agency, role, person or committee", field="recipients")


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that a line names, its exceptions included; what is written `any` names nothing.

    `people` are pairs of a person and the agency that she is named at, if any.
    """

    owners: frozenset[str]
    agencies: frozenset[str]
    people: frozenset[tuple[str, str | None]]
    committees: frozenset[str]
    roles: frozenset[str]
    purposes: frozenset[str]
    categories: frozenset[str]
    fragments: frozenset[str]

    @classmethod
    def of(cls, directive: Directive) -> "Names":
        """Gather them, so that each can be looked up before the line is signed."""
        line = {**directive.to_policy(), "owners": _plain(directive.owners)}
        parts = [line, *directive.exceptions]

        def listed(name: str) -> list[Any]:
            return [one for part in parts if isinstance(part.get(name), list) for one in part[name]]

        recipients = listed("recipients")
        return cls(
            owners=frozenset(listed("owners")),
            agencies=frozenset(one["agency"] for one in recipients if "agency" in one),
            people=frozenset((one["person"], one.get("agency")) for one in recipients if "person" in one),
            committees=frozenset(one["committee"] for one in recipients if "committee" in one),
            roles=frozenset(one["role"] for one in recipients if "role" in one),
            purposes=frozenset(listed("purposes")),
            categories=frozenset(listed("categories")),
            fragments=frozenset(listed("fragments")),
        )


def _plain(value: Any_ | tuple[str, ...]) -> str | list[str]:
    return "any" if value == "any" else list(value)


def _policy_status(status: ConsentStatus) -> str:
    return "active" if status in {ConsentStatus.ACTIVE, ConsentStatus.WITHDRAWN} else "draft"
