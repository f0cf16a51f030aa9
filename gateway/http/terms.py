"""A consent as it is sent: in the field names of the policy, read into the terms of the domain."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt

from gateway.domain.acting import Once
from gateway.domain.caller import Caller
from gateway.domain.consent import Recipient
from gateway.domain.errors import MalformedError
from gateway.domain.giving import Given, Spoken, Terms
from gateway.domain.ids import ConsentId, FragmentId
from gateway.domain.vocabulary import Sensitivity
from gateway.http.parsing import purpose_or_own
from gateway.http.shapes import AgencyIdentifier, Body, Code, Identifier, Line, Moment, PurposeCode

_MANY = 100
Codes = Literal["any"] | Annotated[list[Code], Field(min_length=1, max_length=_MANY)]
Purposes = Literal["any"] | Annotated[list[PurposeCode], Field(min_length=1, max_length=_MANY)]
Fragments = Annotated[list[Identifier], Field(min_length=1, max_length=_MANY)]


class RecipientNamed(Body):
    """One agency, with its units or not; a role in it; a person; or a committee."""

    agency: AgencyIdentifier | None = None
    include_units: StrictBool = False
    role: Code | None = None
    person: Identifier | None = None
    committee: Identifier | None = None

    def to_recipient(self) -> Recipient:
        return Recipient(self.agency, self.include_units, self.role, self.person, self.committee)


Recipients = Literal["any"] | Annotated[list[RecipientNamed], Field(min_length=1, max_length=_MANY)]


class Exception_(Body):  # noqa: N801 - the domain's word; Python has taken the plain one
    """A carve-out, inside what the consent names."""

    decision: Literal["permit", "deny"]
    recipients: Recipients | None = None
    purposes: Purposes | None = None
    categories: Codes | None = None
    fragments: Fragments | None = None
    max_sensitivity: Sensitivity | None = None

    def to_policy(self) -> Mapping[str, Any]:
        document = self.model_dump(mode="json", exclude_none=True, exclude={"recipients"})
        if self.recipients is not None:
            named = self.recipients
            told = "any" if named == "any" else [one.to_recipient().to_policy() for one in named]
            document["recipients"] = told
        return document


class Period(Body):
    from_: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None


class Evidence(Body):
    method: Literal["written_signed", "electronic", "verbal"]
    grantor_name: Line | None = None
    information_described: StrictBool | Line | None = None
    purposes_explained_how: Line | None = None
    withdrawal_right_explained: StrictBool | Line | None = None


class Replaced(Body):
    id: Identifier
    version: Annotated[StrictInt, Field(ge=1, le=1_000_000)]


class ConsentGiven(Body):
    """`giver` and `evidence` are for a worker who records what somebody said; the family leaves them out."""

    person: Identifier = Field(description="The caller's handle of the person it is about.")
    decision: Literal["permit", "deny"]
    recipients: Recipients = Field(examples=[[{"agency": "ex:clinic"}]])
    owners: Literal["any"] | Annotated[list[AgencyIdentifier], Field(min_length=1, max_length=_MANY)] = "any"
    purposes: Purposes = Field(examples=[["coordination"]])
    categories: Codes = Field(examples=[["education"]])
    from_: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, description="A permit needs one, at most twelve months away.")
    max_sensitivity: Sensitivity | None = None
    data_period: Period | None = None
    fragments: Fragments | None = None
    one_time: StrictBool = False
    notify_family: StrictBool = False
    exceptions: Annotated[list[Exception_], Field(max_length=_MANY)] = Field(default_factory=list)
    giver: Identifier | None = Field(default=None, description="The agency's handle of who spoke.")
    evidence: Evidence | None = None
    replaces: Replaced | None = None
    purpose: PurposeCode | None = Field(default=None, description="By default what the role acts for.")

    def to_terms(self) -> Terms:
        period = self.data_period
        return Terms(
            decision=self.decision,
            recipients=_all_or(self.recipients, RecipientNamed.to_recipient),
            owners=_all_or(self.owners, lambda one: one),
            purposes=_all_or(self.purposes, str),
            categories=_all_or(self.categories, str),
            until_at=self.until,
            from_at=self.from_,
            max_sensitivity=self.max_sensitivity,
            data_period=None if period is None else (period.from_, period.until),
            fragments=None if self.fragments is None else tuple(FragmentId(one) for one in self.fragments),
            one_time=self.one_time,
            notify_family=self.notify_family,
            exceptions=tuple(one.to_policy() for one in self.exceptions),
        )


def to_given(caller: Caller, body: ConsentGiven, once: Once | None) -> Given:
    """Read what was sent.

    Raises:
        MalformedError: Evidence without who spoke, or the reverse.
    """
    if (body.giver is None) != (body.evidence is None):
        raise MalformedError("who spoke is named together with the evidence", field="evidence")
    spoken = None
    if body.giver is not None and body.evidence is not None:
        spoken = Spoken(body.giver, body.evidence.model_dump(exclude_none=True))
    replaces = None if body.replaces is None else (ConsentId(body.replaces.id), body.replaces.version)
    return Given(
        caller=caller,
        person=body.person,
        terms=body.to_terms(),
        purpose=purpose_or_own(caller, body.purpose),
        spoken=spoken,
        replaces=replaces,
        once=once,
    )


def _all_or(named: Any, read: Any) -> Any:  # noqa: ANN401 - "any", or a tuple of what `read` reads
    return "any" if named == "any" else tuple(read(one) for one in named)
