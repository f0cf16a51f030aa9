"""Whatever is missing, nothing is released; what can be recorded is; narrowing goes on; nobody restarts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import httpx2
import pytest

from gateway.adapters.crypto.signer_state import SignerState
from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.errors import LedgerUnavailableError
from gateway.domain.ids import ConsentId, PersonId
from gateway.observe import OperationalLog
from gateway.releasing import Released
from gateway.settings import Settings
from gateway.usecases.stop_sharing import Stopped
from gateway.wiring.service import ProcessReadiness, serving
from tests.http.served import BOB, Served, serve_stack
from tests.support.fault_engine import MOODS, Moods
from tests.support.fault_stack import Scene, found_network, open_altered
from tests.support.fault_unwritable import WAYS, unwritable
from tests.support.keys import TEST_COST, new_state
from tests.support.proof import Proof

NOTICED_S = 5.0


@asynccontextmanager
async def opened(url: str, state: Path, moods: Moods | None = None) -> AsyncIterator[tuple[Scene, Served]]:
    await found_network(url, state)
    async with open_altered(url, state, moods.put_into if moods else lambda _: None) as scene:
        assert isinstance(await scene.release(), Released)
        yield scene, serve_stack(scene.stack)


async def extent(scene: Scene) -> int:
    return (await scene.parts.publishing.extent() or (1, 0))[1]


async def extent_again(scene: Scene) -> int:
    """Once the sessions that were ended are known to be gone: within a second, without a restart."""
    async with asyncio.timeout(1):
        while True:
            try:
                return await extent(scene)
            except LedgerUnavailableError:
                await asyncio.sleep(0.05)


async def reason_of_newest(scene: Scene) -> tuple[str, str]:
    (row,) = await scene.parts.ledger.entries({}, None, 1)
    return row["kind"], row["reason"]


async def answered(served: Served) -> tuple[int, str]:
    answer = await served.release(BOB, "frg_letter")
    return answer.status_code, answer.json()["code"] if answer.status_code != 201 else "released"


async def narrowing_goes_on(scene: Scene, consent: ConsentId) -> None:
    """A withdrawal and a stop, acknowledged as proven."""
    ended, stopped = await scene.withdraw(consent), await scene.stop()
    assert isinstance(ended, Done)
    assert isinstance(stopped, Stopped)
    assert (ended.proven, stopped.done.proven) == (True, True)


async def everything_works_again(scene: Scene, served: Served) -> None:
    await lift_stops(scene)
    await scene.give()
    assert await answered(served) == (201, "released")
    assert isinstance(await scene.deposit(), Done)


async def lift_stops(scene: Scene) -> None:
    for one in await scene.parts.registry.directives(PersonId("p:child")):
        if one.reach is not None and one.withdrawn_at is None:
            await scene.undo(one.id.replace("cns_", "stp_"))


async def test_a_policy_engine_that_fails_lets_nothing_out(store_url: str, tmp_path: Path) -> None:
    moods = Moods()
    async with opened(store_url, tmp_path / "state", moods) as (scene, served):
        for mood in MOODS if store_url.startswith("sqlite") else ("raises", "says an empty object"):
            await a_failing_engine(scene, served, moods, mood)


async def a_failing_engine(scene: Scene, served: Served, moods: Moods, mood: str) -> None:
    consent = await scene.give("education")  # What was decided before no longer holds for this child.
    moods.mood = mood
    size = await extent(scene)
    assert await answered(served) == (503, "policy_unavailable"), mood
    assert await extent(scene) == size + 1
    assert await reason_of_newest(scene) == ("refused", "POLICY_UNAVAILABLE")
    await narrowing_goes_on(scene, consent)
    moods.mood = ""
    await everything_works_again(scene, served)


async def test_a_key_file_removed_while_running_is_noticed_and_nothing_leaves(
    store_url: str, tmp_path: Path
) -> None:
    async with opened(store_url, tmp_path / "state") as (scene, served):
        await a_lost_key(scene, served, "root.key", "removed")


@pytest.mark.prove
async def test_a_key_file_lost_in_any_way_is_noticed_and_nothing_leaves(
    store_url: str, tmp_path: Path, proof: Proof
) -> None:
    async with opened(store_url, tmp_path / "state") as (scene, served):
        for file in ("root.key", "machine.key"):
            for what in ("removed", "replaced", "emptied", "opened to all"):
                noticed, healed = await a_lost_key(scene, served, file, what)
                store = store_url.partition(":")[0]
                proof.line(f"{store}: {file} {what}: noticed in {noticed:.2f} s, healed in {healed:.2f} s")


async def a_lost_key(scene: Scene, served: Served, file: str, what: str) -> tuple[float, float]:
    """Seconds until it is noticed, and until it is healed."""
    consent = await scene.give("education")
    key = scene.parts.settings.state_dir / file
    kept = await asyncio.to_thread(key.read_bytes)
    await asyncio.to_thread(lose, key, what)
    noticed = await seconds_until(served, (503, "keys_unavailable"))
    assert noticed < NOTICED_S
    size = await extent(scene)
    assert await answered(served) == (503, "keys_unavailable")
    assert await extent(scene) == size + 1
    assert await reason_of_newest(scene) == ("refused", "KEYS_UNAVAILABLE")
    refused = await scene.deposit()
    assert isinstance(refused, Refused)
    assert refused.unavailable
    readiness = await ProcessReadiness(scene.parts).check()
    assert readiness == {"ledger": "ok", "policy": "ok", "keys": "keys_unavailable"}
    await narrowing_goes_on(scene, consent)
    await asyncio.to_thread(put_back, key, kept)
    await lift_stops(scene)
    await scene.give()
    healed = await seconds_until(served, (201, "released"))
    assert healed < NOTICED_S
    await everything_works_again(scene, served)
    return noticed, healed


def lose(key: Path, what: str) -> None:
    if what == "removed":
        key.unlink()
    elif what == "opened to all":
        key.chmod(0o644)
    else:
        key.write_bytes(b"{}" if what == "replaced" else b"")


def put_back(key: Path, content: bytes) -> None:
    key.unlink(missing_ok=True)
    key.touch(mode=0o600)
    key.write_bytes(content)


async def seconds_until(served: Served, wanted: tuple[int, str]) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    while await answered(served) != wanted:
        assert loop.time() - began < 2 * NOTICED_S
        await asyncio.sleep(0.05)
    return loop.time() - began


async def test_a_ledger_that_cannot_be_written_lets_nothing_out(store_url: str, tmp_path: Path) -> None:
    async with opened(store_url, tmp_path / "state") as (scene, served):
        consent = await scene.give("education")
        for how in WAYS[store_url.partition(":")[0]]:
            size = await extent(scene)
            async with unwritable(scene.parts.database, how):
                assert await answered(served) == (503, "ledger_unavailable"), how
                for attempt in (lambda: scene.withdraw(consent), scene.stop, scene.deposit):
                    with pytest.raises(LedgerUnavailableError):
                        await attempt()
            assert await extent_again(scene) == size, how
            line = await scene.parts.registry.directive(consent)
            assert line is not None
            assert line.withdrawn_at is None, how
            await everything_works_again(scene, served)
        await narrowing_goes_on(scene, consent)


async def test_a_signer_that_cannot_write_its_state_signs_nothing_and_narrowing_is_in_force(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(store_url, tmp_path / "state") as (scene, served):
        consent, honest = await scene.give("education"), SignerState.sign

        def full(*_: object) -> None:
            raise OSError(28, "no space left on device")

        monkeypatch.setattr(SignerState, "sign", full)
        ended = await scene.withdraw(consent, once="once")
        assert isinstance(ended, Done)
        assert ended.entry is not None
        assert ended.proven is False
        monkeypatch.setattr(SignerState, "sign", honest)
        again = await scene.withdraw(consent, once="once")
        assert isinstance(again, Done)
        assert again.proven is True
        await everything_works_again(scene, served)


@pytest.mark.parametrize("file", ["root.key", "machine.key", "keyring.json", "ledger.key"])
async def test_without_its_keys_at_the_start_only_health_answers(tmp_path: Path, file: str) -> None:
    state = tmp_path / "state"
    await new_state(state)
    (state / file).unlink()
    settings, log = Settings(state_dir=state), OperationalLog(StringIO(), "debug")
    async with serving(settings, log, insecure_test_cost=TEST_COST) as service:
        assert service.parts is None
        transport = httpx2.ASGITransport(service.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8741") as client:
            assert (await client.get("/healthz")).status_code == 200
            ready = await client.get("/readyz")
            assert (ready.status_code, ready.json()["dependencies"]) == (503, {"keys": "keys_unavailable"})
            for method, path in (
                ("GET", "/v1/me"),
                ("POST", "/v1/fragments/frg_letter/releases"),
                ("POST", "/v1/stops"),
                ("GET", "/v1/ledger/checkpoint"),
            ):
                answer = await client.request(method, path)
                assert (answer.status_code, answer.json()["code"]) == (503, "not_ready"), path
    assert not (state / "gateway.db").exists()
