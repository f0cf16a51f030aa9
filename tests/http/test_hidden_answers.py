"""To answer a recommendation that she may not know of is to answer one that does not exist."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.http.served import CONTE, Served
from tests.http.test_knowing import ALONE, KNEE, YOUTH, a_teen, alike, determine, gateway
from tests.http.test_sessions import with_committee

ADVICE = {**KNEE, "id": "frg_advice", "category": "recommendation"}
HIDDEN_ADVICE = {**ADVICE, "id": "frg_harmful"}


def a_child(*fragments: dict[str, Any]) -> dict[str, Any]:
    """The small network with a child of nine and more in her dossier."""
    seed = with_committee()
    seed["fragments"] += [dict(one) for one in fragments]
    return seed


async def answer(served: Served, fragment: str, caller: str = CONTE) -> httpx2.Response:
    said = {"answer": "refused"}
    return await served.ask(caller, "POST", f"/v1/fragments/{fragment}/answers", json=said)


@pytest.mark.parametrize("seed", [a_child, a_teen])
async def test_what_would_do_harm_to_read_is_answered_like_an_unknown_id(
    store_url: str,
    tmp_path: Path,
    seed: Any,  # noqa: ANN401
) -> None:
    async with gateway(store_url, tmp_path, seed(KNEE, HIDDEN_ADVICE)) as served:
        for name in ("frg_knee", "frg_harmful"):
            await determine(served, fragment=name)
        told = [alike(await answer(served, one), one) for one in ("frg_knee", "frg_harmful", "frg_nowhere")]
    assert told[0] == told[1] == told[2]
    assert told[0][0] == 404


async def test_what_the_youth_decides_alone_is_answered_like_an_unknown_id(
    store_url: str, tmp_path: Path
) -> None:
    async with gateway(store_url, tmp_path, a_teen({**ALONE, "youth_alone": True}, KNEE)) as served:
        told = [alike(await answer(served, one), one) for one in ("frg_alone", "frg_nowhere")]
        assert told[0] == told[1]
        assert (await answer(served, "frg_alone", YOUTH)).status_code == 409
        # Of what she may know of, a guardian of a youth of fifteen is told who decides.
        assert (await answer(served, "frg_knee")).status_code == 403


async def test_a_recommendation_that_she_may_know_of_is_refused_whatever_else_is_hidden(
    store_url: str, tmp_path: Path
) -> None:
    async with gateway(store_url, tmp_path, a_child(ADVICE, HIDDEN_ADVICE)) as served:
        await determine(served, fragment="frg_harmful")
        assert (await answer(served, "frg_advice")).status_code == 201
