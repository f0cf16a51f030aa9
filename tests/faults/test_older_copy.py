"""An older copy of the database put back: nothing is released, nothing narrowed is lost (P10)."""

from pathlib import Path
from random import Random

import pytest

from tests.support.fault_places import Place
from tests.support.fault_story import trial
from tests.support.proof import Proof


@pytest.mark.parametrize("way", [1, 2])
async def test_an_older_copy_put_back_is_quarantine_and_nothing_narrowed_is_lost(
    place: Place, tmp_path: Path, way: int
) -> None:
    await trial(place, tmp_path / "state", Random(way), way=way)


@pytest.mark.prove
@pytest.mark.parametrize("turn", range(20))
async def test_twenty_older_copies_put_back(place: Place, tmp_path: Path, turn: int, proof: Proof) -> None:
    way = 1 + turn % 2
    story = await trial(place, tmp_path / "state", Random(1_000 + turn), way=way)
    lost = story.signed_size - story.older_size
    proof.line(
        f"{place.url.partition(':')[0]} trial {turn + 1}: {lost} entries missing, quarantine, 0 releases; "
        f"way out {way}: {len(story.withdrawn)} withdrawn and {len(story.stops)} stopped are so again"
    )
