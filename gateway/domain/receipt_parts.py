"""How a receipt's record says agencies, codes and instants: with both languages beside each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.domain.consent import Any_, Directive, Recipient, StopReach
from gateway.domain.ids import AgencyId
from gateway.domain.instants import Instant, to_text
from gateway.domain.stopping import Continues

Said = Mapping[str, str]
"""A name or a label: `fr` and `en`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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

    def to_document(self) -> dict[str, Any]:
        return {"party_id": self.id, "party_name": dict(self.name)}


UNNAMED = Party(None, {"fr": "un organisme", "en": "an organisation"})


@dataclass(frozen=True, slots=True)
class Sayer:
    """Says what a line names, as far as its reader may know.

    Args:
        parties: Each agency as it may be told; one that is not in it is not named.
        labels: Of purposes, categories and roles.
        names_people: Whether single persons among the recipients are named too.
        zone: The family's time zone, None where it is not known.
    """

    parties: Mapping[AgencyId, Party]
    labels: ReceiptLabels
    names_people: bool
    zone: str | None

    def party(self, agency: str) -> Party:
        return self.parties.get(AgencyId(agency), UNNAMED)

    def purposes(self, codes: Any_ | Iterable[str]) -> Any:  # noqa: ANN401 - "any", or a list
        return codes if codes == "any" else [_label("purpose", one, self.labels.purposes) for one in codes]

    def categories(self, codes: Any_ | Iterable[str]) -> Any:  # noqa: ANN401 - "any", or a list
        return codes if codes == "any" else [self.category(one) for one in codes]

    def category(self, code: str) -> dict[str, Any]:
        return _label("pii_type", code, self.labels.categories)

    def role(self, code: str) -> dict[str, Any]:
        return _label("role", code, self.labels.roles, "role_label")

    def recipients(self, named: Any_ | Iterable[Recipient]) -> Any:  # noqa: ANN401 - "any", or a list
        return named if named == "any" else [self._recipient(one) for one in named]

    def _recipient(self, one: Recipient) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if one.agency is not None:
            told |= {**self.party(one.agency).to_document(), "include_units": one.include_units}
        if one.role is not None:
            told |= self.role(one.role)
        if one.person is not None:
            told["person"] = one.person if self.names_people else None
        return told if one.committee is None else {**told, "committee": one.committee}

    def conditions(self, line: Directive) -> dict[str, Any]:
        period = line.data_period
        return {
            "fragments": None if line.fragments is None else list(line.fragments),
            "data_period": None if period is None else [self.moment(one) for one in period],
            "one_time": line.one_time,
            "notify_family": line.notify_family,
            "exceptions": [self._exception(one) for one in line.exceptions],
        }

    def _exception(self, carved: Mapping[str, Any]) -> dict[str, Any]:
        said = dict(carved)
        if "purposes" in said:
            said["purposes"] = self.purposes(said["purposes"])
        if "categories" in said:
            said["categories"] = self.categories(said["categories"])
        if said.get("recipients", "any") != "any":
            said["recipients"] = self.recipients([Recipient(**one) for one in said["recipients"]])
        return said

    def reach(self, reach: StopReach) -> dict[str, Any]:
        told = reach.to_policy()
        if reach.agency is not None:
            told["agency"] = self.party(reach.agency).to_document()
        if reach.category is not None:
            told["category"] = self.category(reach.category)
        return told

    def continues(self, one: Continues) -> dict[str, Any]:
        return {
            "recipient": self.party(one.agency).to_document(),
            "pii_controller": self.party(one.owner).to_document(),
            **self.category(one.category),
            "purpose": one.purpose,
            "lawful_basis": one.basis,
            "reason": one.reason,
        }

    def without_effect(self, one: Mapping[str, Any]) -> dict[str, Any]:
        owner = one["owner"]
        return {
            "pii_controller": None if owner is None else self.party(owner).to_document(),
            **self.category(one["category"]),
            "reason": one["reason"],
        }

    def moment(self, instant: Instant | None) -> str | None:
        """Render an instant with the family's own hour and its distance from UTC; else in UTC."""
        if instant is None or self.zone is None:
            return None if instant is None else to_text(instant)
        try:
            local = (_EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(self.zone))
        except (KeyError, ValueError, OSError, OverflowError):
            return to_text(instant)
        return local.isoformat(timespec="microseconds")


def _label(key: str, code: str, table: Mapping[str, Said], name: str = "label") -> dict[str, Any]:
    said = table.get(code, {"fr": code, "en": code})
    return {key: code, name: {"fr": said["fr"], "en": said["en"]}}
