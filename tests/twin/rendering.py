"""A scenario's consents, labels and ages in the gateway's own forms."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.domain.consent import ConsentStatus, Directive, Recipient
from gateway.domain.fragment import Labels, SectionLabel
from gateway.domain.ids import (
    ConsentId,
    FragmentId,
    PersonId,
    SectionId,
)
from gateway.domain.instants import Instant
from gateway.domain.person import DEFAULT_TIME_ZONE
from gateway.domain.vocabulary import (
    SectionTag,
    Sensitivity,
)
from tests.twin.scenario import UnstorableError


def directive_of(consent: Mapping[str, Any], subject: str) -> Directive:
    """A consent of the schema as the directive that would have been written."""
    if consent.get("from") is None:
        raise UnstorableError("a consent without a start")
    recipients, period = consent["recipients"], consent.get("data_period")
    return Directive(
        id=ConsentId(consent["id"]),
        version=consent.get("version", 1),
        subject=PersonId(subject),
        giver=PersonId(consent["grantor"]["person"]),
        given_as=consent["grantor"]["as"],
        decision=consent["decision"],
        recipients="any" if recipients == "any" else tuple(_recipient(one) for one in recipients),
        owners=_any(consent["owners"]),
        purposes=_any(consent["purposes"]),
        categories=_any(consent["categories"]),
        from_at=consent["from"],
        until_at=consent.get("until"),
        max_sensitivity=_sensitivity(consent.get("max_sensitivity")),
        data_period=None if period is None else (period.get("from"), period.get("until")),
        fragments=_listed(consent.get("fragments")),
        one_time=bool(consent.get("one_time")),
        notify_family=bool(consent.get("notify_family")),
        exceptions=tuple(consent.get("exceptions") or ()),
        status=ConsentStatus(consent.get("status", "active")),
        withdrawn_at=consent.get("withdrawn_at"),
        used=bool(consent.get("used")),
    )


def _any(value: Any) -> Any:  # noqa: ANN401
    return "any" if value == "any" else tuple(value)


def _listed(value: Any) -> tuple[FragmentId, ...] | None:  # noqa: ANN401
    return None if value is None else tuple(FragmentId(one) for one in value)


def _recipient(recipient: Mapping[str, Any]) -> Recipient:
    if not recipient.keys() <= {"agency", "include_units", "role", "person", "committee"}:
        raise UnstorableError("a recipient of an unknown kind")
    return Recipient(**recipient)


def _sensitivity(text: str | None) -> Sensitivity | None:
    return None if text is None else Sensitivity(text)


def labels_of(fragment: Mapping[str, Any]) -> Labels:
    if fragment.get("sensitivity") not in set(Sensitivity):
        raise UnstorableError("a sensitivity that the gateway does not know")
    if fragment.get("created") is None:
        raise UnstorableError("a fragment of no date")
    sections = tuple(
        SectionLabel(
            SectionId(one["id"]),
            one.get("category"),
            _sensitivity(one.get("sensitivity")),
            frozenset(SectionTag(tag) for tag in one.get("tags") or ()),
        )
        for one in fragment.get("sections") or ()
    )
    if "sections" in fragment and not sections:
        raise UnstorableError("a structured fragment without sections")
    labels = Labels(
        fragment["category"],
        Sensitivity(fragment["sensitivity"]),
        fragment["created"],
        youth_alone=bool(fragment.get("youth_alone")),
        sections=sections,
    )
    if labels.effective_sensitivity != labels.sensitivity:
        raise UnstorableError("a fragment less sensitive than its sections")
    return labels


def agencies_in(value: Any, name: str = "") -> Iterator[str]:  # noqa: ANN401
    """Every agency named anywhere in consents or orders."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from agencies_in(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from agencies_in(one, name)
    elif name in {"agency", "owners"} and value not in (None, "any"):
        yield value


def born(at: Instant, age: int) -> date:
    """A birth date that gives this age at this instant, some weeks from any birthday."""
    zone = ZoneInfo(DEFAULT_TIME_ZONE)
    today = datetime.fromtimestamp(at / 1_000_000, UTC).astimezone(zone).date()
    before = today - timedelta(days=60)
    return date(before.year - age, before.month, 2)
