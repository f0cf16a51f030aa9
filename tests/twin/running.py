"""Running many scenarios through one gateway, at one instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.adapters.policy.silent import SilentPolicy
from gateway.domain.errors import RejectedError
from gateway.domain.ids import AgencyId, ClientId, WorkerId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import Identity, NewClient, NewWorker
from gateway.domain.vocabulary import Role
from gateway.wiring.usecases import build_use_cases
from tests.http.served import Served, serve_stack
from tests.support.race_attempts import SetClock, with_clock
from tests.support.stack import ISSUER, Stack, open_stack
from tests.twin.asking import OFFICER, Asked, TwinTokens, ask, ask_without_ledger, differences, report
from tests.twin.finding import emergency_of
from tests.twin.loading import DAY_US, FAMILY, Loading, note
from tests.twin.scenario import UnstorableError, World

Case = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A policy input, and what is expected of it."""

_MALFORMED = 422

_EMPTY: dict[str, Any] = {
    "format": "gateway-seed-1",
    "agencies": [
        {
            "id": "twin:network",
            "name": {"fr": "Réseau", "en": "Network"},
            "profile": "QC-PRIV",
            "protection_mission": True,
        }
    ],
}


@dataclass(slots=True)
class Told:
    agreeing: int = 0
    differing: dict[str, list[str]] = field(default_factory=dict)
    unstorable: dict[str, str] = field(default_factory=dict)


async def run(cases: Mapping[str, Case], folder: Path) -> Told:
    """Load every case, then ask each; cases whose situation no act can bring about are named apart."""
    told = Told()
    url = f"sqlite:///{folder / 'twin.db'}"
    async with open_stack(url, folder / "state", seed=_EMPTY) as stack:
        clock = SetClock()
        at = Instant((clock.now() // DAY_US + 60) * DAY_US)
        clock.fixed = Instant(at - 30 * DAY_US)
        moved = with_clock(stack, clock)
        await _open_office(moved)
        worlds = await _load_all(moved, cases, at, told)
        await _declare(moved, clock, worlds, told)
        clock.fixed = at
        twin = Twin(serve_stack(moved, tokens=TwinTokens()), _with_silent_policy(moved))
        for name, world in worlds.items():
            await _compare(twin, world, (name, cases[name][1]), told)
    return told


async def _load_all(stack: Stack, cases: Mapping[str, Case], at: Instant, told: Told) -> dict[str, World]:
    worlds = {}
    for n, (name, (document, expect)) in enumerate(cases.items()):
        world: World | str = "the gateway takes nothing that makes such an input"
        if expect["reasons"][0] != "INPUT_INVALID":
            world = await _load(stack, (f"t{n}", document, at))
        if isinstance(world, str):
            told.unstorable[name] = world
        else:
            worlds[name] = world
    return worlds


async def _declare(stack: Stack, clock: SetClock, worlds: dict[str, World], told: Told) -> None:
    """Declare every emergency at its own moment, in the order of time."""
    declared = {name: found for name, world in worlds.items() if (found := emergency_of(world)) is not None}
    for name, (when, finding) in sorted(declared.items(), key=lambda one: one[1][0]):
        if not clock.now() <= when <= worlds[name].at:
            told.unstorable[name] = "an emergency that was declared at no time that was"
            del worlds[name]
            continue
        clock.fixed = when
        about = note(stack, EntryKind.PERSON_CHANGED, finding.person)
        await stack.parts.acts.add_finding(about, finding, narrows=False)


async def _load(stack: Stack, named: tuple[str, Mapping[str, Any], Instant]) -> World | str:
    """Bring the situation about; or say what refuses it."""
    try:
        world = World(*named)
        await Loading(stack, world)()
    except (UnstorableError, RejectedError) as error:
        return str(error)
    except (KeyError, TypeError, ValueError, AttributeError):
        return "a field that is missing, or of another type than the schema's"
    return world


@dataclass(frozen=True, slots=True)
class Twin:
    """The gateway, and the same one while its policy is silent."""

    served: Served
    silent: Served

    async def __call__(self, world: World) -> Asked:
        """Ask, with what the scenario says is down being down.

        Consents lie in the database of the facts: that they alone cannot be read is played by the policy.
        """
        down = set(world.context.get("unavailable") or ())
        if "audit" in down:
            return await ask_without_ledger(self.served, world)
        if down and world.action == "submit_report":
            return await report(self.silent, world, officer=self.served)
        return await ask(self.silent if down else self.served, world, officer=self.served)


def _with_silent_policy(stack: Stack) -> Served:
    whole, stack.parts.policy = stack.parts.policy, SilentPolicy()
    try:
        return serve_stack(Stack(stack.parts, build_use_cases(stack.parts)), tokens=TwinTokens())
    finally:
        stack.parts.policy = whole


async def _compare(twin: Twin, world: World, case: tuple[str, Mapping[str, Any]], told: Told) -> None:
    name, expect = case
    asked = await twin(world)
    found = differences(expect, world, asked)
    if asked.status == _MALFORMED and expect["decision"] == "deny":
        told.unstorable[name] = "the route takes no such question"
    elif found:
        told.differing[name] = found
    else:
        told.agreeing += 1


async def _open_office(stack: Stack) -> None:
    """An officer of the whole network, who reads each decision; and the family portal."""
    acts, network = stack.parts.acts, AgencyId("twin:network")
    subject, _, client = OFFICER.partition("@")
    for one in (NewClient(ClientId(client), network), NewClient(FAMILY, None)):
        await acts.add_client(note(stack, EntryKind.CLIENT_REGISTERED), one)
    officer = NewWorker(
        WorkerId("w:officer"),
        network,
        "Responsable inventée",
        (Role.PRIVACY_OFFICER,),
        Identity(ISSUER, subject),
        network_wide=True,
    )
    await acts.add_worker(note(stack, EntryKind.WORKER_REGISTERED), officer)


__all__ = ["Told", "run"]
