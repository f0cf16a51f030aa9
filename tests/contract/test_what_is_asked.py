"""What goes on in a network of ordinary size can be told, and asking about less changes no line of it."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.domain.alike import Crowd
from gateway.domain.grounds import Grounds
from gateway.domain.ids import PersonId
from gateway.domain.stopping import Continues
from gateway.domain.vocabulary import Role
from tests.support.stack import ISSUER, Stack, network, open_stack, permit

CHILD = PersonId("p:child")
MODELS = ("express", "presumed", "shared_secret")
KINDS = ("education", "family_situation", "mental_health")
PURPOSES = ("service_delivery", "assessment", "coordination", "child_protection", "referral", "legal")
BODIES = [f"in:body{n}" for n in range(13)]


def wide(
    models: Sequence[str], *, bodies: Sequence[str] = BODIES, roles: Sequence[str] = ()
) -> dict[str, Any]:
    """Invented bodies with three assigned workers and two kinds of documents each."""
    seed = network()
    for n, body in enumerate(bodies):
        model, name = models[n % len(models)], {"fr": f"Organisme inventé {n}", "en": f"Invented body {n}"}
        facts = {"sector": "health_social"} if n % 3 else {}
        bound = {"bound_by_secrecy": n % 2 == 0, "protection_mission": n % 4 < 3}
        profile = "FR" if model == "shared_secret" else "QC-PRIV"
        agency = {"id": body, "name": name, "profile": profile, "consent_model": model}
        seed["agencies"].append({**agency, **facts, **bound})
        for k, role in enumerate(roles or ("caseworker", "caseworker", "pivot")):
            worker = f"w:{n}x{k}"
            identity = {"iss": ISSUER, "sub": worker.removeprefix("w:")}
            whole = {"id": worker, "agency": body, "name": "Inventé", "roles": [role], "identity": identity}
            seed["workers"].append(whole)
            seed["assignments"].append({"worker": worker, "person": CHILD, "from": "now-9d"})
        for kind in KINDS[:2]:
            document = {"id": f"frg_{n}{kind}", "dossier": "dos_child", "owner_agency": body}
            labels = {"category": kind, "sensitivity": "N", "media_type": "text/plain"}
            seed["fragments"].append({**document, **labels, "content": "Invented."})
    return seed


def thrown(dice: Random) -> dict[str, Any]:
    """A smaller network whose lines and orders are thrown."""
    bodies = ["in:one", "in:one/unit", "in:two", "in:three"]
    seed = wide(dice.sample(MODELS, 3), bodies=bodies, roles=("caseworker", "committee_member"))
    seed["assignments"] = [one for one in seed["assignments"] if dice.random() < 0.8]
    seed["consents"] += [_line(dice, n, bodies) for n in range(5)]
    seed["orders"] = [_order(dice, n, bodies) for n in range(2)]
    return seed


def _recipients(dice: Random, bodies: Sequence[str]) -> list[dict[str, Any]]:
    body, worker = dice.choice(bodies), f"w:{dice.randrange(len(bodies))}x{dice.randrange(2)}"
    kinds: list[dict[str, Any]] = [
        {"agency": body},
        {"agency": body, "include_units": True},
        {"agency": body, "role": "caseworker"},
        {"person": worker},
    ]
    return [dice.choice(kinds)]


def _line(dice: Random, n: int, bodies: Sequence[str]) -> dict[str, Any]:
    permits = dice.random() < 0.7
    line: dict[str, Any] = {
        "id": f"cns_thrown{n}",
        "subject": CHILD,
        "grantor": {"person": "p:parent", "as": "guardian"},
        "decision": "permit" if permits else "deny",
        "recipients": "any" if dice.random() < 0.3 else _recipients(dice, bodies),
        "owners": dice.choice(["any", dice.sample(bodies, 2)]),
        "purposes": dice.choice(["any", dice.sample(PURPOSES, 2)]),
        "categories": dice.choice(["any", dice.sample(KINDS, 2)]),
        "from": "now-2d",
    }
    if permits:
        named = ["frg_0education", "frg_2family_situation"] if dice.random() < 0.3 else None
        return {**line, "until": "now+9d", **({} if named is None else {"fragments": named})}
    let = {"decision": "permit", "recipients": _recipients(dice, bodies)}
    return {**line, "exceptions": [{**let, "purposes": [dice.choice(PURPOSES)]}]}


def _order(dice: Random, n: int, bodies: Sequence[str]) -> dict[str, Any]:
    order = {"id": f"ord_{n}", "subject": CHILD, "type": dice.choice(["require", "require", "prohibit"])}
    named = {} if dice.random() < 0.5 else {"purposes": [dice.choice(PURPOSES)]}
    return {**order, **named, "basis": "court_order", "recipients": _recipients(dice, bodies)}


def _handed_on(n: int) -> dict[str, Any]:
    """A permit of the next body to read one kind of what this one holds."""
    line = {**permit(f"cns_on{n}", one_time=False), "owners": [BODIES[n]], "purposes": ["referral"]}
    return {**line, "recipients": [{"agency": BODIES[(n + 1) % len(BODIES)]}]}


async def continues(stack: Stack) -> tuple[Continues, ...] | None:
    conte = await stack.caller("conte", "client:family", Role.GUARDIAN)
    stop = stack.uses.stop_sharing
    known = await stop.knowing.documents(conte, CHILD)
    assert known
    return await stop.continuing(conte, CHILD, known)


@pytest.mark.parametrize("models", [MODELS, ("presumed",)])
async def test_in_a_network_of_thirteen_bodies_all_that_goes_on_is_told(
    sqlite_url: str, tmp_path: Path, models: Sequence[str]
) -> None:
    seed = wide(models)
    if "express" in models:
        seed["consents"] += [_handed_on(n) for n in range(len(BODIES))]
    async with open_stack(sqlite_url, tmp_path / "state", seed=seed) as stack:
        said = await continues(stack)
    assert said is not None
    own = {
        (one.agency, one.category) for one in said if one.reason == "OWNER_ACCESS" and one.agency in BODIES
    }
    assert len(seed["consents"]) - 2 == sum(
        one.purpose == "referral" for one in said if one.reason == "CONSENT_PERMITS"
    )
    assert own == {(body, kind) for body in BODIES for kind in KINDS[:2]}


@pytest.mark.parametrize("throw", range(8))
async def test_asking_less_tells_the_same_lines_as_asking_everything(
    sqlite_url: str, tmp_path: Path, throw: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything: each worker by herself, for every purpose that a table, a line or an order names."""
    seed = thrown(Random(throw))
    async with open_stack(sqlite_url, tmp_path / "state", seed=seed) as stack:
        less = await continues(stack)
        monkeypatch.setattr(Grounds, "purposes", lambda self, _, __, model: self.every(model))
        alone = lambda readers, *_: [Crowd((one,)) for one in readers]  # noqa: E731 - a stand-in of one line
        monkeypatch.setattr("gateway.continuing.crowds_of", alone)
        monkeypatch.setattr("gateway.continuing.MAX_ASKED", 10**6)
        everything = await continues(stack)
    assert less == everything
    assert less
    assert {one.agency for one in less if one.agency != one.owner}


async def test_others_have_their_turn_while_a_long_list_is_made(sqlite_url: str, tmp_path: Path) -> None:
    longest = 0.0
    async with open_stack(sqlite_url, tmp_path / "state", seed=wide(("presumed",))) as stack:

        async def beat() -> None:
            nonlocal longest
            while True:
                before = time.monotonic()
                await asyncio.sleep(0)
                longest = max(longest, time.monotonic() - before)

        beating = asyncio.create_task(beat())
        started = time.monotonic()
        assert await continues(stack)
        took = time.monotonic() - started
        beating.cancel()
    assert longest < took / 4
