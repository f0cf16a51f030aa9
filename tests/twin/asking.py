"""Asking the gateway over HTTP what a scenario asks, and reading what it decided as its officer does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from gateway.domain.bearer import Bearer
from gateway.domain.errors import LedgerUnavailableError
from gateway.domain.ids import ClientId
from gateway.domain.instants import FAR_FUTURE, Instant
from gateway.domain.vocabulary import FAMILY_ROLES
from tests.http.served import Served
from tests.support.stack import ISSUER
from tests.twin.loading import FAMILY, STATED
from tests.twin.scenario import World

OFFICER = "twin-officer@twin:office"

_ALWAYS = "log_access"
_DOWN = frozenset({"AUDIT_UNAVAILABLE", "POLICY_UNAVAILABLE"})


class TwinTokens:
    """Believes `subject@client`; a trailing `~` says that she was not strongly authenticated."""

    async def verify(self, token: str, now: Instant) -> Bearer:
        assert now > 0
        subject, _, client = token.removesuffix("~").partition("@")
        return Bearer(
            ISSUER,
            subject,
            ClientId(client),
            token.encode()[:32],
            FAR_FUTURE,
            not token.endswith("~"),
            insecure=True,
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What came back, and what the ledger says of it."""

    status: int
    answer: Mapping[str, Any]
    """In the terms of a scenario's `expect`; empty where nothing was recorded."""
    unknown: int
    """What is answered about an id that no fragment has."""
    sections: frozenset[str] | None = None
    """Of a structured fragment, the sections that were let out."""


AUDIT_DOWN = Asked(
    httpx2.codes.SERVICE_UNAVAILABLE,
    {
        "decision": "deny",
        "reasons": ["AUDIT_UNAVAILABLE"],
        "obligations": [],
        "redacted_sections": [],
        "disclose_existence": True,
    },
    httpx2.codes.SERVICE_UNAVAILABLE,
)
"""Without the ledger there is no entry to read: 503, with nothing released, is the whole answer."""


async def ask_without_ledger(served: Served, world: World) -> Asked:
    """Ask while nothing can be written."""
    database = served.stack.parts.writer.database

    async def fail(*_: object) -> None:
        raise LedgerUnavailableError("the twin's ledger is down")

    whole, database.transaction = database.transaction, fail  # type: ignore[method-assign,assignment]
    try:
        asked = await ask(served, world, officer=served)
    finally:
        database.transaction = whole  # type: ignore[method-assign]
    return AUDIT_DOWN if (asked.status, asked.answer) == (AUDIT_DOWN.status, {}) else asked


async def ask(served: Served, world: World, *, officer: Served) -> Asked:
    """Ask once; a reading is a release, anything else the policy's word on it. The officer asks elsewhere."""
    body: dict[str, Any] = {"purpose": world.purpose}
    body |= {name: world.context[name] for name in STATED if world.context.get(name) is not None}
    if world.context.get("break_glass") is not None and world.actor["role"] not in FAMILY_ROLES:
        body["emergency"] = world.own("emergency")
    if world.action != "read":
        body["action"] = world.action
        if world.context.get("evidence") is not None:
            body["evidence"] = world.context["evidence"]
        if world.context.get("audit_requester_agency") is not None:
            body["requester_agency"] = world.context["audit_requester_agency"]
    before = await _size(served)
    answer = await _ask_about(served, world, world.fragment["id"], body)
    recorded = {} if await _size(served) == before else await _read_entry(officer)
    unknown = answer
    if recorded and not recorded["disclose_existence"]:
        unknown = await _ask_about(served, world, "frg_unknown", body)
    return Asked(answer.status_code, recorded, unknown.status_code, _let_out(world, answer))


def _let_out(world: World, answer: httpx2.Response) -> frozenset[str] | None:
    if answer.status_code != httpx2.codes.CREATED or not world.fragment.get("sections"):
        return None
    return frozenset(one["id"] for one in answer.json()["sections"])


async def report(served: Served, world: World, *, officer: Served) -> Asked:
    """Report a child in danger; the entry is the report's own."""
    answer = await _send(served, world, "/v1/reports", {"agency": "twin:network", "words": "Invented."})
    return Asked(answer.status_code, await _read_entry(officer), answer.status_code)


async def _ask_about(served: Served, world: World, fragment: str, body: Mapping[str, Any]) -> httpx2.Response:
    if world.action == "read":
        return await _send(served, world, f"/v1/fragments/{fragment}/releases", body)
    return await _send(served, world, "/v1/decisions", {**body, "fragment": fragment})


async def _send(served: Served, world: World, path: str, body: Mapping[str, Any]) -> httpx2.Response:
    family = world.actor["role"] in FAMILY_ROLES
    client = FAMILY if family else world.own("client")
    weak = "" if world.actor.get("strong_auth") is True else "~"
    role = f"+{world.actor['role']}"
    return await served.ask(f"{world.actor['id']}@{client}{weak}{role}", "POST", path, json=body)


async def _size(served: Served) -> int:
    return int((await served.newest())["index"])


async def _read_entry(served: Served) -> Mapping[str, Any]:
    """The newest entry, as an officer of the whole network reads it."""
    entry = (await served.newest())["decision_id"]
    answer = await served.ask(OFFICER, "GET", f"/v1/ledger/entries/{entry}?reading_for=audit")
    assert answer.status_code == httpx2.codes.OK, answer.text
    detail = answer.json()["detail"]
    return {
        "decision": detail["outcome"],
        "reasons": detail["reasons"],
        "obligations": sorted(set(detail["obligations"]) - {_ALWAYS}),
        "redacted_sections": sorted(detail["withheld"]),
        "disclose_existence": not detail["hidden"],
    }


def differences(expect: Mapping[str, Any], world: World, asked: Asked) -> list[str]:
    """What the gateway answered otherwise than expected; empty where all agree."""
    got = asked.answer
    if not got:
        return [f"nothing was recorded (HTTP {asked.status})"]
    return [*_of_decision(expect, got), *_of_answer(expect, world, asked)]


def _of_answer(expect: Mapping[str, Any], world: World, asked: Asked) -> Iterator[str]:
    """What was sent, beside what was recorded."""
    down = expect["reasons"][0] in _DOWN
    if down != (asked.status == httpx2.codes.SERVICE_UNAVAILABLE):
        yield f"a dependency is down: {down}, answered {asked.status}"
    if expect["disclose_existence"] and asked.status == httpx2.codes.NOT_FOUND:
        yield "answered as if it were not there"
    if not expect["disclose_existence"] and asked.status != asked.unknown:
        yield f"hidden: answered {asked.status}, an unknown id {asked.unknown}"
    if asked.sections is not None:
        right = {one["id"] for one in world.fragment["sections"]} - set(expect["redacted_sections"])
        if asked.sections != right:
            yield f"sections: {sorted(right)}, let out {sorted(asked.sections)}"


def _of_decision(expect: Mapping[str, Any], got: Mapping[str, Any]) -> list[str]:
    found = [
        f"{what}: {expect[what]!r}, got {got[what]!r}"
        for what in ("decision", "disclose_existence")
        if expect[what] != got[what]
    ]
    right = list(expect["reasons"])
    if right[:1] != list(got["reasons"])[:1] or not set(right) <= set(got["reasons"]):
        found.append(f"reasons: {right}, got {got['reasons']}")
    found += [
        f"{what}: {sorted(set(expect[what]) - {_ALWAYS})}, got {got[what]}"
        for what in ("obligations", "redacted_sections")
        if sorted(set(expect[what]) - {_ALWAYS}) != list(got[what])
    ]
    return found
