"""Whole tables of the rules, cell by cell, written down once more as the rules' text has them.

A grid yields cells: a name, a complete policy input, and what is right of the answer.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tests.policies.test_tables import ROWS

Json = dict[str, Any]

SERVICE = (
    "service_delivery", "assessment", "coordination", "committee_review", "referral", "transfer",
    "child_protection",
)  # fmt: skip
PURPOSES = (
    *SERVICE, "emergency", "family_access", "legal", "audit", "privacy_investigation", "administration",
)  # fmt: skip
_WORKERS = ("caseworker", "child_protection_worker", "pivot", "committee_member")
_DUTY = {"submit_report": ("child_protection",), "consult_deidentified": ("child_protection",)}
_RECORDING = {"record_consent": SERVICE, "record_withdrawal": SERVICE}
_OF_FAMILY = dict.fromkeys(
    ("read", "read_audit", "withdraw_consent", "give_consent", "refuse_recommendation"), ("family_access",)
)
MATRIX: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "caseworker": {"read": (*SERVICE, "emergency", "legal"), **_DUTY, **_RECORDING},
    "child_protection_worker": {"read": (*SERVICE, "emergency", "legal"), **_DUTY, **_RECORDING},
    "pivot": {"read": (*SERVICE, "emergency"), **_DUTY, **_RECORDING},
    "committee_member": {"read": ("committee_review",), **_DUTY, **_RECORDING},
    "guardian": {**_OF_FAMILY, "submit_report": ("child_protection",)},
    "youth": _OF_FAMILY,
    "privacy_officer": {
        "read_audit": ("privacy_investigation", "audit"),
        "read_metadata": ("privacy_investigation", "audit"),
        "record_withdrawal": ("privacy_investigation",),
    },
    "auditor": {"read_audit": ("audit",)},
    "agency_admin": {"manage_users": ("administration",)},
    "system": {"route_ciphertext": ("administration", "transfer", "referral")},
}
"""Domain rule 3.9: role, action, purposes."""
ACTIONS = (
    "read", "read_audit", "read_metadata", "give_consent", "withdraw_consent", "refuse_recommendation",
    "record_consent", "record_withdrawal", "submit_report", "consult_deidentified", "manage_users",
    "route_ciphertext",
)  # fmt: skip
_NO_CONTENT = ("privacy_officer", "auditor", "agency_admin", "system")
_BY_GATE_5 = {"ROLE_NOT_ALLOWED", "PURPOSE_NOT_ALLOWED", "CONTENT_NOT_FOR_ROLE"}


class Cell(NamedTuple):
    name: str
    document: Json
    is_right: Callable[[Mapping[str, Any]], bool]


def role_matrix() -> Iterator[Cell]:
    """Every role, action and purpose: turned away by gate 4 or 5, and with which reason, or not."""
    for role, row in MATRIX.items():
        for action in ACTIONS:
            for purpose in PURPOSES:
                document = _base()
                document |= {"action": action, "purpose": purpose}
                document["actor"]["role"] = role
                right = _turned_away(role, action, purpose, row)
                yield Cell(f"{role}, {action}, {purpose}", document, _gate_5_says(right))


def _turned_away(role: str, action: str, purpose: str, row: Mapping[str, tuple[str, ...]]) -> str | None:
    if purpose in row.get(action, ()):
        return None
    if action in _DUTY:
        return "ROLE_NOT_ALLOWED"
    if action in row:
        return "PURPOSE_NOT_ALLOWED"
    return "CONTENT_NOT_FOR_ROLE" if role in _NO_CONTENT and action == "read" else "ROLE_NOT_ALLOWED"


def _gate_5_says(right: str | None) -> Callable[[Mapping[str, Any]], bool]:
    def is_right(answer: Mapping[str, Any]) -> bool:
        reason = answer["reasons"][0]
        return reason not in _BY_GATE_5 if right is None else bool(reason == right)

    return is_right


DECIDES: Mapping[str, Callable[[int], str]] = {
    "QC-LRSSS": lambda age: "youth" if age >= 14 else "guardian",
    "QC-PRIV": lambda age: "youth" if age >= 18 else "either" if age >= 14 else "guardian",
    "ON-CYFSA": lambda age: "youth" if age >= 16 else "either",
    "FR": lambda age: "youth" if age >= 18 else "guardian",
}
"""Domain rule C10, of a capable subject: whose directive counts at an age."""
CONSULTED_FROM = {"QC-LRSSS": 14, "QC-PRIV": 14}
BARRED_FROM = {"ON-CYFSA": 16}
NO_DIRECT_ACCESS_BELOW = {"QC-LRSSS": 14, "QC-PRIV": 14}
AGES = (0, 1, 12, 13, 14, 15, 16, 17, 18, 19)


def standing_by_age() -> Iterator[Cell]:
    """Each profile and age: does the youth's own permit open the fragment, and does a guardian's?"""
    for profile, decides in DECIDES.items():
        for age in AGES:
            for person, side in (("person:fern", "self"), ("adult:rowan", "guardian")):
                document = copy.deepcopy(ROWS["consents: an agency named in a live consent reads"].document)
                document["profile"] = profile
                document["subject"]["age"] = age
                document["consents"][0]["grantor"] = {"person": person, "as": side}
                opens = decides(age) in ("either", "youth" if side == "self" else "guardian")
                yield Cell(f"{profile}, {age}, {side}", document, _permits(opens))


def family_by_age() -> Iterator[Cell]:
    """Each profile and age: what bars a guardian, or the youth, from reading for herself."""
    for profile, decides in DECIDES.items():
        for age in AGES:
            document = _base()
            document |= {"profile": profile, "purpose": "family_access"}
            document["subject"]["age"] = age
            document["actor"] = {"id": "adult:rowan", "role": "guardian", "active": True}
            right = "GUARDIAN_ACCESS"
            if age >= 18:
                right = "NO_AUTHORITY"
            elif age >= CONSULTED_FROM.get(profile, 99):
                right = "YOUTH_CONSULTATION_REQUIRED"
            elif age >= BARRED_FROM.get(profile, 99):
                right = "YOUTH_DECIDES_ALONE"
            yield Cell(f"{profile}, {age}, guardian", document, _says(right))
            own = copy.deepcopy(document)
            own["actor"] = {"id": "person:fern", "role": "youth", "active": True}
            right = "SELF_ACCESS"
            if age < NO_DIRECT_ACCESS_BELOW.get(profile, 0):
                right = "MINOR_UNDER_14_NO_DIRECT_ACCESS"
            elif decides(age) == "guardian":
                right = "NOT_CAPABLE"
            yield Cell(f"{profile}, {age}, youth", own, _says(right))


RISKS = ("risk_to_life", "serious_bodily_harm", "serious_harm_to_child", "missing_child", "curiosity")
GRAVE = ("risk_to_life", "serious_bodily_harm")


def emergencies() -> Iterator[Cell]:
    """Each role and risk, for ordinary and very restricted content (domain rules B2 and B5)."""
    for role in ("caseworker", "pivot", "child_protection_worker", "committee_member"):
        for risk in RISKS:
            for sensitivity in ("N", "V"):
                document = copy.deepcopy(ROWS["emergency: declared"].document)
                document["actor"]["role"] = role
                document["context"]["break_glass"]["risk"] = risk
                document["fragment"]["sensitivity"] = sensitivity
                enough = risk in GRAVE if sensitivity == "V" else risk in RISKS[:4]
                opens = role != "committee_member" and enough
                yield Cell(f"{role}, {risk}, {sensitivity}", document, _permits(opens))


PRESUMED = ("service_delivery", "assessment", "coordination", "transfer")


def models_by_purpose() -> Iterator[Cell]:
    """Each purpose: does the presumption, or the shared secret, carry it (domain rules R1 and R2)?"""
    for purpose in SERVICE:
        document = copy.deepcopy(ROWS["regimes: presumed between two bodies of the sector"].document)
        document["purpose"] = purpose
        yield Cell(f"presumed, {purpose}", document, _permits(purpose in PRESUMED))
    for purpose in SERVICE:
        document = copy.deepcopy(SHARED)
        document["purpose"] = purpose
        yield Cell(f"shared, {purpose}", document, _permits(purpose in {"child_protection", "assessment"}))


_WRONG: tuple[object, ...] = (None, "", 5, True, [], {}, "word", "any", [5], ["word"], [{}])
_TEXTS = (
    "actor.id", "subject.id", "fragment.id", "fragment.owner_agency", "subject.orders.0.id",
    "subject.authorities.0.person", "fragment.sections.0.id", "consents.0.id", "consents.0.grantor.person",
    "consents.0.status",
)  # fmt: skip
_WORDS: tuple[object, ...] = ("any", [], ["word"])
_BODIES: tuple[object, ...] = ("any", [], [{}])
_TAKES: Mapping[str, tuple[object, ...]] = {
    **dict.fromkeys(_TEXTS, ("word", "any")),
    **dict.fromkeys(("consents.0.fragments", "consents.0.exceptions.0.fragments"), (None, [], ["word"])),
    **dict.fromkeys(("subject.orders.0.categories", "subject.orders.0.purposes"), (None, *_WORDS)),
    "consents.0.exceptions": (None, []),
    "consents.0.exceptions.0.recipients": (None, *_BODIES),
    "consents.0.exceptions.0.purposes": (None, *_WORDS),
    "consents.0.exceptions.0.categories": (None, *_WORDS),
    "subject.orders.0.recipients": _BODIES,
    "consents.0.version": (5,),
    # Missing is null: an empty purpose is one that there is not (gate 5).
    "purpose": ("", "word", "any"),
}
_A_REFUSAL_TAKES: Mapping[str, tuple[object, ...]] = {
    "consents.0.recipients": _BODIES,
    **dict.fromkeys(("consents.0.owners", "consents.0.purposes", "consents.0.categories"), _WORDS),
    "consents.0.grantor.as": (),
}


def malformed_inputs() -> Iterator[Cell]:
    """Each part of the input, of every kind of JSON: malformed, or not (domain rule 3.9, gate 2)."""
    for decision in ("permit", "deny"):
        places = {**_TAKES, **(_A_REFUSAL_TAKES if decision == "deny" else {})}
        for place, allowed in places.items():
            for value in _WRONG:
                document = _complete(decision)
                _put(document, place, value)
                fits = any(value is one or (value == one and type(value) is type(one)) for one in allowed)
                yield Cell(f"{decision}: {place} is {value!r}", document, _is_invalid(not fits))


def _complete(decision: str) -> Json:
    document = copy.deepcopy(ROWS["consents: an agency named in a live consent reads"].document)
    elsewhere = [{"agency": "agency:library"}]
    document["subject"]["orders"] = [{"id": "o1", "type": "require", "recipients": elsewhere}]
    document["fragment"]["sections"] = [{"id": "s1"}]
    exceptions = [{"decision": "deny", "recipients": elsewhere}]
    document["consents"][0] |= {"decision": decision, "exceptions": exceptions}
    return document


def _put(document: Any, place: str, value: object) -> None:  # noqa: ANN401 - JSON of any kind
    *path, last = place.split(".")
    for step in path:
        document = document[int(step)] if step.isdigit() else document[step]
    document[last] = copy.deepcopy(value)


def _is_invalid(right: bool) -> Callable[[Mapping[str, Any]], bool]:  # noqa: FBT001 - the cell's own value
    return lambda answer: bool((answer["reasons"][0] == "INPUT_INVALID") is right)


SHARED = next(row.document for row in ROWS.values() if row.reasons[0] == "SHARED_SECRET")
GRIDS = {
    "who may do what, for which purpose": role_matrix,
    "whose permit counts": standing_by_age,
    "what bars the family from reading": family_by_age,
    "who may lift a refusal in an emergency": emergencies,
    "which purposes a model carries": models_by_purpose,
    "what is malformed": malformed_inputs,
}


def _base() -> Json:
    return copy.deepcopy(ROWS["consents: nobody consented"].document)


def _permits(opens: bool) -> Callable[[Mapping[str, Any]], bool]:  # noqa: FBT001 - the cell's own value
    return lambda answer: bool((answer["decision"] == "permit") is opens)


def _says(reason: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda answer: bool(answer["reasons"][0] == reason)
