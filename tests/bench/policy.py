"""Row 2, the policy alone: each engine's p50 for 1 x 1, 3 x 3 and 1 x 20 sections x consents."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

from gateway.adapters.policy.bundle import Bundle, find_bundle_folder, load_bundle
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.opa import OpaPolicy
from gateway.adapters.policy.opa_process import find_opa, running_opa
from gateway.adapters.policy.opa_server import OpaServer
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


async def measure() -> dict[str, dict[str, float]]:
    """Milliseconds, p50 of 200 decisions each, the engines in turn.

    `opa` is one question to a real server and its answer; `opa, cross-checked` what a decision costs with it.
    """
    bundle = load_bundle(find_bundle_folder())
    embedded = EmbeddedPolicy.load(bundle)
    found: dict[str, dict[str, float]] = {}
    with ExitStack() as running:
        server: OpaServer | None = None
        if find_opa() is not None:
            server = OpaServer(running.enter_context(running_opa(bundle)), bundle.digest)
        for sections, consents in ((1, 1), (3, 3), (1, 20)):
            asked = _engines(bundle, embedded, server, question(sections, consents))
            times: dict[str, list[float]] = {name: [] for name in asked}
            for _ in range(TIMES):
                for name, ask in asked.items():
                    started = time.perf_counter()
                    await ask()
                    times[name].append((time.perf_counter() - started) * 1000)
            for name, each in times.items():
                found.setdefault(name, {})[f"{sections} x {consents}"] = round(statistics.median(each), 3)
        if server is not None:
            await server.close()
    return found


def _engines(
    bundle: Bundle, embedded: EmbeddedPolicy, server: OpaServer | None, query: Query
) -> dict[str, Callable[[], Awaitable[object]]]:
    engines: dict[str, Callable[[], Awaitable[object]]] = {"embedded": lambda: embedded.decide(query, AT)}
    if server is None:
        return engines
    both = OpaPolicy(server, bundle, embedded, on_difference=_differ)
    alone = {"queries": [query.at(AT)]}
    return engines | {
        "opa": lambda: server.ask("decisions", alone),
        "opa, cross-checked": lambda: both.decide(query, AT),
    }


def _differ() -> None:
    raise AssertionError("the two engines do not say the same")


def run() -> dict[str, dict[str, float]]:
    return asyncio.run(measure())
