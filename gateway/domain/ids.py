"""Identifiers: past the route, no bare `str` stands for one.

An identifier is opaque, compared byte for byte (no case folding), 1 to 120 characters of
`A-Z a-z 0-9 : . _ -`; an agency's may also hold `/`, which separates a unit from its parent.
The gateway makes its own as a three-letter prefix, `_` and 26 characters of Crockford base 32.
"""

import re
from typing import Final, NewType

from gateway.domain.errors import MalformedError

AgencyId = NewType("AgencyId", str)
ClientId = NewType("ClientId", str)
WorkerId = NewType("WorkerId", str)
PersonId = NewType("PersonId", str)
DossierId = NewType("DossierId", str)
FragmentId = NewType("FragmentId", str)
SectionId = NewType("SectionId", str)
ConsentId = NewType("ConsentId", str)
StopId = NewType("StopId", str)
AuthorityId = NewType("AuthorityId", str)
OrderId = NewType("OrderId", str)
ApprovalId = NewType("ApprovalId", str)
AssignmentId = NewType("AssignmentId", str)
DecisionId = NewType("DecisionId", str)
FindingId = NewType("FindingId", str)
NoticeId = NewType("NoticeId", str)
ReviewId = NewType("ReviewId", str)
ReceiptId = NewType("ReceiptId", str)
SignInId = NewType("SignInId", str)
TeamId = NewType("TeamId", str)
DutyId = NewType("DutyId", str)

CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""The digits of Crockford base 32."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,119}\Z")
_AGENCY = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,79}(?:/[A-Za-z0-9][A-Za-z0-9:._-]{0,39}){0,3}\Z")


def parse_id(text: object, *, field: str) -> str:
    """Return `text` if it has the shape of an identifier.

    Raises:
        MalformedError: Any other shape; the text is not repeated.
    """
    if not isinstance(text, str) or not _PLAIN.match(text):
        raise MalformedError("an identifier has the wrong shape", field=field)
    return text


def parse_agency_id(text: object, *, field: str = "agency") -> AgencyId:
    """Return `text` if it has the shape of an agency's identifier (unit = parent + "/" + name).

    Raises:
        MalformedError: Any other shape; the text is not repeated.
    """
    if not isinstance(text, str) or not _AGENCY.match(text):
        raise MalformedError("an agency identifier has the wrong shape", field=field)
    return AgencyId(text)


def keyed_id(prefix: str, handle: bytes) -> str:
    """`prefix`, `_`, and a keyed handle of 16 bytes as 26 characters of Crockford base 32."""
    number = int.from_bytes(handle, "big")
    return f"{prefix}_" + "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def parents_of(agency: AgencyId) -> tuple[AgencyId, ...]:
    """The agency itself, then each body that it is a unit of, nearest first."""
    parts = agency.split("/")
    return tuple(AgencyId("/".join(parts[:n])) for n in range(len(parts), 0, -1))
