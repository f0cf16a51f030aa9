"""Who of the family sees an entry, cell by cell: what differs from an ordinary one, and each level."""

import json
from typing import Any

from gateway.domain.access import Viewer
from gateway.domain.ids import PersonId
from tests.policies.test_tables import ROWS

PERMITTED = ROWS["consents: an agency named in a live consent reads"].document
VIEWERS = (Viewer(PersonId("adult:rowan"), "guardian"), Viewer(PersonId("person:fern"), "youth"))
ENTRY: dict[str, Any] = {
    "kind": "release",
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
    "a protected agency, named by her directive": (
        {"protected_agencies": ["agency:clinic"]},
        {},
        ("full", "full"),
    ),
    "nothing said about protection": ({"protected_agencies": None}, {"consents": []}, ("none", "full")),
    "a refusal hidden from its caller": ({"outcome": "deny", "hidden": True}, {}, ("generic", "generic")),
    "a person look-up": ({"kind": "lookup", "about": "person"}, {}, ("generic", "generic")),
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
