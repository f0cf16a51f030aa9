"""Legal instruments: what a court or a statute requires to be disclosed, or prohibits (domain rule 3.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.domain.consent import Names, Recipient, check_recipient
from gateway.domain.errors import MalformedError
from gateway.domain.ids import AgencyId
from gateway.domain.instants import Instant
from gateway.domain.registry import check_period

PROHIBITION = "prohibit"


@dataclass(frozen=True, slots=True)
class Instrument:
    """Names whom it is about to reach; no categories is all of them, no purposes the policy's usual ones."""

    type: Literal["require", "prohibit"]
    basis: Literal["court_order", "statutory_demand"]
    recipients: Literal["any"] | tuple[Recipient, ...]
    categories: tuple[str, ...] | None = None
    purposes: tuple[str, ...] | None = None
    from_at: Instant | None = None
    until_at: Instant | None = None
    sealed_from_family: bool = False

    @property
    def names(self) -> Names:
        """Everything that it names, so that each can be looked up."""
        recipients = () if self.recipients == "any" else self.recipients
        return Names(
            owners=frozenset(),
            agencies=frozenset(one.agency for one in recipients if one.agency is not None),
            people=frozenset((one.person, one.agency) for one in recipients if one.person is not None),
            committees=frozenset(one.committee for one in recipients if one.committee is not None),
            roles=frozenset(one.role for one in recipients if one.role is not None),
            purposes=frozenset(self.purposes or ()),
            categories=frozenset(self.categories or ()),
            fragments=frozenset(),
        )

    def to_policy(self) -> dict[str, Any]:
        """Give it as the policy reads it, less its period."""
        document: dict[str, Any] = {"type": self.type, "basis": self.basis, "recipients": "any"}
        if self.recipients != "any":
            document["recipients"] = [one.to_policy() for one in self.recipients]
        if self.categories is not None:
            document["categories"] = list(self.categories)
        if self.purposes is not None:
            document["purposes"] = list(self.purposes)
        if self.sealed_from_family:
            document["sealed_from_family"] = True
        return document


def check_instrument(instrument: Instrument) -> None:
    """Accept an instrument that says whom it reaches.

    Raises:
        MalformedError: A requirement to disclose to anybody; a committee, or a recipient of several kinds; an
            empty period.
    """
    check_period(instrument.from_at, instrument.until_at)
    if instrument.recipients == "any":
        if instrument.type != PROHIBITION:
            raise MalformedError("a requirement names to whom", field="recipients")
        return
    for one in instrument.recipients:
        if one.committee is not None:
            raise MalformedError("an instrument names agencies, roles or persons", field="recipients")
        check_recipient(one.to_policy())


def subject_of(
    subject: Mapping[str, Any], recorded_by: Sequence[str | None], owner: AgencyId
) -> Mapping[str, Any]:
    """Give a person as a decision about one owner's fragments reads her.

    What an agency recorded as required, it has been served with itself: it opens that agency's fragments and
    nobody else's. A prohibition, and what is the network's own, bind every owner.

    Args:
        subject: With all her `orders`.
        recorded_by: The agency that recorded each of them, in the same order; None is the network.
        owner: Whose fragments are asked about.
    """
    if all(agency is None or agency == owner for agency in recorded_by):
        return subject
    orders = [
        order
        for order, agency in zip(subject["orders"], recorded_by, strict=True)
        if agency is None or agency == owner or order["type"] == PROHIBITION
    ]
    return {**subject, "orders": orders}
