"""Findings of a seed: capacity, harm, consultations, agreements, sessions, transfers."""

from typing import Any

from gateway.domain.determinations import ALL, capacity_document, harm_document
from gateway.domain.errors import MalformedError
from gateway.domain.findings import FindingKind
from gateway.domain.ids import FindingId, PersonId
from gateway.domain.instants import Instant, to_text
from gateway.domain.meetings import TransferState
from gateway.domain.seed.reading import (
    Calendar,
    Fields,
    agency_id,
    code,
    fields_of,
    flag,
    identifier,
    list_of,
    long_text,
    member_of,
    one_of,
    text,
    word_or,
)
from gateway.domain.seed.shape import SeedFinding


def read_capacity(value: object, path: str, calendar: Calendar) -> SeedFinding:
    """Read one capacity finding; without `at` it holds from the moment of seeding."""
    with fields_of(value, path) as fields:
        document = capacity_document(
            fields.may("agency", agency_id, None),
            fields.may("category", code, ALL),
            capable=fields.need("capable", flag),
            assessed_by=fields.need("assessed_by", text),
            grounds=fields.may("grounds", long_text, ""),
        )
        from_at = fields.may("at", calendar.instant, calendar.instant("now", path))
        return _finding(fields, calendar, FindingKind.CAPACITY, document, from_at)


def read_harm(value: object, path: str, calendar: Calendar) -> SeedFinding:
    """Read one determination, of a fragment or of categories of what an agency holds."""
    with fields_of(value, path) as fields:
        document = harm_document(
            fields.need("owner_agency", agency_id),
            fields.need("to", list_of(one_of("guardian", "youth"))),
            categories=fields.may("categories", word_or(ALL, list_of(code)), ALL),
            fragment=fields.may("fragment", identifier, None),
            grounds=fields.may("grounds", long_text, ""),
        )
        return _finding(fields, calendar, FindingKind.HARM, document, _from(fields, calendar))


def read_consultation(value: object, path: str, calendar: Calendar) -> SeedFinding:
    """Read one consultation of a youth about a fragment."""
    with fields_of(value, path) as fields:
        document = {
            "fragment": fields.need("fragment", identifier),
            "youth_consulted": fields.may("youth_consulted", flag, default=True),
            "harm_expected": fields.need("harm_expected", flag),
        }
        return _finding(fields, calendar, FindingKind.CONSULTATION, document, _from(fields, calendar))


def read_agreement(value: object, path: str, calendar: Calendar) -> SeedFinding:
    """Read one guardian's agreement to another's access."""
    with fields_of(value, path) as fields:
        document = {
            "giver": fields.need("giver", identifier),
            "guardian": fields.need("guardian", identifier),
            "fragment": fields.may("fragment", identifier, None),
        }
        return _finding(fields, calendar, FindingKind.AGREEMENT, document, _from(fields, calendar))


def read_session(value: object, path: str, calendar: Calendar) -> SeedFinding:
    """Read one session; the agencies that a consent to it covers are its members' unless it says which."""
    with fields_of(value, path) as fields:
        document = {
            "members": list(fields.need("members", list_of(identifier))),
            "recused": list(fields.may("recused", list_of(identifier, empty=True), ())),
            "package": list(fields.need("package", list_of(identifier))),
            "agencies_at_consent": list(fields.may("agencies_at_consent", list_of(agency_id), ())),
            "agency": fields.may("agency", agency_id, None),
        }
        from_at = fields.may("opens", calendar.instant, None)
        until_at = fields.may("closes", calendar.instant, None)
        return SeedFinding(
            id=FindingId(fields.need("id", identifier)),
            subject=PersonId(fields.need("subject", identifier)),
            kind=FindingKind.SESSION,
            document=document,
            from_at=from_at,
            until_at=until_at,
        )


def read_transfer(value: object, path: str, calendar: Calendar) -> SeedFinding:
    """Read one transfer in the state that it has reached; who signed off is not told."""
    with fields_of(value, path) as fields:
        meeting = fields.may("meeting", calendar.instant, None)
        state = fields.may("state", member_of(TransferState), TransferState.PROPOSED)
        document = {
            "from_worker": fields.need("from_worker", identifier),
            "to_person": fields.need("to_person", identifier),
            "to_agency": None,
            "package": list(fields.need("package", list_of(identifier))),
            "purpose": fields.may("purpose", identifier, "transfer"),
            "meeting": None if meeting is None else to_text(meeting),
            "state": str(state),
            "signed": [],
        }
        if document["from_worker"] == document["to_person"]:
            raise MalformedError("nobody hands over to herself", field=f"{path}.to_person")
        return _finding(fields, calendar, FindingKind.TRANSFER, document, _from(fields, calendar))


def _from(fields: Fields, calendar: Calendar) -> Instant:
    return fields.may("from", calendar.instant, calendar.instant("now", fields.path))


def _finding(
    fields: Fields, calendar: Calendar, kind: FindingKind, document: dict[str, Any], from_at: Instant
) -> SeedFinding:
    return SeedFinding(
        id=fields.may("id", lambda found, where: FindingId(identifier(found, where)), None),
        subject=PersonId(fields.need("subject", identifier)),
        kind=kind,
        document=document,
        from_at=from_at,
        until_at=fields.may("until", calendar.instant, None),
    )
