"""What becomes of a deployment whose database is replaced by an older copy, told step by step."""

import time
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from random import Random

import pytest

from gateway.adapters.crypto.note import VerifierKey
from gateway.adapters.crypto.state import origin_of
from gateway.adapters.sql.verify.whole import verify_ledger
from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.consent import ReachKind, StopReach
from gateway.domain.errors import QuarantinedError
from gateway.domain.ids import ConsentId, StopId
from gateway.observe import OperationalLog
from gateway.releasing import Released
from gateway.settings import Settings
from gateway.usecases.reopen_ledger import ReopenLedger
from gateway.usecases.stop_sharing import Stopped
from gateway.wiring.parts import open_parts
from gateway.wiring.reopening import FolderLedgerKeys
from gateway.wiring.starting import genesis_of
from tests.support.fault_places import Place
from tests.support.fault_stack import LETTER, MARKS, Scene, found_network, open_altered
from tests.support.keys import TEST_COST
from tests.support.stack import bearer

EDUCATION = StopReach(ReachKind.CATEGORY, category="education")
CLINIC_NOTES = StopReach(ReachKind.CATEGORY, category="mental_health")


@dataclass
class Story:
    """What became of one deployment, and what must be so again after either way out."""

    place: Place
    state: Path
    older: str = ""
    good: str = ""
    older_size: int = 0
    signed_size: int = 0
    withdrawn: tuple[ConsentId, ...] = ()
    stops: tuple[str, ...] = ()


async def extent(scene: Scene) -> int:
    found = await scene.parts.publishing.extent()
    return 0 if found is None else found[1]


async def live_until_copied(story: Story, dice: Random) -> None:
    """Two consents and a copy; then, in the gap, one is withdrawn and a category is stopped."""
    await found_network(story.place.url, story.state)
    async with open_altered(story.place.url, story.state) as scene:
        in_gap, in_quarantine = await scene.give(), await scene.give("mental_health")
        await scene.withdraw(ConsentId("cns_1"))
        for _ in range(dice.randrange(1, 5)):
            assert isinstance(await scene.release(), Released)
        story.older_size = await extent(scene)
    story.older = await story.place.copy()
    async with open_altered(story.place.url, story.state) as scene:
        for _ in range(dice.randrange(4)):
            assert isinstance(await scene.release(), Released)
        acts = ["withdraw", "stop"]
        dice.shuffle(acts)
        for act in acts:
            if act == "withdraw":
                done = await scene.withdraw(in_gap)
            else:
                stopped = await scene.stop(EDUCATION)
                assert isinstance(stopped, Stopped)
                done = stopped.done
                story.stops += (str(done.reference["stop"]),)
            assert isinstance(done, Done)
            assert done.proven
        assert isinstance(await scene.release(), Refused)
        assert isinstance(await scene.release(MARKS), Refused)
    story.good = await story.place.copy()
    story.withdrawn = (in_gap, in_quarantine)


async def live_in_quarantine(story: Story) -> None:
    """With the older copy in place nothing is released or appended; narrowing works."""
    await story.place.put_back(story.older)
    async with open_altered(story.place.url, story.state) as scene:
        found = scene.parts.quarantine
        assert found is not None
        story.signed_size = found.stop
        assert (found.why, found.ledger) == ("older", 1)
        assert found.start <= await extent(scene) < found.stop
        size = await extent(scene)
        for attempt in (scene.release, lambda: scene.release(MARKS), scene.deposit, scene.give):
            with pytest.raises(QuarantinedError):
                await attempt()
        # Before the act, the older copy would have let this one out.
        live = await scene.parts.registry.directive(story.withdrawn[1])
        assert live is not None
        assert live.withdrawn_at is None
        ended, stopped = await scene.withdraw(story.withdrawn[1]), await scene.stop(CLINIC_NOTES)
        assert isinstance(ended, Done)
        assert isinstance(stopped, Stopped)
        for done in (ended, stopped.done):
            assert (done.entry, done.proven) == (None, False)
        story.stops += (str(stopped.done.reference["stop"]),)
        await all_is_over(scene, story.withdrawn[1:], story.stops[-1:])
        assert await extent(scene) == size
        with pytest.raises(QuarantinedError):
            await scene.release()


async def all_is_over(scene: Scene, withdrawn: tuple[ConsentId, ...], stops: tuple[str, ...]) -> None:
    for consent in withdrawn:
        line = await scene.parts.registry.directive(consent)
        assert line is not None, consent
        assert line.withdrawn_at is not None, consent
    for name in stops:
        row = await scene.parts.registry.stop(StopId(name))
        assert row is not None, name
        assert row["undone_at"] is None


async def reopen(story: Story) -> tuple[int, int]:
    """Two officers open the next ledger; gives the range that its genesis names as missing."""
    settings = Settings(state_dir=story.state, database_url=story.place.url)
    log = OperationalLog(StringIO(), "debug")
    async with open_parts(settings, log, insecure_test_cost=TEST_COST) as parts:
        keys = FolderLedgerKeys(parts.state)
        try:
            reopened = await ReopenLedger(
                callers=parts.store,
                store=parts.publishing,
                mirrors=parts.mirrors,
                keys=keys,
                ids=parts.ids,
                in_quarantine=lambda: True,
            )(bearer("eva", "client:clinic"), bearer("gus", "client:school"), genesis_of(parts))
        finally:
            keys.close()
    assert reopened.ledger == 2
    return reopened.missing


async def after_the_way_out(story: Story, *, ledgers: int) -> float:
    """Everything narrowed is so before the first release; then life goes on. Gives the start's seconds."""
    began = time.perf_counter()
    async with open_altered(story.place.url, story.state) as scene:
        took = time.perf_counter() - began
        assert scene.parts.quarantine is None
        await all_is_over(scene, story.withdrawn, story.stops)
        for fragment in (LETTER, MARKS):
            assert isinstance(await scene.release(fragment), Refused)
        await scene.give()
        assert isinstance(await scene.release(), Released)
        state = scene.parts.state
        verifiers = {
            number: VerifierKey.of(origin_of(state.deployment, number), state.signer.verifier.public)
            for number in range(1, ledgers + 1)
        }
        report = await scene.parts.database.snapshot(
            lambda tx: verify_ledger(tx, verifiers, keys=state.keyring)
        )
        assert [one.text for one in report.findings] == []
    return took


async def trial(place: Place, state: Path, dice: Random, *, way: int) -> Story:
    story = Story(place, state)
    await live_until_copied(story, dice)
    await live_in_quarantine(story)
    if way == 1:
        await place.put_back(story.good)
        await after_the_way_out(story, ledgers=1)
    else:
        missing = await reopen(story)
        assert missing == (story.older_size, story.signed_size)
        await after_the_way_out(story, ledgers=2)
    return story
