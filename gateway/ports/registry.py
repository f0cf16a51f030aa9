"""Reads of the records the rules rest on."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.domain.acting import Stand
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.findings import Finding
from gateway.domain.ids import (
    AgencyId,
    ApprovalId,
    ConsentId,
    FindingId,
    OrderId,
    PersonId,
    ReceiptId,
    StopId,
)
from gateway.domain.instants import Instant
from gateway.domain.person import Described
from gateway.domain.receipt import Receipt
from gateway.domain.registry import Page
from gateway.domain.stopping import Beside


class RegistryStore(Protocol):
    """Reads of the records the rules rest on; rows as mappings in the field names of the API."""

    async def stand(self, caller: Caller, person: PersonId, now: Instant) -> Stand | None: ...

    async def stand_of_match(
        self, caller: Caller, described: Described, now: Instant
    ) -> tuple[PersonId | None, Stand]:
        """Who is found by this description, and how she stands; of nobody, how a decoy stands (P9)."""

    async def active_policy(self) -> str:
        """The digest of the bundle that is active in the store; empty where none is."""

    async def person_of_handle(self, agency: AgencyId | None, handle: str) -> PersonId | None: ...

    async def names_known_to(self, caller: Caller) -> Mapping[PersonId, Described]:
        """Whoever she is or was assigned to, under any account of hers, and who holds authority over them."""

    async def rows(
        self, what: str, caller: Caller | None, where: Mapping[str, str], after: str, limit: int
    ) -> Sequence[Mapping[str, Any]]: ...

    async def row(self, what: str, key: str) -> Mapping[str, Any] | None: ...

    async def is_linked(self, caller: Caller, person: PersonId, now: Instant) -> bool:
        """Whether she is assigned to the person, is the person, or holds authority over her."""

    async def holds_fragment(self, agency: AgencyId | None, person: PersonId) -> bool:
        """Whether exactly this agency holds a fragment of the person."""

    async def approval(self, approval: ApprovalId) -> Mapping[str, Any] | None:
        """`{id, agency, person, kind}` of a question to a second person, answered or not."""

    async def approvals(self, caller: Caller, after: str, limit: int) -> Page:
        """The open questions that this caller may answer, with what each would bring about."""

    async def instrument(self, instrument: OrderId) -> Mapping[str, Any] | None:
        """`{id, agency, person}` of a legal instrument; what is not approved yet is none."""

    async def instruments(
        self, caller: Caller, person: PersonId, after: str, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """Those that the caller's agency recorded about a person, and the network's own."""

    async def is_untouched(self) -> bool:
        """Whether the ledger holds nothing but its start: genesis, keys, policies, canaries."""

    async def directive(self, consent: ConsentId) -> Directive | None:
        """The last version of a lineage; `capture` stays sealed."""

    async def directives(self, person: PersonId) -> Sequence[Directive]:
        """Every version of every directive about the person, by (id, version)."""

    async def captures(self, consent: ConsentId) -> Mapping[int, Mapping[str, Any]]:
        """How each version of a lineage was given, opened: `evidence`'s fields, and `recorded_by`."""

    async def finding(self, finding: FindingId) -> Finding | None:
        """The last revision of one record."""

    async def findings(self, person: PersonId) -> Sequence[Finding]:
        """The last revision of every record about the person, whatever its period, by id."""

    async def stop(self, stop: StopId) -> Mapping[str, Any] | None:
        """`{id, person, giver, consent, reach, withdrawn: [{id, version}], from_at, undone_at}`."""

    async def receipt(self, consent: ConsentId, caller: Caller) -> Receipt | None:
        """The newest receipt about a consent that is hers: of her act, or of what she recorded."""

    async def receipt_by_id(self, receipt: ReceiptId, caller: Caller) -> Receipt | None:
        """One receipt that is hers, by the number that the act's answer named."""

    async def readers(
        self, person: PersonId, now: Instant, beside: Beside
    ) -> Sequence[Mapping[str, Any]] | None:
        """Each active worker assigned now, or named beside, as the policy's `actor`, once per role.

        With strong authentication. None where there are more than a list may hold.
        """
