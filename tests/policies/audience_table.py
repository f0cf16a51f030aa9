"""Domain rule 3.10 whole: every kind of entry by every kind of viewer, read across."""

from typing import Any

from gateway.domain.access import Viewer
from gateway.domain.ids import PersonId

# full, generic, delayed, or - for none. The viewers:
#   fern     the youth, who decides beside her guardians      rowan   her guardian, whose directives hold
#   birch    another guardian, who said nothing               owner   an officer of the agency that holds it
#   acting   an officer of the agency that acted              other   an officer of a third agency
#   network  an officer of the whole network                  auditor an auditor
#   ash      the worker who acted                             elm     a colleague of hers
TABLE = """
                                        fern    rowan   birch   owner acting other network auditor ash  elm
fern's own act                          full    -       -       full  -      -     full    full    -    -
rowan's own act                         -       full    -       full  -      -     full    full    -    -
said by rowan, recorded by ash          -       full    -       full  full   -     full    full    full -
policy activated                        -       -       -       -     -      -     full    full    -    -
key rotated                             -       -       -       -     -      -     full    full    -    -
worker disabled by ash                  -       -       -       -     full   -     full    full    full -
instrument recorded by ash              -       -       -       -     full   -     full    full    full -
deposited                               full    full    full    full  full   -     full    full    full -
released                                full    full    full    full  full   -     full    full    full -
refused                                 full    full    full    full  full   -     full    full    full -
dry run                                 full    full    full    full  full   -     full    full    full -
emergency                               full    full    full    full  full   -     full    full    full -
emergency reviewed                      full    full    full    full  full   -     full    full    full -
consulted                               full    full    full    full  full   -     full    full    full -
assigned                                full    full    full    full  full   -     full    full    full -
report                                  delayed delayed delayed full  full   -     full    full    full -
emergency told later                    delayed delayed delayed full  full   -     full    full    full -
order sealed from the family            delayed delayed delayed full  full   -     full    full    full -
shared secret, nobody informed          -       delayed delayed full  full   -     full    full    full -
emergency, its delay over               full    full    full    full  full   -     full    full    full -
sealed order, a delay over              delayed delayed delayed full  full   -     full    full    full -
shared secret, a delay over             -       delayed delayed full  full   -     full    full    full -
report, released                        full    full    full    full  full   -     full    full    full -
sealed order, released                  full    full    full    full  full   -     full    full    full -
a shelter acted                         full    full    -       full  full   -     full    full    full -
a shelter acted, told later             delayed delayed delayed full  full   -     full    full    full -
a shelter acted, released               full    full    -       full  full   -     full    full    full -
a shelter owns it                       full    full    -       full  full   -     full    full    full -
refused and hidden                      generic generic generic full  full   -     full    full    full -
a shelter was refused, hidden           full    full    -       full  full   -     full    full    full -
person looked up                        generic generic generic full  full   -     full    full    full -
harm expected from the guardians        full    -       -       full  full   -     full    full    full -
of an age without access                -       full    full    full  full   -     full    full    full -
"""

CLINIC = {"protected_agencies": ["agency:clinic"]}
HIDDEN = {"outcome": "deny", "hidden": True}
ORDER = {
    "id": "o1",
    "type": "require",
    "recipients": [{"agency": "agency:clinic"}],
    "sealed_from_family": True,
}
SEALED = {"purpose": "legal", "subject.orders": [ORDER]}
NO_FRAGMENT = {"owner_agency": None, "acting_agency": None, "account": None}
BY_FAMILY = {"acting_agency": None, "about": "person"}
SECRET = {"profile": "FR", "purpose": "child_protection", "context.consent_model": "shared_secret"}
ENTRIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "fern's own act": ({**BY_FAMILY, "own_act_of": "person:fern", "account": "person:fern"}, {}),
    "rowan's own act": ({**BY_FAMILY, "own_act_of": "adult:rowan", "account": "adult:rowan"}, {}),
    "said by rowan, recorded by ash": ({"own_act_of": "adult:rowan", "about": "person"}, {}),
    "policy activated": ({**NO_FRAGMENT, "kind": "policy_activated", "about": "policy"}, {}),
    "key rotated": ({**NO_FRAGMENT, "kind": "key_rotated", "about": "keys"}, {}),
    "worker disabled by ash": ({"owner_agency": None, "about": "administration"}, {}),
    "instrument recorded by ash": ({"owner_agency": None, "about": "instrument"}, {}),
    "deposited": ({"kind": "deposited"}, {}),
    "released": ({}, {}),
    "refused": ({"kind": "refused", "outcome": "deny"}, {}),
    "dry run": ({"kind": "inquired"}, {}),
    "emergency": ({"obligations": ["notify_family", "review_required"]}, {}),
    "emergency reviewed": ({"kind": "emergency_reviewed"}, {}),
    "consulted": ({"kind": "consulted", "obligations": ["no_subject_identifier"]}, {}),
    "assigned": ({"kind": "assigned", "about": "person"}, {}),
    "report": ({"kind": "report_submitted", "obligations": ["delay_family_notice"]}, {}),
    "emergency told later": ({"delayed": True}, {}),
    "order sealed from the family": ({}, SEALED),
    "shared secret, nobody informed": ({}, {**SECRET, "subject.age": 17}),
    "emergency, its delay over": (
        {"delayed": True, "obligations": ["delay_family_notice"], "delay_over": True},
        {},
    ),
    "sealed order, a delay over": ({"delayed": True, "delay_over": True}, SEALED),
    "shared secret, a delay over": ({"delay_over": True}, {**SECRET, "subject.age": 17}),
    "report, released": (
        {"kind": "report_submitted", "obligations": ["delay_family_notice"], "released": True},
        {},
    ),
    "sealed order, released": ({"released": True}, SEALED),
    "a shelter acted": (CLINIC, {}),
    "a shelter acted, told later": ({**CLINIC, "delayed": True}, {}),
    "a shelter acted, released": ({**CLINIC, "delayed": True, "released": True}, {}),
    "a shelter owns it": ({"protected_agencies": ["agency:school"]}, {}),
    "refused and hidden": (HIDDEN, {}),
    "a shelter was refused, hidden": ({**CLINIC, **HIDDEN}, {}),
    "person looked up": ({"kind": "looked_up", "about": "person"}, {}),
    "harm expected from the guardians": ({}, {"fragment.harm_if_disclosed_to": ["guardian"]}),
    "of an age without access": ({}, {"profile": "QC-LRSSS", "subject.age": 13}),
}
"""What differs from an ordinary entry, and from its query."""

BOTH = {
    "subject.authorities": [
        {"person": "adult:rowan", "authority": "joint"},
        {"person": "adult:birch", "authority": "joint"},
    ]
}


def _officer(agency: str, name: str = "worker:officer", **facts: object) -> Viewer:
    own = {"agency": agency, "agency_status": "member", "active": True, "network_wide": False}
    return Viewer(PersonId(name), "privacy_officer", {**own, **facts})


def _worker(name: str, agency: str = "agency:clinic", role: str = "caseworker") -> Viewer:
    facts = {"agency": agency, "agency_status": "member", "active": True, "network_wide": False}
    return Viewer(PersonId(name), role, facts)


WHO: dict[str, Viewer] = {
    "fern": Viewer(PersonId("person:fern"), "youth"),
    "rowan": Viewer(PersonId("adult:rowan"), "guardian", {"named": ["agency:clinic", "agency:school"]}),
    "birch": Viewer(PersonId("adult:birch"), "guardian"),
    "owner": _officer("agency:school"),
    "acting": _officer("agency:clinic"),
    "other": _officer("agency:library"),
    "network": _officer("agency:library", network_wide=True),
    "auditor": _worker("worker:auditor", "agency:library", "auditor"),
    "ash": _worker("worker:ash"),
    "elm": _worker("worker:elm"),
}
_LEVELS = {"-": "none", "full": "full", "generic": "generic", "delayed": "delayed"}

Cell = tuple[dict[str, Any], dict[str, Any], Viewer, str]


def cells() -> dict[str, Cell]:
    """Every cell of the table: what differs in the entry and in the query, the viewer, her level."""
    head, *lines = TABLE.strip("\n").splitlines()
    viewers, found = head.split(), {}
    for line in lines:
        name = line[:40].strip()
        changed, given = ENTRIES[name]
        for viewer, mark in zip(viewers, line[40:].split(), strict=True):
            entry = {"account": "worker:ash", **changed}
            found[f"{name} | {viewer}"] = (entry, {**BOTH, **given}, WHO[viewer], _LEVELS[mark])
    return found


OVERSEEN: dict[str, Cell] = {
    "an officer's account was closed": ({}, {}, _officer("agency:school", active=False), "none"),
    "an officer of a suspended agency": (
        {},
        {},
        _officer("agency:school", agency_status="suspended"),
        "none",
    ),
    "an officer of a unit is of another body": ({}, {}, _officer("agency:school/east"), "none"),
    "an officer who says nothing of herself": (
        {},
        {},
        Viewer(PersonId("worker:officer"), "privacy_officer"),
        "none",
    ),
    "an officer against whom an order stands": (
        {},
        {"subject.orders": [{**ORDER, "type": "prohibit", "recipients": [{"agency": "agency:school"}]}]},
        _officer("agency:school"),
        "full",
    ),
    "an officer, of a malformed fact": (
        {},
        {"subject.age": "ten"},
        _officer("agency:school"),
        "full",
    ),
    "an officer who acted herself": (
        {"account": "worker:officer"},
        {},
        _officer("agency:library"),
        "none",
    ),
    "an officer of the agency that acted where nobody owns it": (
        {"owner_agency": None, "about": "administration"},
        {},
        _officer("agency:clinic"),
        "full",
    ),
    "an administrator": ({}, {}, _worker("worker:fir", "agency:school", "agency_admin"), "none"),
    "the worker who acted, for another agency": ({}, {}, _worker("worker:ash", "agency:library"), "none"),
    "a guardian named like the account": (
        {"account": "adult:birch", "acting_agency": None, "own_act_of": "adult:rowan"},
        {},
        Viewer(PersonId("adult:birch"), "guardian"),
        "none",
    ),
    "told by mistake before it was released": (
        {"delayed": True, "released": "yes"},
        {},
        WHO["rowan"],
        "delayed",
    ),
    "a delay that is over by mistake": (
        {"delayed": True, "delay_over": "yes"},
        {},
        WHO["rowan"],
        "delayed",
    ),
}
OVERSEEN = {
    name: ({"account": "worker:ash", **changed}, {**BOTH, **given}, viewer, level)
    for name, (changed, given, viewer, level) in OVERSEEN.items()
}
"""What the table's viewers leave open, each alone."""
