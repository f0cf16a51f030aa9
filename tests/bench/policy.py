"""Row 2, the policy alone: the interpreter's p50 for 1 x 1, 3 x 3 and 1 x 20 sections x consents."""

import asyncio
import statistics
import time
from typing import Any

from gateway.adapters.policy.bundle import find_bundle_folder, load_bundle
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.domain.access import Query
from gateway.domain.instants import parse_instant

AT = parse_instant("2026-03-10T14:00:00Z", field="at")
TIMES = 200


def question(sections: int, consents: int) -> Query:
    """A professional reading another agency's fragment, permitted by the last of the consents."""
    consent: dict[str, Any] = {
        "version": 1,
        "grantor": {"person": "p:1", "as": "guardian"},
        "decision": "permit",
        "owners": ["a:owner"],
        "purposes": ["coordination"],
        "categories": ["education"],
        "from": "2026-01-15T00:00:00Z",
        "until": "2026-07-15T00:00:00Z",
        "status": "active",
    }
    given = [
        {**consent, "id": f"c{n}", "recipients": [{"agency": "a:reader" if n == consents - 1 else f"a:{n}"}]}
        for n in range(consents)
    ]
    return Query.of(
        {
            "profile": "QC-PRIV",
            "subject": {
                "id": "s:1",
                "age": 9,
                "capable": True,
                "authorities": [{"person": "p:1", "authority": "sole"}],
                "orders": [],
            },
            "consents": given,
            "actor": {
                "id": "w:1",
                "agency": "a:reader",
                "agency_status": "member",
                "role": "caseworker",
                "assigned": True,
                "active": True,
                "strong_auth": True,
            },
            "action": "read",
            "purpose": "coordination",
            "fragment": {
                "id": "f:1",
                "owner_agency": "a:owner",
                "category": "education",
                "sensitivity": "N",
                "status": "active",
                "created": "2025-11-03T09:00:00Z",
                "sections": [{"id": f"s{n}"} for n in range(sections)],
            },
            "context": {"consent_model": "express", "break_glass": None},
        }
    )


async def measure() -> dict[str, float]:
    """Milliseconds, p50 of 200 decisions each."""
    policy = EmbeddedPolicy.load(load_bundle(find_bundle_folder()))
    found = {}
    for sections, consents in ((1, 1), (3, 3), (1, 20)):
        query = question(sections, consents)
        times = []
        for _ in range(TIMES):
            started = time.perf_counter()
            decision = await policy.decide(query, AT)
            times.append((time.perf_counter() - started) * 1000)
            assert decision.permitted
        found[f"{sections} x {consents}"] = round(statistics.median(times), 3)
    return found


def run() -> dict[str, float]:
    return asyncio.run(measure())
