"""What is kept from a family: how long, what ends it, and what is found of an access meanwhile."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from gateway.adapters.sql.tables import orders
from gateway.domain.holding import DAY_US, HOUR_US
from gateway.domain.instants import Instant, to_text
from gateway.wiring.telling import build_due
from tests.http.served import BOB, CONTE, EVA, Served, serve_stack
from tests.support.race_attempts import SetClock, with_clock
from tests.support.stack import Stack, open_stack
from tests.support.telling import telling_network

DIA, OLGA = "dia@client:house", "olga@client:school"
ORDER = {"id": "ord_1", "subject": "p:child", "sealed_from_family": True}
PROHIBITS = {**ORDER, "type": "prohibit", "recipients": [{"agency": "qc:house"}], "categories": ["education"]}
REQUIRES = {**ORDER, "type": "require", "recipients": [{"agency": "qc:clinic"}]}
TOLD = ("released", "emergency_declared")


@dataclass
class Days:
    """The gateway at an hour that a test sets, counted from its start."""

    stack: Stack
    start: Instant

    @property
    def served(self) -> Served:
        return serve_stack(self.stack)

    def at(self, hours: int) -> None:
        self.stack = with_clock(self.stack, SetClock(Instant(self.start + hours * HOUR_US)))

    async def tell(self, hours: int) -> int:
        """Go there and tell what is due: how many notices were told."""
        self.at(hours)
        return await build_due(self.stack.parts)()

    async def held(self) -> Sequence[Mapping[str, Any]]:
        """Whatever is held, whoever keeps it."""
        return await self.stack.parts.telling.held(None, "", 50)

    async def ask(self, caller: str, path: str, **body: object) -> Mapping[str, Any]:
        answer = await self.served.ask(caller, "POST", path, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def delay(self, notice: str, hours: int, officer: str = OLGA) -> int:
        until = to_text(Instant(self.start + hours * HOUR_US))
        body = {"until": until, "reason": "An invented reason."}
        answer = await self.served.ask(officer, "POST", f"/v1/notices/{notice}/delay", json=body)
        return answer.status_code

    async def known(self) -> list[str]:
        """What the mother reads in her log, her own readings apart; her inbox tells nothing beside it."""
        inbox = (await self.served.ask(CONTE, "GET", "/v1/notices")).json()["items"]
        log = (await self.served.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
        kinds = {"released", "emergency_declared", "emergency_reviewed", "report_submitted"}
        read = [one["kind"] for one in log if one.get("kind") in kinds]
        assert {one["says"]["kind"] for one in inbox} <= set(read)
        return read

    async def emergency(self, reason: str) -> None:
        """An access in an emergency; a reason asks that the family be told later."""
        declared = {
            "fields": child(),
            "risk": "serious_harm_to_child",
            "justification": "Une menace inventée, ce soir même, à la maison.",
            "consent_unobtainable": True,
            "categories": ["family_situation"],
            "delay_family_notice": reason,
        }
        opened = await self.ask(DIA, "/v1/emergency-accesses", **declared)
        body = {"purpose": "emergency", "emergency": opened["id"]}
        answer = await self.served.ask(DIA, "POST", "/v1/fragments/frg_letter/releases", json=body)
        assert answer.status_code == 201, answer.text

    async def review(self) -> None:
        (row,) = await self.stack.parts.telling.reviews(None, None, 50)
        await self.ask(OLGA, f"/v1/reviews/{row['id']}/finding", finding="unjustified", words="Inventé.")


def child() -> dict[str, str]:
    born = (datetime.now(UTC).date() - timedelta(days=3400)).isoformat()
    return {"family_name": "Inventé", "given_name": "Fable", "birth_date": born}


Opening = Callable[..., AbstractAsyncContextManager[Days]]


@pytest.fixture
def opening(store_url: str, tmp_path: Path) -> Opening:
    """Open the small network, on each store, under these orders."""

    @asynccontextmanager
    async def opened(*ordered: Mapping[str, Any]) -> AsyncIterator[Days]:
        seed = {**telling_network(), "orders": list(ordered)}
        seed["agencies"][2]["protection_mission"] = True
        async with open_stack(store_url, tmp_path / "state", seed=seed) as stack:
            yield Days(stack, stack.parts.clock.now())

    return opened


@pytest.mark.parametrize("reason", ["", "Un adulte menaçant lit ce compte."])
async def test_an_emergency_under_a_sealed_order_is_told_when_the_seal_ends_and_not_by_the_clock(
    reason: str, opening: Opening
) -> None:
    async with opening({**PROHIBITS, "until": "now+2d"}) as days:
        await days.emergency(reason)
        assert await days.tell(25) == 0
        assert await days.known() == []
        assert await days.tell(50) == 2
        assert sorted(await days.known()) == sorted(TOLD)
        assert await days.held() == []


async def test_a_delay_of_what_an_order_seals_does_not_begin_to_count_its_days(opening: Opening) -> None:
    async with opening({**REQUIRES, "until": "now+20d"}) as days:
        body = {"purpose": "legal"}
        answer = await days.served.ask(BOB, "POST", "/v1/fragments/frg_letter/releases", json=body)
        assert answer.status_code == 201, answer.text
        (held,) = await days.held()
        assert await days.delay(held["id"], 48) == 201
        assert await days.tell(49) == 0
        assert await days.known() == []
        (again,) = await days.held()
        assert again["held_until"] == days.start + 49 * HOUR_US + DAY_US
        assert await days.tell(20 * 24 + 49) == 1
        assert await days.known() == ["released"]


async def test_an_officer_tells_what_an_order_seals_when_she_says_so(opening: Opening) -> None:
    async with opening(PROHIBITS) as days:
        await days.emergency("")
        notices = [one["id"] for one in await days.held() if one["keeper"] == "qc:school"]
        for notice in notices:
            await days.ask(OLGA, f"/v1/notices/{notice}/release")
        assert await days.known() == ["released"]
        assert await days.tell(25) == 0
        assert await days.known() == ["released"]


async def test_an_emergency_whose_delay_nobody_approved_is_told_after_a_day(opening: Opening) -> None:
    async with opening() as days:
        await days.emergency("Un adulte menaçant lit ce compte.")
        assert await days.tell(23) == 0
        assert await days.tell(25) == 2
        assert sorted(await days.known()) == sorted(TOLD)


async def test_what_another_agency_was_served_with_seals_nothing_of_the_owners(opening: Opening) -> None:
    async with opening(
        {**REQUIRES, "recipients": [{"agency": "qc:house"}], "purposes": ["emergency"]}
    ) as days:
        served_with = update(orders).values(agency="qc:clinic")
        await days.stack.parts.database.transaction(lambda tx: tx.run(served_with))
        await days.emergency("Un adulte menaçant lit ce compte.")
        assert await days.tell(25) == 2


async def test_a_report_has_no_delay_to_move_and_no_day_tells_it(opening: Opening) -> None:
    async with opening() as days:
        seen = await days.served.handle(BOB)
        body = {"agency": "qc:house", "words": "Des mots inventés.", "person": seen}
        await days.ask(BOB, "/v1/reports", **body)
        (held,) = await days.held()
        assert await days.delay(held["id"], 48, EVA) == 409
        assert await days.tell(24 * 365) == 0
        assert await days.held() == [held]


async def test_what_is_found_of_an_access_is_told_to_whom_the_access_was_told(opening: Opening) -> None:
    async with opening() as days:
        await days.emergency("Un adulte menaçant lit ce compte.")
        await days.tell(25)
        await days.review()
        assert sorted(await days.known()) == sorted(["emergency_reviewed", *TOLD])
        assert await days.held() == []


async def test_what_is_found_of_an_access_is_not_told_before_the_access(opening: Opening) -> None:
    async with opening() as days:
        await days.emergency("Un adulte menaçant lit ce compte.")
        (access,) = [one["id"] for one in await days.held() if one["says"]["told"]["kind"] == "released"]
        assert await days.delay(access, 96) == 201
        await days.review()
        await days.tell(48)
        assert await days.known() == ["emergency_declared"]
        await days.tell(97)
        await days.tell(121)
        assert sorted(await days.known()) == sorted(["emergency_reviewed", *TOLD])
        assert await days.held() == []


async def test_an_order_that_seals_an_access_seals_what_is_found_of_it(opening: Opening) -> None:
    async with opening({**PROHIBITS, "until": "now+5d"}) as days:
        await days.emergency("")
        await days.review()
        assert await days.tell(49) == 0
        assert await days.known() == []
        await days.tell(121)
        await days.tell(146)
        assert sorted(await days.known()) == sorted(["emergency_reviewed", *TOLD])
