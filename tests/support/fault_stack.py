"""A whole gateway whose parts can be made to fail, and the acts that the failure tests put to it."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.caller import Caller
from gateway.domain.consent import ReachKind, Recipient, StopReach
from gateway.domain.fragment import Labels
from gateway.domain.giving import Given, Terms
from gateway.domain.ids import AgencyId, ConsentId, DossierId, FragmentId, StopId
from gateway.domain.instants import Instant
from gateway.domain.person import Described
from gateway.domain.vocabulary import Role, Sensitivity
from gateway.observe import OperationalLog
from gateway.releasing import Asked, Released
from gateway.settings import Settings
from gateway.usecases.deposit_fragment import Deposit, Document
from gateway.usecases.give_consent import Agreed
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.undo_stop import Lifted, Undo
from gateway.usecases.withdraw_consent import Withdrawal
from gateway.wiring.parts import Parts, open_parts
from gateway.wiring.starting import running
from gateway.wiring.usecases import build_use_cases
from tests.support.keys import TEST_COST
from tests.support.stack import ISSUER, Stack, bearer, network, open_stack

LETTER, MARKS, REPORT = FragmentId("frg_letter"), FragmentId("frg_marks"), FragmentId("frg_report")
ALL = StopReach(ReachKind.ALL)
BORN = date(2017, 3, 4)
YEAR_US = 365 * 24 * 3600 * 1_000_000


def _as_it_is(_: Parts) -> None:
    """Nothing is replaced."""


async def found_network(url: str, state: Path) -> None:
    """Make the keys and the small network, then leave."""
    async with open_new(url, state):
        pass


@asynccontextmanager
async def open_altered(
    url: str, state: Path, alter: Callable[[Parts], None] = _as_it_is, *, log: OperationalLog | None = None
) -> AsyncIterator["Scene"]:
    """Open a gateway that was founded before; `alter` replaces parts before anything is decided."""
    settings = Settings(state_dir=state, database_url=url)
    kept = log or OperationalLog(StringIO(), "debug")
    async with open_parts(settings, kept, insecure_test_cost=TEST_COST) as parts:
        alter(parts)
        async with running(parts):
            yield Scene(Stack(parts, build_use_cases(parts)))


@asynccontextmanager
async def open_new(url: str, state: Path) -> AsyncIterator["Scene"]:
    """Open a gateway with the small network in it; the school has a handle of the child."""
    async with open_stack(url, state, seed=network_of()) as stack:
        scene = Scene(stack)
        await scene.introduce()
        yield scene


def network_of(issuer: str = ISSUER) -> dict[str, Any]:
    """The small network with a second officer, and a birth date that one can ask by."""
    seed = network()
    seed["persons"][0]["birth_date"] = BORN.isoformat()
    gus = {"id": "w:gus", "agency": "qc:school", "name": "Inventé gus", "roles": ["privacy_officer"]}
    seed["workers"].append({**gus, "identity": {"iss": ISSUER, "sub": "gus"}})
    own: dict[str, Any] = json.loads(json.dumps(seed).replace(ISSUER, issuer))
    return own


@dataclass
class Scene:
    """The people of the small network, doing what they do; each act is one call."""

    stack: Stack
    issuer: str = ISSUER
    _known: dict[str, Caller] = field(default_factory=dict)

    @property
    def parts(self) -> Parts:
        return self.stack.parts

    async def who(self, subject: str) -> Caller:
        """Each of the network's callers by the first part of her name."""
        role = Role.GUARDIAN if subject == "conte" else None
        known = self._known.get(subject)
        if known is None:
            held = replace(bearer(subject, CLIENTS[subject]), issuer=self.issuer)
            known = self._known[subject] = await self.parts.store.caller(held, role)
        return known

    async def introduce(self) -> None:
        """The school finds the child, so that it has a handle of her and may deposit."""
        matched = await self.stack.uses.match_person(
            await self.who("ada"), Described("Inventé", "Fable", BORN)
        )
        assert isinstance(matched, Done), matched

    async def release(
        self, fragment: FragmentId = LETTER, *, who: str = "bob", purpose: str = "coordination"
    ) -> Released | Refused:
        return await self.stack.uses.release(Asked(await self.who(who), fragment, purpose))

    async def give(self, category: str = "family_situation", once: str | None = None) -> ConsentId:
        """The guardian lets the clinic read one kind of the school's fragments."""
        terms = Terms(
            decision="permit",
            recipients=(Recipient(agency=AgencyId("qc:clinic")),),
            owners=(AgencyId("qc:school"),),
            purposes=("coordination",),
            categories=(category,),
            until_at=Instant(self.parts.clock.now() + YEAR_US // 2),
        )
        given = Given(await self.who("conte"), "p:child", terms, "family_access", once=_once(once))
        agreed = await self.stack.uses.give_consent(given)
        assert isinstance(agreed, Agreed), agreed
        return ConsentId(agreed.done.reference["consent"])

    async def withdraw(self, consent: ConsentId, once: str | None = None) -> Done | Refused:
        asked = Withdrawal(await self.who("conte"), consent, "family_access", _once(once))
        return await self.stack.uses.withdraw_consent(asked)

    async def stop(self, reach: StopReach = ALL, once: str | None = None) -> Stopped | Refused:
        asked = Stop(await self.who("conte"), "p:child", reach, once=_once(once))
        return await self.stack.uses.stop_sharing(asked)

    async def undo(self, stop: str) -> Lifted | Refused:
        return await self.stack.uses.undo_stop(Undo(await self.who("conte"), StopId(stop)))

    async def live_round(self) -> None:
        """A dozen entries of as many kinds; ends with one live consent, as it began."""
        for fragment, who, purpose in (
            (LETTER, "bob", "coordination"),
            (REPORT, "bob", "coordination"),
            (LETTER, "ada", "service_delivery"),
            (LETTER, "bob", "research"),
            (LETTER, "cam", "coordination"),
            (FragmentId("frg_nowhere"), "dia", "coordination"),
        ):
            await self.release(fragment, who=who, purpose=purpose)
        await self.deposit()
        await self.withdraw(await self.give("education"))
        stopped = await self.stop()
        assert isinstance(stopped, Stopped), stopped
        await self.release()
        await self.undo(stopped.done.reference["stop"])
        await self.give()

    async def deposit(
        self, content: bytes = b"invented", *, once: str | None = None, category: str = "family_situation"
    ) -> Done | Refused:
        labels = Labels(category, Sensitivity("N"), self.parts.clock.now())
        pieces = [content[at : at + 65536] for at in range(0, len(content), 65536)]
        body = Document("text/plain", pieces, "invented.txt")
        deposit = Deposit(await self.who("ada"), DossierId("dos_child"), labels, body, once=_once(once))
        return await self.stack.uses.deposit(deposit)


CLIENTS = {
    "ada": "client:school",
    "bob": "client:clinic",
    "cam": "client:clinic",
    "dia": "client:house",
    "eva": "client:clinic",
    "gus": "client:school",
    "conte": "client:family",
}


def _once(key: str | None) -> Once | None:
    return None if key is None else Once(key, key.encode())
