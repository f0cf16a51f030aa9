"""Whatever puts the ledger in doubt is quarantine: no release, no entry; narrowing goes on."""

from io import StringIO
from pathlib import Path

import pytest

from gateway.domain.acting import Done, Note
from gateway.domain.errors import LedgerUnavailableError, QuarantinedError
from gateway.domain.ids import ConsentId, DecisionId
from gateway.domain.ledger import EntryKind
from gateway.observe import OperationalLog
from gateway.settings import Settings
from gateway.usecases import start_ledger
from gateway.wiring.parts import Parts, open_parts
from tests.support.fault_places import Place
from tests.support.fault_stack import found_network, open_altered
from tests.support.fault_story import Story, all_is_over, extent, reopen
from tests.support.keys import TEST_COST


async def test_an_empty_database_beside_a_checkpoint_is_quarantine(place: Place, tmp_path: Path) -> None:
    state = tmp_path / "state"
    await found_network(place.url, state)
    await place.empty()
    async with open_altered(place.url, state) as scene:
        found = scene.parts.quarantine
        assert found is not None
        assert (found.why, found.start) == ("older", 0)
        assert found.stop > 20
        assert await scene.parts.publishing.extent() is None
        assert not scene.parts.started


async def test_a_forked_ledger_is_quarantine(place: Place, tmp_path: Path) -> None:
    """An older copy that grew on its own: as long as what was signed, and another."""
    state = tmp_path / "state"
    await found_network(place.url, state)
    older = await place.copy()
    async with open_altered(place.url, state) as scene:
        for _ in range(3):
            await scene.release()
        signed = await extent(scene)
    await place.put_back(older)

    def unguarded(parts: Parts) -> None:
        parts.writer.quarantined = lambda: False

    settings = Settings(state_dir=state, database_url=place.url)
    log = OperationalLog(StringIO(), "debug")
    async with open_parts(settings, log, insecure_test_cost=TEST_COST) as parts:
        unguarded(parts)
        ids, kind = parts.ids, EntryKind.OPERATED
        while (await parts.publishing.extent() or (1, 0))[1] <= signed:
            await parts.acts.note_act(Note(kind, DecisionId(ids.new("dec")), None, {"made": "fork"}))
    async with open_altered(place.url, state) as scene:
        assert scene.parts.quarantine is not None
        assert (scene.parts.quarantine.why, scene.parts.quarantine.stop) == ("forked", signed)
        with pytest.raises(QuarantinedError):
            await scene.release()


@pytest.mark.parametrize("what", ["gone", "unreadable", "emptied"])
async def test_no_mirror_that_answers_is_quarantine(place: Place, tmp_path: Path, what: str) -> None:
    state = tmp_path / "state"
    await found_network(place.url, state)
    mirror = state / "mirror"
    if what == "gone":
        mirror.rename(state / "away")
        mirror.write_text("in the way")
    else:
        (mirror / "checkpoint").unlink()
        if what == "unreadable":
            (mirror / "checkpoint").mkdir()
    async with open_altered(place.url, state) as scene:
        assert scene.parts.quarantine is not None
        assert scene.parts.quarantine.why == "no_mirror"
        size = await extent(scene)
        with pytest.raises(QuarantinedError):
            await scene.release()
        assert await extent(scene) == size


async def test_a_mirror_whose_journal_cannot_be_read_is_quarantine(place: Place, tmp_path: Path) -> None:
    state = tmp_path / "state"
    await found_network(place.url, state)
    (state / "mirror" / "acts").rename(state / "acts")
    (state / "mirror" / "acts").write_text("in the way")
    async with open_altered(place.url, state) as scene:
        assert scene.parts.quarantine is not None
        assert scene.parts.quarantine.why == "no_mirror"


async def test_every_act_of_a_long_journal_is_applied(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal longer than one page: the newest acts are the ones that a restored copy lacks."""
    state = tmp_path / "state"
    await found_network(place.url, state)
    async with open_altered(place.url, state) as scene:
        consents = [await scene.give("education") for _ in range(5)]
        for consent in [await scene.give("mental_health") for _ in range(7)]:
            await scene.withdraw(consent)
    older = await place.copy()
    async with open_altered(place.url, state) as scene:
        for consent in consents:
            await scene.withdraw(consent)
    story = Story(place, state, withdrawn=tuple(consents))
    await place.put_back(older)
    await reopen(story)
    monkeypatch.setattr(start_ledger, "PAGE", 3)
    async with open_altered(place.url, state) as scene:
        await all_is_over(scene, story.withdrawn, ())


async def test_a_withdrawal_in_quarantine_that_no_mirror_keeps_is_not_acknowledged_when_repeated(
    place: Place, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    await found_network(place.url, state)
    (state / "mirror" / "checkpoint").unlink()
    async with open_altered(place.url, state) as scene:
        acts = state / "mirror" / "acts"
        acts.rename(state / "away")
        with pytest.raises(LedgerUnavailableError):
            await scene.withdraw(ConsentId("cns_1"), once="once")
        with pytest.raises(LedgerUnavailableError):
            await scene.withdraw(ConsentId("cns_1"), once="once")
        (state / "away").rename(acts)
        ended = await scene.withdraw(ConsentId("cns_1"), once="once")
        assert isinstance(ended, Done)
        assert (ended.entry, ended.proven) == (None, False)
        names = [name for name, _ in await scene.parts.mirrors[0].list_acts()]
        assert any(name.startswith("0000-") for name in names)
