"""The open cases of an agency's officers, page after page."""

from pathlib import Path
from typing import Any

import pytest

from tests.http.served import BOB, codes, serve_stack
from tests.support.stack import open_stack
from tests.support.telling import again, emergency, recorded, refusal_of_father, two_guardians

OLGA = "olga@client:school"


async def test_cases_come_in_the_order_of_their_terms_and_those_without_one_last(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = two_guardians()
    seed["consents"].append({**refusal_of_father(), "categories": ["education"]})
    async with open_stack(store_url, tmp_path / "state", seed=seed) as stack:
        served = serve_stack(stack)
        assert codes((await served.release(BOB, "frg_marks")).json()) == ["GUARDIAN_CONFLICT"]
        first = await emergency(stack)
        for one in (first, *(again(stack, first) for _ in range(4))):
            await recorded(stack, one)
        whole = (await served.ask(OLGA, "GET", "/v1/reviews")).json()["items"]
        assert [one["kind"] for one in whole] == ["emergency"] * 5 + ["conflict"]
        due = [one["due_at"] for one in whole[:5]]
        assert due == sorted(due)
        monkeypatch.setattr("gateway.usecases.list_reviews.PAGE", 2)
        walked: list[dict[str, Any]] = []
        path = "/v1/reviews"
        while path:
            answer = await served.ask(OLGA, "GET", path)
            assert len(answer.json()["items"]) == 2
            walked += answer.json()["items"]
            path = answer.links["next"]["url"] if "next" in answer.links else ""
            if len(walked) == 2:
                # A case that is closed meanwhile moves no other one.
                closed = f"/v1/reviews/{walked[0]['id']}/finding"
                done = await served.ask(OLGA, "POST", closed, json={"finding": "justified"})
                assert done.status_code == 201, done.text
        assert walked == whole
