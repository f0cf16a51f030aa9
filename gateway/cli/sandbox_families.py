"""The sandbox's people: invented, obviously so, and the same at every reset."""

from collections.abc import Mapping, Sequence
from typing import Any

FAMILIES = (
    "Aubépine",
    "Bruyère",
    "Coquelicot",
    "Digitale",
    "Églantine",
    "Fougère",
    "Genêt",
    "Hellébore",
    "Immortelle",
    "Jonquille",
    "Lavande",
    "Mélisse",
)
"""Each is the given name of a child and part of her parent's; all of them are called Bac-à-Sable."""

SCHOOL, CLINIC, COMMUNITY = "sandbox:school", "sandbox:clinic", "sandbox:community"
AGENCIES = (
    (SCHOOL, "École du bac à sable", "Sandbox school", "QC-PRIV", None),
    (CLINIC, "Clinique du bac à sable", "Sandbox clinic", "QC-LRSSS", "health_social"),
    (COMMUNITY, "Maison du bac à sable", "Sandbox community house", "QC-PRIV", None),
)
CLIENTS = {"school": SCHOOL, "clinic": CLINIC, "community": COMMUNITY}
"""Whose key lies in which file of the sandbox's `clients` folder."""

_WORKERS = (
    ("sandbox-school-worker", SCHOOL, "Sable Scolaire", ("caseworker",)),
    ("sandbox-clinic-worker", CLINIC, "Sable Clinique", ("caseworker",)),
    ("sandbox-clinic-night", CLINIC, "Sable Nocturne", ("caseworker",)),
    ("sandbox-community-worker", COMMUNITY, "Sable Commune", ("caseworker",)),
    ("sandbox-clinic-admin", CLINIC, "Sable Gestion", ("agency_admin",)),
    ("sandbox-clinic-officer", CLINIC, "Sable Vigie", ("privacy_officer",)),
    ("sandbox-network-admin", SCHOOL, "Sable Réseau", ("agency_admin",)),
)


def sandbox_seed(insecure_issuer: str, keys: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give the seed: twelve families, three agencies; every second family agrees that the clinic reads.

    Args:
        insecure_issuer: Who vouches for the families, in the sandbox alone.
        keys: The public key of each client, by the names of `CLIENTS`.
    """
    seed: dict[str, Any] = {
        "format": "gateway-seed-1",
        "agencies": [_agency(*one) for one in AGENCIES],
        "clients": [
            *({"id": name, "agency": agency, "keys": [keys[name]]} for name, agency in CLIENTS.items()),
            {"id": "family", "family_portal": True},
        ],
        "workers": [_worker(*one, insecure_issuer) for one in _WORKERS],
        "persons": [],
        "authorities": [],
        "assignments": [],
        "dossiers": [],
        "consents": [],
        "fragments": [],
    }
    for number, name in enumerate(FAMILIES, start=1):
        for section, rows in _family(number, name, insecure_issuer).items():
            seed[section] += rows
    return seed


def _agency(name: str, fr: str, en: str, profile: str, sector: str | None) -> dict[str, Any]:
    agency: dict[str, Any] = {"id": name, "name": {"fr": fr, "en": en}, "profile": profile}
    return agency if sector is None else {**agency, "sector": sector}


def _worker(name: str, agency: str, called: str, roles: Sequence[str], issuer: str) -> dict[str, Any]:
    worker: dict[str, Any] = {"id": name, "agency": agency, "name": called, "roles": list(roles)}
    worker["identity"] = {"iss": issuer, "sub": name}
    return {**worker, "network_wide": True} if name == "sandbox-network-admin" else worker


def _family(number: int, name: str, issuer: str) -> dict[str, list[dict[str, Any]]]:
    child, parent, mark = f"sandbox-child-{number:02d}", f"sandbox-parent-{number:02d}", f"{number:02d}"
    letter = {
        "id": f"sandbox-letter-{mark}",
        "dossier": f"sandbox-dossier-{mark}",
        "owner_agency": SCHOOL,
        "category": "education",
        "sensitivity": "N",
        "media_type": "text/plain",
        "content": f"Lettre inventée : {name} aime le sable, et compte jusqu'à {number}.\n",
    }
    agrees = {
        "id": f"sandbox-consent-{mark}",
        "subject": child,
        "grantor": {"person": parent, "as": "guardian"},
        "decision": "permit",
        "recipients": [{"agency": CLINIC}],
        "owners": [SCHOOL],
        "purposes": ["coordination"],
        "categories": ["education"],
        "from": "now-1d",
        "until": "now+180d",
    }
    return {
        "persons": [_child(child, name, number), _parent(parent, name, issuer)],
        "authorities": [{"subject": child, "person": parent, "authority": "sole"}],
        "assignments": [
            {"worker": worker, "person": child, "from": "now-30d"}
            for worker in ("sandbox-school-worker", "sandbox-clinic-worker")
        ],
        "dossiers": [{"id": f"sandbox-dossier-{mark}", "person": child}],
        "consents": [agrees] if number % 2 else [],
        "fragments": [letter],
    }


def _child(child: str, name: str, number: int) -> dict[str, Any]:
    names = {"given": name, "family": "Bac-à-Sable"}
    return {"id": child, "names": names, "birth_date": f"today-{3000 + 40 * number}d"}


def _parent(parent: str, name: str, issuer: str) -> dict[str, Any]:
    names = {"given": f"Parent d'{name}", "family": "Bac-à-Sable"}
    known = {"id": parent, "names": names, "birth_date": "1985-05-01"}
    return {**known, "identity": {"iss": issuer, "sub": parent}}
