"""Who of the family sees an entry, cell by cell: what differs from an ordinary one, and each level."""

import json
from typing import Any

from gateway.domain.access import Viewer
from gateway.domain.ids import PersonId
from tests.policies.test_tables import ROWS

PERMITTED = ROWS["consents: an agency named in a live consent reads"].document
VIEWERS = (Viewer(PersonId("adult:rowan"), "guardian"), Viewer(PersonId("person:fern"), "youth"))
ENTRY: dict[str, Any] = {
    "kind": "released",
    "outcome": "permit",
    "hidden": False,
    "obligations": ["log_access"],
    "own_act_of": None,
    "acting_agency": "agency:clinic",
    "owner_agency": "agency:school",
    "protected_agencies": [],
    "delayed": False,
    "about": "fragment",
}
SECRET = {"profile": "FR", "purpose": "child_protection"}
SHARED_MODEL = {"context.consent_model": "shared_secret"}
TO_CLINIC = [{"agency": "agency:clinic"}]


def who_named(*agencies: str) -> Viewer:
    """A guardian who named these agencies in directives of her own."""
    return Viewer(PersonId("adult:rowan"), "guardian", {"named": list(agencies)})


CELLS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, str]]] = {
    "everything else is told in full": ({}, {}, ("full", "full")),
    "her own act is hers": ({"own_act_of": "person:fern"}, {}, ("none", "full")),
    "an act of somebody else in the family": ({"own_act_of": "adult:birch"}, {}, ("none", "none")),
    "policy and keys are not the family's": ({"about": "policy"}, {}, ("none", "none")),
    "an entry that does not say what it is about": ({"about": None}, {}, ("none", "none")),
    "who may not read the log sees nothing": (
        {},
        {"profile": "QC-LRSSS", "subject.age": 13},
        ("full", "none"),
    ),
    "harm is expected": ({}, {"fragment.harm_if_disclosed_to": ["guardian"]}, ("none", "full")),
    "a malformed fact": ({}, {"fragment.category": "weather"}, ("none", "none")),
    "a delayed notice": ({"delayed": True}, {}, ("delayed", "delayed")),
    "a delay among the obligations": ({"obligations": ["delay_family_notice"]}, {}, ("delayed", "delayed")),
    "nothing said about delay": ({"delayed": None}, {}, ("delayed", "delayed")),
    "a sealed instrument": (
        {},
        {
            "purpose": "legal",
            "subject.orders": [
                {
                    "id": "o1",
                    "type": "require",
                    "recipients": [{"agency": "agency:clinic"}],
                    "sealed_from_family": True,
                }
            ],
        },
        ("delayed", "delayed"),
    ),
    "an instrument that the family may know": (
        {},
        {"purpose": "legal", "subject.orders": [{"id": "o1", "type": "require", "recipients": TO_CLINIC}]},
        ("full", "full"),
    ),
    "a prohibition that the family may know": (
        {"outcome": "deny", "hidden": True},
        {"subject.orders": [{"id": "o1", "type": "prohibit", "recipients": TO_CLINIC}]},
        ("generic", "generic"),
    ),
    "a sealed prohibition of whoever asked": (
        {"outcome": "deny", "hidden": True},
        {
            "subject.orders": [
                {"id": "o1", "type": "prohibit", "recipients": TO_CLINIC, "sealed_from_family": True}
            ]
        },
        ("delayed", "delayed"),
    ),
    "a sealed order for somebody else": (
        {},
        {
            "purpose": "legal",
            "subject.orders": [
                {
                    "id": "o1",
                    "type": "require",
                    "recipients": [{"agency": "agency:library"}],
                    "sealed_from_family": True,
                }
            ],
        },
        ("full", "full"),
    ),
    "shared secret without informing": (
        {},
        {**SECRET, "subject.age": 18, "context.consent_model": "shared_secret"},
        ("none", "delayed"),
    ),
    "a protected agency acted": ({"protected_agencies": ["agency:library"]}, {}, ("full", "full")),
    "a protected agency, which the guardian did not name": (
        {"protected_agencies": ["agency:clinic"], "acting_agency": "agency:clinic/east"},
        {"consents": []},
        ("none", "full"),
    ),
    "a protected agency that a directive in the question names": (
        {"protected_agencies": ["agency:clinic"]},
        {},
        ("none", "full"),
    ),
    "nothing said about protection": ({"protected_agencies": None}, {"consents": []}, ("none", "full")),
    "a refusal hidden from its caller": ({"outcome": "deny", "hidden": True}, {}, ("generic", "generic")),
    "a person look-up": ({"kind": "looked_up", "about": "person"}, {}, ("generic", "generic")),
    "nothing said about hiding": ({"hidden": None}, {}, ("none", "none")),
}


def situation(given: dict[str, Any]) -> dict[str, Any]:
    """The query of a cell: what differs from the permitted one, by dotted places."""
    document: dict[str, Any] = json.loads(json.dumps(PERMITTED))
    for place, value in given.items():
        *path, last = place.split(".")
        part = document
        for step in path:
            part = part[step]
        part[last] = value
    return document


ROWAN = Viewer(PersonId("adult:rowan"), "guardian")
FERN = Viewer(PersonId("person:fern"), "youth")
ASH = Viewer(PersonId("worker:ash"), "caseworker")
LIBRARY = {"agency": "agency:library", "agency_status": "member", "active": True}
HERSELF = [{"person": "person:fern", "authority": "sole"}]
CLINIC = {"protected_agencies": ["agency:clinic"]}
SCHOOL = {"protected_agencies": ["agency:school"]}
ALONE: dict[str, tuple[dict[str, Any], dict[str, Any], Viewer, str]] = {
    # A1, A2, A3: whose act it was, and what it was about.
    "her own act, though it is not about a child": (
        {"own_act_of": "adult:rowan", "about": "keys"},
        {},
        ROWAN,
        "full",
    ),
    "a worker is no family": ({}, {}, ASH, "none"),
    "a worker's own act": ({"own_act_of": "worker:ash"}, {}, ASH, "none"),
    "an act of the subject, for her guardian": ({"own_act_of": "person:fern"}, {}, ROWAN, "none"),
    "about a person": ({"about": "person"}, {}, ROWAN, "full"),
    "about an instrument": ({"about": "instrument"}, {}, ROWAN, "none"),
    "about administration": ({"about": "administration"}, {}, FERN, "none"),
    "about a checkpoint": ({"about": "checkpoint"}, {}, FERN, "none"),
    # A4: whoever may not read the log.
    "a guardian without authority": ({}, {"subject.authorities": []}, ROWAN, "none"),
    "a guardian whose authority is for access alone": (
        {},
        {"subject.authorities": [{"person": "adult:rowan", "authority": "access_only"}]},
        ROWAN,
        "none",
    ),
    "a guardian whose authority has ended": (
        {},
        {
            "subject.authorities": [
                {"person": "adult:rowan", "authority": "sole", "until": "2030-06-01T12:00:00Z"}
            ]
        },
        ROWAN,
        "none",
    ),
    "a guardian of somebody of age": ({}, {"subject.age": 18}, ROWAN, "none"),
    "somebody of age": ({}, {"subject.age": 18}, FERN, "full"),
    "a service that the youth consented to alone": ({}, {"fragment.youth_alone": True}, ROWAN, "none"),
    "the log is read where the fragment is not": (
        {},
        {"profile": "QC-PRIV", "subject.age": 15},
        ROWAN,
        "full",
    ),
    "the actor's account was closed": (
        {"outcome": "deny", "hidden": True},
        {"actor.active": False},
        ROWAN,
        "generic",
    ),
    "an emergency that was badly declared": (
        {"outcome": "deny"},
        {"context.break_glass": "now"},
        ROWAN,
        "full",
    ),
    # A5: what is delayed, and what is not.
    "shared secret for an assessment": (
        {},
        {**SECRET, "purpose": "assessment", **SHARED_MODEL},
        ROWAN,
        "full",
    ),
    "child protection by consent": ({}, SECRET, ROWAN, "full"),
    "shared secret, the family informed": (
        {},
        {**SECRET, **SHARED_MODEL, "context.family_informed": True},
        ROWAN,
        "full",
    ),
    "shared secret, the family not informed": ({}, {**SECRET, **SHARED_MODEL}, ROWAN, "delayed"),
    "a sealed prohibition": (
        {},
        {
            "subject.orders": [
                {
                    "id": "o1",
                    "type": "prohibit",
                    "recipients": [{"agency": "agency:library"}],
                    "sealed_from_family": True,
                }
            ]
        },
        ROWAN,
        "full",
    ),
    "a delay goes before protection": ({**CLINIC, "delayed": True}, {}, ROWAN, "delayed"),
    # A6, A7: a protected agency.
    "a protected owner": (SCHOOL, {"consents": []}, ROWAN, "none"),
    "a protected actor": (CLINIC, {"consents": []}, ROWAN, "none"),
    "an agency whose name only begins alike": (
        {"protected_agencies": ["agency:clin"]},
        {"consents": []},
        ROWAN,
        "full",
    ),
    "a unit is not its body": (
        {"protected_agencies": ["agency:clinic/east"]},
        {"consents": []},
        ROWAN,
        "full",
    ),
    "the subject with standing": (CLINIC, {"consents": [], "subject.age": 17}, FERN, "full"),
    "the subject, where either decides": (CLINIC, {"consents": []}, FERN, "full"),
    "a protected actor, whom she named": (CLINIC, {"consents": []}, who_named("agency:clinic"), "full"),
    "a protected owner, whom she named": (SCHOOL, {"consents": []}, who_named("agency:school"), "full"),
    "one of several that she named": (CLINIC, {}, who_named("agency:museum", "agency:clinic"), "full"),
    "a guardian who named another agency": (CLINIC, {}, who_named("agency:library"), "none"),
    "a guardian who named a unit alone": (CLINIC, {}, who_named("agency:clinic/east"), "none"),
    "a guardian who named nobody": (CLINIC, {}, who_named(), "none"),
    "names that are no list": (
        CLINIC,
        {},
        Viewer(PersonId("adult:rowan"), "guardian", {"named": {"a": "agency:clinic"}}),
        "none",
    ),
    "an officer who does not say that she is of the whole network": (
        {},
        {},
        Viewer(PersonId("worker:officer"), "privacy_officer", LIBRARY),
        "none",
    ),
    "an officer of an agency called network, about what belongs to none": (
        {"about": "policy", "owner_agency": None, "acting_agency": None},
        {},
        Viewer(PersonId("worker:officer"), "privacy_officer", {**LIBRARY, "agency": "network"}),
        "none",
    ),
    "a guardian who also works there, about another guardian's act": (
        {"own_act_of": "adult:rowan", "account": "adult:birch"},
        {"subject.authorities": [{"person": "adult:birch", "authority": "sole"}]},
        Viewer(PersonId("adult:birch"), "guardian", {"agency": "agency:clinic"}),
        "none",
    ),
    "protection that is not understood": ({"protected_agencies": [5]}, {"consents": []}, ROWAN, "none"),
    "protection that is no list": ({"protected_agencies": {}}, {"consents": []}, ROWAN, "none"),
    "nobody's agency acted": (
        {"protected_agencies": ["agency:library"], "acting_agency": None},
        {"consents": []},
        ROWAN,
        "full",
    ),
    "the subject as a guardian of herself, without standing": (
        CLINIC,
        {"consents": [], "profile": "FR", "subject.authorities": HERSELF},
        Viewer(PersonId("person:fern"), "guardian"),
        "none",
    ),
    "the subject as a guardian of herself, with standing in a section alone": (
        CLINIC,
        {
            "consents": [],
            "subject.capable": ["mental_health"],
            "fragment.sections": [{"id": "a", "category": "mental_health"}],
            "subject.authorities": HERSELF,
        },
        Viewer(PersonId("person:fern"), "guardian"),
        "none",
    ),
    # A8, A9: what was hidden from its caller, and everything else.
    "a refusal that was not hidden": ({"outcome": "deny"}, {}, ROWAN, "full"),
    "a hidden permit contradicts itself": ({"hidden": True}, {}, ROWAN, "none"),
    "a look-up, for the subject": (
        {"kind": "looked_up", "about": "person"},
        {"subject.age": 17},
        FERN,
        "generic",
    ),
    "a deposit": ({"kind": "deposited"}, {}, ROWAN, "full"),
    "an assignment": ({"kind": "assigned", "about": "person"}, {}, ROWAN, "full"),
    "a dry run": ({"kind": "inquired"}, {}, FERN, "full"),
}
"""Domain rule 3.10, viewer by kind of entry: one viewer, and her level."""
