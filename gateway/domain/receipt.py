"""Receipts: what the family keeps of an act about a consent, as one record that is signed.

The record is JSON in the field names of ISO/IEC TS 27560:2023 (header, processing, parties, event), with
beside them what that standard has no name for: the act, the entry of the ledger, the reach of a stop and
what continues after it. What the gateway cannot state is null and listed in `not_stated`. Codes stand with
their labels in both languages, and instants with the family's own hour, so that the texts can be rendered
from the record alone, years later, on any machine.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from gateway.domain.consent import Any_, Directive, Recipient, StopReach
from gateway.domain.ids import AgencyId
from gateway.domain.instants import Instant, to_text
from gateway.domain.receipt_text import WORDING, render
from gateway.domain.stopping import Continues

SCHEMA = "gateway.receipt@v1"
STANDARD = "ISO/IEC TS 27560:2023"

_MAY_LACK = ("privacy_notice", "storage_locations", "jurisdiction")
"""What the standard asks for and the gateway may not know; an agency's address it never does."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Said = Mapping[str, str]
"""A name or a label: `fr` and `en`."""


class ReceiptAct(StrEnum):
    """What the receipt is of; the words are part of signed records and are only added to."""

    GIVEN = "given"
    CHANGED = "changed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it is kept: `signed` is a JWS in compact form, its payload the record."""

    id: str
    signed: str

    @property
    def record(self) -> dict[str, Any]:
        """The record inside; whoever kept it sealed vouches for it, no signature is checked here."""
        payload = self.signed.split(".")[1]
        document = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert isinstance(document, dict)
        return document


@dataclass(frozen=True, slots=True)
class ReceiptLabels:
    """The policy bundle's labels, by code; a code that it does not list is said as itself."""

    purposes: Mapping[str, Said] = field(default_factory=dict)
    categories: Mapping[str, Said] = field(default_factory=dict)
    roles: Mapping[str, Said] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Party:
    """An agency as it may be told; one that may not be named is "an organisation"."""

    id: AgencyId | None
    name: Said
    profile: str | None = None


UNNAMED = Party(None, {"fr": "un organisme", "en": "an organisation"})


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
    zone: str | None
    parties: Mapping[AgencyId, Party]
    labels: ReceiptLabels
    stop: StopTold | None = None
    supplements: str | None = None

    def to_record(self) -> dict[str, Any]:
        """Render the record, with the digest of each text inside."""
        record: dict[str, Any] = {
            "schema_version": f"{SCHEMA} ({STANDARD})",
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
            "conditions": self._conditions(),
            "stop": self._stop(),
            "recorded_by": self._recorder(),
            "ledger_entry": {"id": self.decision_id, "state": "recorded" if self.entered else "awaited"},
            "recorded_at": to_text(self.at),
        }
        lacking = [name for name in _MAY_LACK if record["pii_processing"][name] is None]
        record["not_stated"] = [*lacking, "party_address", "party_contact"]
        digests = {language: text_digest(render(record, language)) for language in ("fr", "en")}
        return {**record, "text": {"wording": WORDING, "sha256": digests}}

    def _processing(self) -> dict[str, Any]:
        line, labels = self.line, self.labels
        permit = line.decision == "permit"
        profiles = sorted({one.profile for one in self._owners() if one.profile is not None})
        return {
            "privacy_notice": line.capture.get("notice_version"),
            "language": ["fr", "en"],
            "purposes": _coded("purpose", line.purposes, labels.purposes),
            "lawful_basis": "consent" if permit else "none",
            "pii_information": _coded("pii_type", line.categories, labels.categories),
            "sensitive_pii_category": None if line.max_sensitivity is None else str(line.max_sensitivity),
            "pii_controllers": "any" if line.owners == "any" else [_party(one) for one in self._owners()],
            "recipient_third_parties": self._recipients(line.recipients),
            "collection_method": "recorded_by_worker" if self.recorded_by is not None else "by_the_giver",
            "evidence_method": line.capture.get("method"),
            "processing_method": "sealed; each reading is decided when it is asked, and recorded",
            "storage_locations": None,
            "retention_period": "the record is kept until the person's record key is destroyed",
            "jurisdiction": profiles or None,
            "withdrawal_method": ["by_the_giver", "recorded_by_worker"],
        }

    def _owners(self) -> list[Party]:
        return [] if self.line.owners == "any" else [self._named(AgencyId(one)) for one in self.line.owners]

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
        told = [(self._named(one), sorted(does)) for one, does in sorted(roles.items())]
        return [
            {"party_id": one.id, "party_name": dict(one.name), "party_role": does, "party_type": "agency"}
            for one, does in told
            if one.id is not None
        ]

    def _event(self) -> dict[str, Any]:
        line = self.line
        return {
            "event_time": local_text(self.event_at, self.zone),
            "event_type": "expressed_consent" if line.decision == "permit" else "refusal",
            "event_state": str(self.act),
            "entity_id": self.entity,
            "validity_duration": {
                "from": local_text(line.from_at, self.zone) if self.own else None,
                "until": None if line.until_at is None else local_text(line.until_at, self.zone),
            },
        }

    def _conditions(self) -> dict[str, Any]:
        line = self.line
        period = line.data_period
        return {
            "fragments": None if line.fragments is None else list(line.fragments),
            "data_period": None
            if period is None
            else [None if one is None else local_text(one, self.zone) for one in period],
            "one_time": line.one_time,
            "notify_family": line.notify_family,
            "exceptions": [self._exception(one) for one in line.exceptions],
        }

    def _exception(self, carved: Mapping[str, Any]) -> dict[str, Any]:
        labels, said = self.labels, dict(carved)
        for name, key, table in (
            ("purposes", "purpose", labels.purposes),
            ("categories", "pii_type", labels.categories),
        ):
            if name in said:
                said[name] = _coded(key, said[name], table)
        if "recipients" in said:
            named = said["recipients"]
            said["recipients"] = self._recipients(
                "any" if named == "any" else [Recipient(**one) for one in named]
            )
        return said

    def _stop(self) -> dict[str, Any] | None:
        if self.stop is None:
            return None
        reach = self.line.reach
        assert reach is not None
        told = self.stop.continues
        return {
            "id": self.stop.id,
            "reach": self._reach(reach),
            "withdrawn": [{"id": name, "version": version} for name, version in self.stop.withdrawn],
            "in_force": self.stop.in_force,
            "continues": None if told is None else [self._continues(one) for one in told],
        }

    def _reach(self, reach: StopReach) -> dict[str, Any]:
        told = reach.to_policy()
        if reach.agency is not None:
            told["agency"] = _party(self._named(reach.agency))
        if reach.category is not None:
            told["category"] = _label("pii_type", reach.category, self.labels.categories)
        return told

    def _continues(self, one: Continues) -> dict[str, Any]:
        return {
            "recipient": _party(self._named(AgencyId(one.agency))),
            "pii_controller": _party(self._named(AgencyId(one.owner))),
            **_label("pii_type", one.category, self.labels.categories),
            "purpose": one.purpose,
            "lawful_basis": one.basis,
            "reason": one.reason,
        }

    def _recorder(self) -> dict[str, Any] | None:
        if self.recorded_by is None:
            return None
        agency, role = self.recorded_by
        return {**_party(self._named(agency)), **_label("role", role, self.labels.roles, "role_label")}

    def _recipients(self, recipients: Any_ | Iterable[Recipient]) -> Any:  # noqa: ANN401 - JSON
        return "any" if recipients == "any" else [self._recipient(one) for one in recipients]

    def _recipient(self, one: Recipient) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if one.agency is not None:
            told |= {**_party(self._named(one.agency)), "include_units": one.include_units}
        if one.role is not None:
            told |= _label("role", one.role, self.labels.roles, "role_label")
        if one.person is not None:
            told["person"] = one.person
        return told if one.committee is None else {**told, "committee": one.committee}

    def _named(self, agency: AgencyId) -> Party:
        return self.parties.get(agency, UNNAMED)


def canonical(record: Mapping[str, Any]) -> bytes:
    """Render a record as the bytes that are signed."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def text_digest(text: str) -> str:
    """Hash a text as it is sent and printed: UTF-8, each line ended by one line feed."""
    return hashlib.sha256(text.encode()).hexdigest()


def local_text(instant: Instant, zone: str | None) -> str:
    """Render an instant with the family's own hour and its distance from UTC; in UTC where none is known."""
    if zone is None:
        return to_text(instant)
    try:
        local = (_EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError, OverflowError):
        return to_text(instant)
    return local.isoformat(timespec="microseconds")


def _coded(key: str, codes: str | Iterable[str], table: Mapping[str, Said]) -> Any:  # noqa: ANN401 - JSON
    return "any" if codes == "any" else [_label(key, one, table) for one in codes]


def _label(key: str, code: str, table: Mapping[str, Said], name: str = "label") -> dict[str, Any]:
    said = table.get(code, {"fr": code, "en": code})
    return {key: code, name: {"fr": said["fr"], "en": said["en"]}}


def _party(party: Party) -> dict[str, Any]:
    return {"party_id": party.id, "party_name": dict(party.name)}
