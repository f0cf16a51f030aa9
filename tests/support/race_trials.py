"""Races of releases against whatever narrows access, judged by the ledger alone.

A release is *late* if its entry has a higher index than the entry of what narrowed, and nothing had opened
the door again. A request *overlaps* if it was in flight while the narrowing act's own transaction ran.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.support.race_fleet import Fleet
from tests.support.race_network import child, letter
from tests.support.race_registry import Told

READERS = 8
BROKEN = range(10, 16)
"""The children of broken gateways, kept apart for what a fault leaves behind."""
_FIRST = 16
"""The children from here on race; those below are for tests that name one."""
_LEAD_NS = 2_000_000


@dataclass
class Report:
    """What many trials found; `late`, `unrecorded` and `strange` must stay empty."""

    trials: int = 0
    requests: int = 0
    overlapping: int = 0
    overtaken: int = 0
    """Requests that had decided before something moved, and met the fence after it."""
    moved: int = 0
    """How often the fence sent an attempt back to gather its facts again."""
    answers: Counter[str] = field(default_factory=Counter)
    late: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    acknowledged_ms: list[float] = field(default_factory=list)

    @property
    def overlap(self) -> float:
        return self.overlapping / max(self.requests, 1)

    def lines(self) -> list[str]:
        """Give the figures in words."""
        waits = sorted(self.acknowledged_ms)
        p50, p99 = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
        found = {name: len(getattr(self, name)) for name in ("late", "unrecorded", "strange")}
        share = f"{self.overlapping} ({self.overlap:.0%})"
        return [
            f"trials {self.trials}, requests {self.requests}, found {found}",
            f"in flight while it committed {share}; decided, then sent back by the fence {self.overtaken}",
            f"act committed in p50 {p50:.1f} ms, p99 {p99:.1f} ms; answers {dict(self.answers)}",
        ]


@dataclass(frozen=True)
class Course:
    """What one kind of trial does: make a door, narrow it, and put all back as it was before.

    All races of a session share one network: a consent that a trial leaves behind opens the door of the next.
    """

    prepare: Callable[[Fleet, int, random.Random], Awaitable[Told]]
    narrow: Callable[[int, Told], Told]
    restore: Callable[[Fleet, int, Told, Told], Awaitable[None]]
    lanes: int = 1
    turned_away: str | None = None
    """How somebody is answered who is nobody any more: an error, and no attempt that an entry could hold."""


async def race(
    fleet: Fleet,
    course: Course,
    trials: int,
    *,
    children: range | None = None,
    stop_at: Callable[[Report], bool] | None = None,
) -> Report:
    """Run trials, each lane on children of its own; every lane's trials come one after the other.

    `stop_at` ends a race early: one that is meant to find a fault has found it.
    """
    report, rng = Report(), random.Random(trials)
    racing = range(_FIRST, fleet.children) if children is None else children
    left = iter(range(trials))

    async def run(lane: int) -> None:
        for trial in left:
            if stop_at is not None and stop_at(report):
                return
            turn = trial % (len(racing) // course.lanes)
            number = racing[lane + course.lanes * turn]
            await _trial(fleet, course, number, rng, report)

    await asyncio.gather(*(run(lane) for lane in range(course.lanes)))
    return report


async def _trial(fleet: Fleet, course: Course, number: int, rng: random.Random, report: Report) -> None:
    door = await course.prepare(fleet, number, rng)
    release = {"do": "release", "fragment": letter(number)} | door.get("asking", {})
    if rng.random() < 0.5:  # Half of the trials ask with one token: who she is was remembered.
        release["token"] = f"{door['index']}"
    if rng.random() < 0.5:  # Half of the trials meet warm caches: facts and decisions are remembered.
        await asyncio.gather(*(fleet.do(gate, release) for gate in range(fleet.size)))
    begin = time.monotonic_ns() + _LEAD_NS
    moment = rng.uniform(0, fleet.spread_ms)

    def at() -> dict[str, int]:
        # Half of the requests are aimed at the act, the others come whenever.
        aimed = moment - rng.uniform(0, 0.5) if rng.random() < 0.5 else rng.uniform(0, fleet.spread_ms)
        return {"at": begin + int(aimed * 1e6)}

    asked = [fleet.do(one % fleet.size, release | at()) for one in range(READERS)]
    act_at = {"at": begin + int(moment * 1e6)}
    narrowing = fleet.do(rng.randrange(fleet.size), course.narrow(number, door) | act_at)
    act, *answers = await asyncio.gather(narrowing, *asked)
    if act["answer"] != "done" or act["index"] is None:
        report.strange.append(f"the act was not done: {act}")
        return
    # Once more after it was acknowledged: from any gateway, whatever its caches hold.
    afterwards = [await fleet.do(rng.randrange(fleet.size), release)]
    rows = (await fleet.do(0, {"do": "entries", "child": child(number), "since": door["index"]}))["rows"]
    _judge(report, course, (door, act), (answers, afterwards), rows)
    await course.restore(fleet, number, door, act)


def _judge(
    report: Report,
    course: Course,
    trial: tuple[Told, Told],
    answers: tuple[list[Told], list[Told]],
    rows: list[Told],
) -> None:
    (door, act), (during, afterwards) = trial, answers
    report.trials += 1
    report.requests += len(during)
    report.acknowledged_ms.append((act["committed"] - act["asked"]) / 1e6)
    released = {row["index"]: row for row in rows if row["kind"] == "released"}
    report.late += [f"{row} after {act['index']}" for index, row in released.items() if index > act["index"]]
    recorded = {row["index"] for row in rows}
    for one in during:
        report.answers[one["answer"]] += 1
        report.overlapping += one["started"] < act["committed"] and one["ended"] > act["asked"]
        report.moved += one["moved"]
        report.overtaken += one["moved"] > 0
    for one in (*during, *afterwards):
        if one["answer"] == course.turned_away:
            continue
        if one["answer"] not in {"released", "refused"}:
            report.strange.append(str(one))
        elif one["index"] not in recorded or (one["answer"] == "released") != (one["index"] in released):
            report.unrecorded.append(str(one))
    consent = door["consent"]
    if any(row["consents"] != [consent] for row in released.values()):
        report.strange.append(f"a release rests on something else than {consent}")


# --- Courses ---------------------------------------------------------------------------------------------


async def _consent(fleet: Fleet, number: int, rng: random.Random) -> Told:
    given = await fleet.do(rng.randrange(fleet.size), {"do": "give", "child": child(number)})
    assert given["answer"] == "done", given
    return {"consent": given["reference"]["consent"], "index": given["index"]}


async def _nothing(fleet: Fleet, number: int, door: Told, act: Told) -> None:
    del fleet, number, door, act


async def _do(fleet: Fleet, order: Told) -> None:
    told = await fleet.do(0, order)
    assert told["answer"] == "done", told


async def _close(fleet: Fleet, door: Told) -> None:
    await _do(fleet, {"do": "withdraw", "consent": door["consent"]})


async def _undo(fleet: Fleet, number: int, door: Told, act: Told) -> None:
    del number
    await _do(fleet, {"do": "undo", "stop": act["reference"]["stop"]})
    await _close(fleet, door)


WITHDRAWAL = Course(
    _consent, lambda _, door: {"do": "withdraw", "consent": door["consent"]}, _nothing, lanes=4
)
STOP = Course(_consent, lambda number, _: {"do": "stop", "child": child(number)}, _undo, lanes=4)


def lasting(narrow: Told, restore: Told) -> Course:
    """Make a course on something that all children share: one lane."""

    async def reopen(fleet: Fleet, number: int, door: Told, act: Told) -> None:
        del number, act
        await _do(fleet, restore)
        await _close(fleet, door)

    return Course(_consent, lambda _number, _door: narrow, reopen)


SUSPENSION = lasting({"do": "agency", "to": "suspended"}, {"do": "agency", "to": "member"})
DISABLING = lasting({"do": "worker", "to": False}, {"do": "worker", "to": True})
ACTIVATION = lasting({"do": "activate", "to": "other"}, {"do": "activate", "to": "own"})


async def _new_client(fleet: Fleet, number: int, rng: random.Random) -> Told:
    """Register a client, through which the worker asks, and let the guardian consent."""
    made = await fleet.do(0, {"do": "add client"})
    door = await _consent(fleet, number, rng)
    return {**door, "asking": {"client": made["reference"]["client"]}}


async def _closed(fleet: Fleet, number: int, door: Told, act: Told) -> None:
    del number, act
    await _close(fleet, door)


CLIENT = Course(
    _new_client,
    lambda _, door: {"do": "disable client"} | door["asking"],
    _closed,
    lanes=2,
    turned_away="UnauthenticatedError",
)


def renewed(what: str) -> Course:
    """Make a course on something that each child has one of: made anew before, ended, made anew after."""

    async def prepare(fleet: Fleet, number: int, rng: random.Random) -> Told:
        made = await fleet.do(0, {"do": f"renew {what}", "child": child(number)})
        door = await _consent(fleet, number, rng)
        return {**door, what: made["reference"][what]}

    async def restore(fleet: Fleet, number: int, door: Told, act: Told) -> None:
        del act
        await _do(fleet, {"do": f"renew {what}", "child": child(number)})
        await _close(fleet, door)

    return Course(prepare, lambda _, door: {"do": f"end {what}", what: door[what]}, restore, lanes=2)


AUTHORITY = renewed("authority")
ASSIGNMENT = renewed("assignment")


def through_a_team(narrow: str, named: str) -> Course:
    """Make a course on what a team rests on: the worker is on call, and follows the child in no other way."""

    async def prepare(fleet: Fleet, number: int, rng: random.Random) -> Told:
        made = await fleet.do(0, {"do": "renew team", "child": child(number)})
        door = await _consent(fleet, number, rng)
        return {**door, **made["reference"]}

    async def restore(fleet: Fleet, number: int, door: Told, act: Told) -> None:
        del act
        await _do(fleet, {"do": "end team", "team": door["team"]})
        await _do(fleet, {"do": "renew assignment", "child": child(number)})
        await _close(fleet, door)

    return Course(prepare, lambda _, door: {"do": narrow, named: door[named]}, restore, lanes=2)


DUTY = through_a_team("end duty", "duty")
TEAM_ASSIGNMENT = through_a_team("unassign team", "assigned")
TEAM = through_a_team("end team", "team")
