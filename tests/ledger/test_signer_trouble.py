"""A signer that cannot sign says so, and signs again as soon as it can."""

import asyncio
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.crypto.signer_state import SignerState
from gateway.observe import OperationalLog
from gateway.wiring.service import ProcessReadiness
from tests.support.fault_stack import Scene, found_network, open_altered


async def told(scene: Scene, ledger: str) -> None:
    readiness = ProcessReadiness(scene.parts)
    async with asyncio.timeout(5):
        while (await readiness.check())["ledger"] != ledger:  # noqa: ASYNC110 - the signer's own round
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("error", [ValueError, RuntimeError, MemoryError, OSError])
async def test_a_signer_that_fails_in_any_way_is_not_ready_until_it_signs_again(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    await found_network(sqlite_url, tmp_path / "state")
    stream = StringIO()

    def fail(*_: Any) -> object:  # noqa: ANN401 - stands in
        raise error

    log = OperationalLog(stream, "debug")
    async with open_altered(sqlite_url, tmp_path / "state", log=log) as scene:
        await told(scene, "ok")
        with monkeypatch.context() as broken:
            broken.setattr(SignerState, "sign", fail)
            await scene.release()
            await told(scene, "signer_stopped")
        assert "SIGNER_STOPPED" in stream.getvalue()
        entry = (await scene.release()).entry
        assert entry is not None
        await told(scene, "ok")
        assert await scene.parts.ledger.proven(entry, 2.0)
