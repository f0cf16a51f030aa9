"""What a second person must approve before it takes effect, and whether she is another one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gateway.domain.ids import AgencyId, ApprovalId, PersonId


class ApprovalKind(StrEnum):
    INSTRUMENT = "instrument"
    INSTRUMENT_END = "instrument_end"
    AUTHORITY = "authority"
    POLICY = "policy"
    LEAVING = "leaving"


class Answer(StrEnum):
    APPROVED = "approved"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Approval:
    """One question to a second person; `agency` None is the network's own.

    `content` is JSON, and all that the answer needs: what would take effect. It is kept sealed.
    """

    id: ApprovalId
    kind: ApprovalKind
    agency: AgencyId | None
    person: PersonId | None
    content: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Human:
    """Who stands behind an account: `identity` is what an issuer knows her by, in any form that compares.

    Two accounts of one identity are one human; an account without an identity is told by its name alone.
    """

    account: str
    identity: object | None = field(repr=False)

    def is_same(self, other: "Human") -> bool:
        """Whether this is no second person."""
        same_identity = self.identity is not None and self.identity == other.identity
        return self.account == other.account or same_identity
