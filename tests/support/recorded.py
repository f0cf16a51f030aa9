"""Commands that take recorded decisions again, put to a ledger of a test."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from gateway.adapters.crypto.state import KeyState
from gateway.cli import recorded
from tests.support.keys import TEST_COST


class _CheapKeys:
    @staticmethod
    async def open(state_dir: Path, root: str | None, *, passphrase: bytes | None) -> KeyState:
        return await KeyState.open(state_dir, root, passphrase=passphrase, insecure_test_cost=TEST_COST)


def use_ledger(monkeypatch: pytest.MonkeyPatch, url: str, state: Path) -> None:
    """Let the commands read this database, with the keys in this folder."""
    monkeypatch.setattr(recorded, "KeyState", _CheapKeys)
    monkeypatch.setenv("GATEWAY_DATABASE_URL", url)
    monkeypatch.setenv("GATEWAY_STATE_DIR", str(state))


def printed(result: Result) -> dict[str, Any]:
    """What a command printed as JSON."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    document: dict[str, Any] = json.loads(result.stdout)
    return document
