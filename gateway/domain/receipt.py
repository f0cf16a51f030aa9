"""Receipts: what the family keeps of an act about a consent, as one record that is signed.

The record is JSON in the field names of ISO/IEC TS 27560:2023 (header, processing, parties, event), with
beside them what that standard has no name for: the act, the entry of the ledger, the reach of a stop and
what continues after it. What the gateway cannot state is null and listed in `not_stated`. Codes stand with
their labels in both languages, and instants with the family's own hour, so that the texts can be rendered
from the record alone, years later, on any machine.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.domain.base64url import decode_canonical
from gateway.domain.consent import Directive
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant, to_text
from gateway.domain.receipt_parts import Sayer
from gateway.domain.receipt_text import WORDING, render
from gateway.domain.stopping import Continues

SCHEMA = "gateway.receipt@v1"
STANDARD = "ISO/IEC TS 27560:2023"
HEADER = f"{SCHEMA} ({STANDARD})"

_MAY_LACK = ("privacy_notice", "storage_locations", "jurisdiction")
"""What the standard asks for and the gateway may not know; an agency's address it never does."""


class ReceiptAct(StrEnum):
    """What the receipt is of; the words are part of signed records and are only added to."""

    GIVEN = "given"
    CHANGED = "changed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    UNDONE = "undone"
    RECOMMENDATION_REFUSED = "recommendation_refused"
    TRANSFER_AGREED = "transfer_agreed"
    TRANSFER_REFUSED = "transfer_refused"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it is kept: `signed` is a JWS in compact form, its payload the record.

    `about` is the consent that it is of, or the fragment or the transfer that was answered.
    """

    id: str
    signed: str
    person: PersonId
    about: str

    @property
    def record(self) -> dict[str, Any]:
        """The record inside; whoever kept it sealed vouches for it, no signature is checked here."""
        payload = self.signed.split(".")[1]
        document = json.loads(decode_canonical(payload))
        assert isinstance(document, dict)
        return document


@dataclass(frozen=True, slots=True)
class StopTold:
    """A stop as its receipt says it; the last two are None until the policy has said them."""

    id: str
    withdrawn: tuple[tuple[str, int], ...]
    continues: tuple[Continues, ...] | None = None
    in_force: bool | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What one receipt is made from.

    `principal` and `entity` are how its reader names the person and whose act it is; `entity` is None where
    she has no name for her. `own` says whether it is the line of whoever acts: else its author and its start
    are not told (domain rule A2). `recorded_by` is the agency and role of a worker who wrote it down.
    """

    id: str
    act: ReceiptAct
    line: Directive
    principal: str
    entity: str | None
    own: bool
    recorded_by: tuple[AgencyId, str] | None
    replaces: int | None
    was_over: bool
    decision_id: str
    entered: bool
    at: Instant
    event_at: Instant
    say: Sayer
    stop: StopTold | None = None
    supplements: str | None = None
    without_effect: Sequence[Mapping[str, Any]] = ()
    """Where the giver's word does not count: `{owner, category, reason}`, the owner None for any."""

    def to_record(self) -> dict[str, Any]:
        """Render the record, with the digest of each text inside."""
        record: dict[str, Any] = {
            "schema_version": HEADER,
            "receipt_id": self.id,
            "record_id": f"{self.line.id}:{self.line.version}",
            "pii_principal_id": self.principal,
            "pii_processing": self._processing(),
            "party_identification": self._identified(),
            "event": self._event(),
            "act": str(self.act),
            "was_over": self.was_over,
            "supplements": self.supplements,
            "consent": {
                "id": self.line.id,
                "version": self.line.version,
                "decision": self.line.decision,
                "replaces_version": self.replaces,
            },
            "conditions": self.say.conditions(self.line),
            "stop": self._stop(),
            "recorded_by": self._recorder(),
            "ledger_entry": {"id": self.decision_id, "state": "recorded" if self.entered else "awaited"},
            "recorded_at": to_text(self.at),
        }
        if self.without_effect:
            record["without_effect"] = [self.say.without_effect(one) for one in self.without_effect]
        lacking = [name for name in _MAY_LACK if record["pii_processing"][name] is None]
        record["not_stated"] = [*lacking, "party_address", "party_contact"]
        return with_digests(record)

    def _processing(self) -> dict[str, Any]:
        line, say = self.line, self.say
        owners = () if line.owners == "any" else [say.party(one) for one in line.owners]
        return {
            "privacy_notice": line.capture.get("notice_version"),
            "language": ["fr", "en"],
            "purposes": say.purposes(line.purposes),
            "lawful_basis": "consent" if line.decision == "permit" else "none",
            "pii_information": say.categories(line.categories),
            "sensitive_pii_category": None if line.max_sensitivity is None else str(line.max_sensitivity),
            "pii_controllers": "any" if line.owners == "any" else [one.to_document() for one in owners],
            "recipient_third_parties": say.recipients(line.recipients),
            "collection_method": "by_the_giver" if self.recorded_by is None else "recorded_by_worker",
            "evidence_method": line.capture.get("method"),
            "processing_method": "sealed; each reading is decided when it is asked, and recorded",
            "storage_locations": None,
            "retention_period": "the record is kept until the person's record key is destroyed",
            "jurisdiction": sorted({one.profile for one in owners if one.profile is not None}) or None,
            "withdrawal_method": ["by_the_giver", "recorded_by_worker"],
        }

    def _identified(self) -> list[dict[str, Any]]:
        """Name each agency once, with what it is to this line."""
        roles: dict[AgencyId, set[str]] = {}
        line = self.line
        for one in () if line.owners == "any" else line.owners:
            roles.setdefault(AgencyId(one), set()).add("pii_controller")
        for recipient in () if line.recipients == "any" else line.recipients:
            if recipient.agency is not None:
                roles.setdefault(recipient.agency, set()).add("recipient")
        if self.recorded_by is not None:
            roles.setdefault(self.recorded_by[0], set()).add("recorder")
        told = [(self.say.party(one), sorted(does)) for one, does in sorted(roles.items())]
        return [
            {**one.to_document(), "party_role": does, "party_type": "agency"}
            for one, does in told
            if one.id is not None
        ]

    def _event(self) -> dict[str, Any]:
        line, say = self.line, self.say
        return {
            "event_time": say.moment(self.event_at),
            "event_type": "expressed_consent" if line.decision == "permit" else "refusal",
            "event_state": str(self.act),
            "entity_id": self.entity,
            "validity_duration": {
                "from": say.moment(line.from_at) if self.own else None,
                "until": say.moment(line.until_at),
            },
        }

    def _stop(self) -> dict[str, Any] | None:
        stop, reach = self.stop, self.line.reach
        if stop is None or reach is None:
            return None
        return {
            "id": stop.id,
            "reach": self.say.reach(reach),
            "withdrawn": [{"id": name, "version": version} for name, version in stop.withdrawn],
            "in_force": stop.in_force,
            "continues": None
            if stop.continues is None
            else [self.say.continues(one) for one in stop.continues],
        }

    def _recorder(self) -> dict[str, Any] | None:
        if self.recorded_by is None:
            return None
        agency, role = self.recorded_by
        return {**self.say.party(agency).to_document(), **self.say.role(role)}


def with_digests(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the number of its wording, and the digest of each text that it gives."""
    digests = {language: text_digest(render(record, language)) for language in ("fr", "en")}
    return {**record, "text": {"wording": WORDING, "sha256": digests}}


def canonical(record: Mapping[str, Any]) -> bytes:
    """Render a record as the bytes that are signed."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def text_digest(text: str) -> str:
    """Hash a text as it is sent and printed: UTF-8, each line ended by one line feed."""
    return hashlib.sha256(text.encode()).hexdigest()
