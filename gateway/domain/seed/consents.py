"""Consents of a seed, in the field names of the policy input."""

from collections.abc import Mapping
from typing import Any, Literal

from gateway.domain.consent import ConsentStatus, Directive, Recipient, check_capture
from gateway.domain.errors import MalformedError
from gateway.domain.ids import ConsentId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.seed.reading import (
    Calendar,
    agency_id,
    anything,
    code,
    fields_of,
    flag,
    identifier,
    list_of,
    member_of,
    number,
    one_of,
    text,
    word_or,
)
from gateway.domain.vocabulary import Sensitivity


def read_consent(value: object, path: str, calendar: Calendar) -> Directive:
    """Read one directive that may be signed; a withdrawal belongs to a later act, not to a seed."""
    with fields_of(value, path) as fields:
        giver = fields.need("grantor", _grantor)
        directive = Directive(
            id=ConsentId(fields.need("id", identifier)),
            version=fields.may("version", number, 1),
            subject=PersonId(fields.need("subject", identifier)),
            giver=giver[0],
            given_as=giver[1],
            decision=fields.need("decision", one_of("permit", "deny")),
            recipients=fields.need("recipients", read_recipients),
            owners=fields.need("owners", word_or("any", list_of(agency_id))),
            purposes=fields.need("purposes", word_or("any", list_of(code))),
            categories=fields.need("categories", word_or("any", list_of(code))),
            from_at=fields.need("from", calendar.instant),
            until_at=fields.may("until", _instant_or_null(calendar), None),
            max_sensitivity=fields.may("max_sensitivity", member_of(Sensitivity), None),
            data_period=fields.may("data_period", _period(calendar), None),
            fragments=fields.may("fragments", list_of(_fragment), None),
            one_time=fields.may("one_time", flag, default=False),
            notify_family=fields.may("notify_family", flag, default=False),
            exceptions=fields.may("exceptions", list_of(_exception, empty=True), ()),
            status=fields.may("status", member_of(ConsentStatus), ConsentStatus.ACTIVE),
            capture=fields.may("evidence", _evidence, {}),
        )
    try:
        check_capture(directive)
    except MalformedError as error:
        raise MalformedError(str(error), field=f"{path}.{error.field}") from None
    return directive


def read_recipients(value: object, path: str) -> Literal["any"] | tuple[Recipient, ...]:
    """Read `"any"`, or a list of agencies, roles in agencies, persons and committees."""
    found: Literal["any"] | tuple[Recipient, ...] = word_or("any", list_of(_recipient))(value, path)
    return found


def _recipient(value: object, path: str) -> Recipient:
    with fields_of(value, path) as fields:
        recipient = Recipient(
            agency=fields.may("agency", agency_id, None),
            include_units=fields.may("include_units", flag, default=False),
            role=fields.may("role", code, None),
            person=fields.may("person", identifier, None),
            committee=fields.may("committee", identifier, None),
        )
    narrowed = [one for one in (recipient.role, recipient.person, recipient.include_units or None) if one]
    named = (recipient.agency is not None or recipient.person is not None) != (
        recipient.committee is not None
    )
    # A role or the units are those of an agency; a committee stands alone.
    complete = recipient.agency is not None or narrowed in ([], [recipient.person])
    alone = recipient.committee is None or not narrowed
    if not (named and complete and alone) or len(narrowed) > 1:
        raise MalformedError("a recipient is an agency, a role in it, a person or a committee", field=path)
    return recipient


def _grantor(value: object, path: str) -> tuple[PersonId, Any]:
    with fields_of(value, path) as fields:
        return PersonId(fields.need("person", identifier)), fields.need("as", one_of("self", "guardian"))


def _fragment(value: object, path: str) -> FragmentId:
    return FragmentId(identifier(value, path))


def _exception(value: object, path: str) -> Mapping[str, Any]:
    with fields_of(value, path) as fields:
        kept: dict[str, Any] = {"decision": fields.need("decision", one_of("permit", "deny"))}
        recipients = fields.may("recipients", read_recipients, None)
        if recipients is not None:
            kept["recipients"] = "any" if recipients == "any" else [one.to_policy() for one in recipients]
        for name, read in (("purposes", code), ("categories", code), ("fragments", identifier)):
            found = fields.may(name, word_or("any", list_of(read)), None)
            if found is not None:
                kept[name] = "any" if found == "any" else list(found)
        ceiling = fields.may("max_sensitivity", member_of(Sensitivity), None)
        return kept if ceiling is None else {**kept, "max_sensitivity": str(ceiling)}


def _evidence(value: object, path: str) -> Mapping[str, Any]:
    with fields_of(value, path) as fields:
        kept: dict[str, Any] = {
            "method": fields.need("method", one_of("written_signed", "electronic", "verbal"))
        }
        for name in ("grantor_name", "purposes_explained_how"):
            kept[name] = fields.may(name, text, None)
        for name in ("information_described", "withdrawal_right_explained"):
            kept[name] = fields.may(name, anything, None)
        return {name: found for name, found in kept.items() if found is not None}


def _instant_or_null(calendar: Calendar) -> Any:  # noqa: ANN401
    return lambda value, path: None if value is None else calendar.instant(value, path)


def _period(calendar: Calendar) -> Any:  # noqa: ANN401
    def read(value: object, path: str) -> tuple[Instant | None, Instant | None]:
        with fields_of(value, path) as fields:
            return fields.may("from", calendar.instant, None), fields.may("until", calendar.instant, None)

    return read
