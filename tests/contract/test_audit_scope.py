"""Whoever reads the ledger by her profession sees what the audience rule says, row by row (A10 and A11)."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.access import Query, View, Viewer
from gateway.domain.ids import PersonId
from gateway.domain.vocabulary import Role
from gateway.usecases.read_ledger import LedgerPage, LedgerSearch
from tests.support.race_attempts import an_attempt
from tests.support.stack import ISSUER, Stack, open_stack
from tests.support.telling import (
    BOB,
    CONTE,
    EVA,
    NORA,
    OLGA,
    caller,
    emergency,
    inbox,
    recorded,
    telling_network,
)

WHY = {Role.PRIVACY_OFFICER: "privacy_investigation", Role.AUDITOR: "audit", Role.CASEWORKER: "assessment"}
AUD, ADA = ("aud", "client:house"), ("ada", "client:school")


@pytest.fixture
async def stack(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    seed = telling_network()
    identity = {"iss": ISSUER, "sub": "aud"}
    seed["workers"].append(
        {"id": "w:aud", "agency": "qc:house", "name": "Inventé", "roles": ["auditor"], "identity": identity}
    )
    async with open_stack(sqlite_url, tmp_path / "state", seed=seed) as opened:
        await recorded(opened, await an_attempt(opened))
        await recorded(opened, await emergency(opened))
        for who in (BOB, CONTE, EVA):
            await inbox(opened, who)
        yield opened


async def shown(stack: Stack, who: tuple[str, str], count: int) -> set[str]:
    """The decision ids of the rows that a search of everything gives her, out of the first `count`."""
    asking = await caller(stack, who)
    found: set[str] = set()
    search = LedgerSearch(asking, WHY[asking.role])
    while True:
        page = await stack.uses.read_ledger(search)
        assert isinstance(page, LedgerPage)
        found |= {row["decision_id"] for row in page.rows if row["index"] < count}
        if page.next_after is None:
            return found
        search = LedgerSearch(asking, WHY[asking.role], after=page.next_after)


async def allowed(stack: Stack, who: tuple[str, str], rows: list[Mapping[str, Any]]) -> set[str]:
    """The decision ids of the rows that the one rule lets her see."""
    asking, judged = await caller(stack, who), await an_attempt(stack)
    facts = {"agency": asking.agency, "agency_status": "member", "active": True}
    viewer = Viewer(PersonId(asking.account), asking.role, {**facts, "network_wide": asking.network_wide})
    found = set()
    for row in rows:
        detail = await stack.parts.ledger.detail(row["ledger"], row["index"]) or {}
        entry = {
            "kind": row["kind"],
            "outcome": row["outcome"],
            "hidden": False,
            "obligations": [],
            "own_act_of": None,
            "account": detail.get("account"),
            "acting_agency": row["agency"],
            "owner_agency": row["owner"],
            "protected_agencies": [],
            "delayed": False,
            "about": "fragment",
        }
        query = Query.of(judged.facts.query.document)
        views = await stack.parts.policy.views(query, stack.parts.clock.now(), entry, (viewer,))
        found |= {row["decision_id"]} if views[viewer.person] is View.FULL else set()
    return found


@pytest.mark.parametrize("who", [OLGA, EVA, NORA, AUD, BOB, ADA])
async def test_the_ledger_shows_what_the_audience_rule_says(stack: Stack, who: tuple[str, str]) -> None:
    rows = list(await stack.parts.ledger.entries({}, None, 500))
    right = await allowed(stack, who, rows)
    assert await shown(stack, who, len(rows)) == right
    assert (len(right) < len(rows)) == (who not in {NORA, AUD})
