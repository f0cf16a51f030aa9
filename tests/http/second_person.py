"""A school with several officers: who asks for what needs a second person, and who answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from gateway.domain.access import Decision
from gateway.domain.ids import FragmentId
from tests.http.served import ADA, Served, serve_stack
from tests.support.stack import network, officer, open_stack

SOL = "sol@client:school"
TOM = "tom@client:school"
SOL_TOO = "sol@client:office"
"""The same human at another agency, where her account is network-wide."""
NET = "net@client:clinic"
MUM = "conte@client:school"
"""The child's mother, who is an officer of the school too."""
UMA = "uma@client:school"
"""An officer of the school who works for the clinic as well."""
PIA = "recit@client:school"
"""An officer of the school, and of a family that has nothing to do with this one."""

DEMAND: dict[str, Any] = {
    "type": "require",
    "basis": "statutory_demand",
    "recipients": [{"person": "w:dia", "agency": "qc:house"}],
    "purposes": ["legal"],
    "words": "An invented demand.",
}
PROHIBITION: dict[str, Any] = {
    "type": "prohibit",
    "basis": "court_order",
    "recipients": [{"agency": "qc:clinic"}],
    "words": "An invented judgment.",
}


@asynccontextmanager
async def officers(url: str, state: Path) -> AsyncIterator[Served]:
    """The small network, with officers at the school that holds the fragments."""
    seed = network()
    office = {"id": "qc:office", "name": {"fr": "Bureau inventé", "en": "Invented office"}}
    seed["agencies"].append({**office, "profile": "QC-PRIV"})
    seed["clients"].append({"id": "client:office", "agency": "qc:office"})
    seed["workers"] += [
        officer("w:sol", "qc:school", "sol"),
        officer("w:tom", "qc:school", "tom"),
        officer("w:sol-too", "qc:office", "sol", network_wide=True),
        officer("w:net", "qc:clinic", "net", network_wide=True),
        officer("w:mum", "qc:school", "conte"),
        officer("w:pia", "qc:school", "recit"),
        officer("w:uma", "qc:school", "uma"),
        {**officer("w:uma-too", "qc:clinic", "uma"), "roles": ["caseworker"]},
    ]
    async with open_stack(url, state, seed=seed) as stack:
        yield serve_stack(stack)


async def post(served: Served, caller: str, path: str, body: object) -> httpx2.Response:
    return await served.ask(caller, "POST", path, json=body)


async def record(served: Served, caller: str = SOL, **changed: object) -> httpx2.Response:
    handle = await served.handle(ADA)
    return await post(served, caller, "/v1/instruments", {"person": handle, **DEMAND, **changed})


async def answer(served: Served, caller: str, approval: str, said: str = "approved") -> httpx2.Response:
    return await post(served, caller, f"/v1/approvals/{approval}/answers", {"answer": said})


async def waiting(served: Served, caller: str) -> list[dict[str, Any]]:
    shown = await served.ask(caller, "GET", "/v1/approvals")
    assert shown.status_code == 200
    items: list[dict[str, Any]] = shown.json()["items"]
    return items


async def decided(served: Served, fragment: str = "frg_letter") -> Decision:
    """What the production policy says of a reading by the worker whom the demand names."""
    parts = served.stack.parts
    dia = await served.stack.caller("dia", "client:house")
    now = parts.clock.now()
    facts = await parts.store.facts(dia, FragmentId(fragment), "legal", now, every_directive=False)
    return await parts.policy.decide(facts.query, now)
