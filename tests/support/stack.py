"""A whole gateway in one process, on either store, with a small invented network in it."""

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.adapters.crypto.state import KeyState
from gateway.domain.bearer import Bearer
from gateway.domain.caller import Caller
from gateway.domain.instants import FAR_FUTURE
from gateway.domain.seed import parse_seed
from gateway.domain.vocabulary import Role
from gateway.http.services import UseCases
from gateway.observe import OperationalLog
from gateway.settings import Settings
from gateway.wiring.parts import Parts, open_parts
from gateway.wiring.starting import running
from gateway.wiring.usecases import build_seed, build_use_cases
from tests.support.keys import TEST_COST

ISSUER = "https://issuer.example"


def network() -> dict[str, Any]:
    """Three agencies, their workers, a child with a guardian, a live consent and three fragments."""
    return {
        "format": "gateway-seed-1",
        "agencies": [
            {
                "id": "qc:school",
                "name": {"fr": "École inventée", "en": "Invented school"},
                "profile": "QC-PRIV",
            },
            {
                "id": "qc:clinic",
                "name": {"fr": "Clinique inventée", "en": "Invented clinic"},
                "profile": "QC-LRSSS",
                "sector": "health_social",
            },
            {
                "id": "qc:house",
                "name": {"fr": "Maison inventée", "en": "Invented house"},
                "profile": "QC-PRIV",
            },
        ],
        "clients": [
            {"id": "client:school", "agency": "qc:school"},
            {"id": "client:clinic", "agency": "qc:clinic"},
            {"id": "client:house", "agency": "qc:house"},
            {"id": "client:family", "family_portal": True},
        ],
        "workers": [
            _worker("w:ada", "qc:school", "ada", ["caseworker"]),
            _worker("w:bob", "qc:clinic", "bob", ["caseworker"]),
            _worker("w:cam", "qc:clinic", "cam", ["caseworker"]),
            _worker("w:dia", "qc:house", "dia", ["caseworker"]),
            _worker("w:eva", "qc:clinic", "eva", ["privacy_officer"]),
            _worker("w:fil", "qc:clinic", "fil", ["agency_admin"]),
            _worker("w:ivy", "qc:house", "ivy", ["privacy_officer"]),
        ],
        "persons": [
            _person("p:child", "Fable", "today-3400d"),
            _person("p:parent", "Conte", "1988-05-01", "conte"),
            _person("p:other", "Récit", "1986-02-01", "recit"),
        ],
        "authorities": [{"id": "aut_1", "subject": "p:child", "person": "p:parent", "authority": "sole"}],
        "assignments": [
            {"id": "asg_1", "worker": "w:ada", "person": "p:child", "from": "now-30d"},
            {"id": "asg_2", "worker": "w:bob", "person": "p:child", "from": "now-30d"},
        ],
        "dossiers": [{"id": "dos_child", "person": "p:child"}],
        "consents": [
            permit("cns_1", one_time=False),
            permit("cns_once", one_time=True, category="education"),
        ],
        "fragments": [
            {
                "id": "frg_letter",
                "dossier": "dos_child",
                "owner_agency": "qc:school",
                "category": "family_situation",
                "sensitivity": "N",
                "media_type": "text/plain",
                "content": "An invented letter.",
            },
            {
                "id": "frg_marks",
                "dossier": "dos_child",
                "owner_agency": "qc:school",
                "category": "education",
                "sensitivity": "N",
                "media_type": "text/plain",
                "content": "Invented marks.",
            },
            {
                "id": "frg_report",
                "dossier": "dos_child",
                "owner_agency": "qc:school",
                "category": "family_situation",
                "sensitivity": "R",
                "sections": [
                    {
                        "id": "home",
                        "category": "family_situation",
                        "sensitivity": "N",
                        "content": {"t": "Calm."},
                    },
                    {
                        "id": "sleep",
                        "category": "mental_health",
                        "sensitivity": "R",
                        "content": {"t": "Poor."},
                    },
                ],
            },
        ],
    }


def permit(name: str, *, one_time: bool, category: str = "family_situation") -> dict[str, Any]:
    """The parent lets the clinic read one kind of the school's fragments, for coordination."""
    return {
        "id": name,
        "subject": "p:child",
        "grantor": {"person": "p:parent", "as": "guardian"},
        "decision": "permit",
        "recipients": [{"agency": "qc:clinic"}],
        "owners": ["qc:school"],
        "purposes": ["coordination"],
        "categories": [category],
        "from": "now-1d",
        "until": "now+180d",
        "one_time": one_time,
    }


def _worker(name: str, agency: str, subject: str, roles: list[str]) -> dict[str, Any]:
    identity = {"iss": ISSUER, "sub": subject}
    return {"id": name, "agency": agency, "name": f"Inventé {subject}", "roles": roles, "identity": identity}


def _person(name: str, given: str, born: str, subject: str | None = None) -> dict[str, Any]:
    person: dict[str, Any] = {"id": name, "names": {"given": given, "family": "Inventé"}, "birth_date": born}
    return person if subject is None else {**person, "identity": {"iss": ISSUER, "sub": subject}}


@dataclass(frozen=True, slots=True)
class Stack:
    parts: Parts
    uses: UseCases

    async def caller(self, subject: str, client: str, role: Role | None = None) -> Caller:
        """Whoever stands behind this subject at this client, strongly authenticated."""
        return await self.parts.store.caller(bearer(subject, client), role)


def officer(name: str, agency: str, subject: str, *, network_wide: bool = False) -> dict[str, Any]:
    """A privacy officer, for a seed."""
    return {**_worker(name, agency, subject, ["privacy_officer"]), "network_wide": network_wide}


def bearer(subject: str, client: str) -> Bearer:
    return Bearer(ISSUER, subject, client, os.urandom(32), FAR_FUTURE, strong=True, insecure=True)


@asynccontextmanager
async def open_stack(
    url: str,
    state: Path,
    *,
    seed: dict[str, Any] | None = None,
    fresh: bool = True,
    policies: Path | None = None,
    insecure_policy_activation: bool = False,
    **chosen: Any,  # noqa: ANN401 - settings of any type
) -> AsyncIterator[Stack]:
    """Open a gateway on this database; a fresh one gets its keys and the seed (the small network).

    Nothing is limited, unless a test asks for limits among the settings that it has `chosen`.
    """
    if fresh:
        await KeyState.init(state, cost=TEST_COST)
    log = OperationalLog(sys.stderr, "error")
    settings = Settings(
        state_dir=state,
        database_url=url,
        policies=policies,
        insecure_policy_activation=insecure_policy_activation,
        **({"insecure_limits_off": True} | chosen),
    )
    async with open_parts(settings, log, insecure_test_cost=TEST_COST) as parts, running(parts):
        if fresh:
            parsed = parse_seed(json.dumps(seed or network()).encode(), now=parts.clock.now())
            await build_seed(parts)(parsed, operator="tests", read_file=_no_file)
        yield Stack(parts, build_use_cases(parts))


def _no_file(name: str) -> bytes:
    raise AssertionError(f"the small network names no file: {name}")
