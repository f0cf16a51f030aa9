"""A scenario as a world of its own: every name made its own, every instant moved to the twin's time.

So that hundreds of scenarios live side by side in one store, at one instant, and none meets another.
"""

import re
from collections.abc import Mapping
from typing import Any

from gateway.domain.errors import MalformedError
from gateway.domain.ids import parse_agency_id, parse_id
from gateway.domain.instants import Instant, parse_instant, to_text

Json = Mapping[str, Any]

_INSTANTS = frozenset(
    {"from", "until", "withdrawn_at", "created", "declared_at", "opens", "closes", "time"}
)  # fmt: skip
_PERSONS = frozenset({"person", "to_person", "members", "recused", "subject"})
_AGENCIES = frozenset({"agency", "owners", "owner_agency", "agencies_at_consent", "audit_requester_agency"})
_FINE = re.compile(r"\.[0-9]{6}[0-9]*[1-9]")
_OWN = frozenset({"committee", "fragments", "package"})


class UnstorableError(Exception):
    """No sequence of acts leads to this situation; the message says what refuses it."""


class World:
    """One scenario's names and its time.

    Args:
        name: Stands before every identifier of the scenario.
        document: `{profile, subject, consents, actor, action, purpose, fragment, context}`.
        at: The twin's instant, which takes the place of `context.time`.

    Raises:
        UnstorableError: An identifier or an instant that the gateway does not take.
    """

    def __init__(self, name: str, document: Json, at: Instant) -> None:
        self._name = name
        self.at = at
        time = document["context"].get("time")
        self.named_agency = bool(document["actor"].get("agency"))
        self._delta = at - self._parse(time)
        moved = self._moved(dict(document))
        self.profile: str = moved["profile"]
        self.subject: dict[str, Any] = moved["subject"]
        self.consents: list[dict[str, Any]] = moved["consents"]
        self.actor: dict[str, Any] = moved["actor"]
        self.action: str = moved.get("action", "read")
        self.purpose: str | None = moved.get("purpose")
        self.fragment: dict[str, Any] = moved["fragment"]
        self.context: dict[str, Any] = moved["context"]

    def own(self, text: object) -> str:
        """An identifier of this world."""
        try:
            return parse_id(f"{self._name}.{text}" if isinstance(text, str) else text, field="id")
        except MalformedError as error:
            raise UnstorableError("an identifier that the gateway does not take") from error

    def agency(self, text: object) -> str:
        """An agency of this world."""
        try:
            return parse_agency_id(f"{self._name}.{text}" if isinstance(text, str) else text)
        except MalformedError as error:
            raise UnstorableError("an agency's name that the gateway does not take") from error

    def _parse(self, text: object) -> Instant:
        if isinstance(text, str) and _FINE.search(text):
            raise UnstorableError("an instant finer than a microsecond")
        try:
            return parse_instant(text, field="instant")
        except MalformedError as error:
            raise UnstorableError("an instant that the gateway does not take") from error

    def _moved(self, document: dict[str, Any]) -> dict[str, Any]:
        subject = {**document["subject"], "id": self.own(document["subject"].get("id"))}
        subject["authorities"] = [self._walk(one) for one in subject.get("authorities") or ()]
        subject["orders"] = [
            {**self._walk(one), "id": self.own(one.get("id"))} for one in subject.get("orders") or ()
        ]
        actor = {**document["actor"], "id": self.own(document["actor"].get("id"))}
        if actor.get("agency") is not None:
            actor["agency"] = self.agency(actor["agency"])
        fragment = self._walk(document["fragment"]) | {"id": self.own(document["fragment"].get("id"))}
        if "sections" in fragment:
            fragment["sections"] = document["fragment"]["sections"]
        consents = [self._consent(one) for one in document.get("consents") or ()]
        return {
            **document,
            "subject": subject,
            "actor": actor,
            "fragment": fragment,
            "consents": consents,
            "context": self._context(document["context"]),
        }

    def _context(self, context: Json) -> dict[str, Any]:
        moved = dict(context)
        committee = context.get("committee")
        if committee is not None:
            moved["committee"] = {**self._walk(committee), "id": self.own(committee.get("id"))}
        for name in ("transfer", "break_glass"):
            if context.get(name) is not None:
                moved[name] = self._walk(context[name])
        if context.get("audit_requester_agency") is not None:
            moved["audit_requester_agency"] = self.agency(context["audit_requester_agency"])
        return moved

    def _consent(self, consent: Json) -> dict[str, Any]:
        return {**self._walk(consent), "id": self.own(consent.get("id"))}

    def _walk(self, value: Any, name: str = "") -> Any:  # noqa: ANN401 - a JSON tree
        if isinstance(value, Mapping):
            return {key: self._walk(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self._walk(one, name) for one in value]
        if value is None or value == "any" or not isinstance(value, str):
            return value
        if name in _INSTANTS:
            return self._parse(to_text(Instant(self._parse(value) + self._delta)))
        if name in _AGENCIES:
            return self.agency(value)
        return self.own(value) if name in _PERSONS | _OWN else value
