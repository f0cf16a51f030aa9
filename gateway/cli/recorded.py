"""The recorded decisions of this gateway's own database, read one after another with its keys."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Self

from gateway.adapters.crypto.state import KeyState
from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.sql.verify.behind import Opener
from gateway.adapters.sql.verify.opening import list_ledgers, open_copy
from gateway.adapters.sql.verify.recorded import RecordedDecision, RecordedDecisions, kept_bundle
from gateway.cli.keys import read_passphrase
from gateway.domain.errors import CorruptionError
from gateway.domain.instants import Instant
from gateway.settings import Settings, read_settings


class Recording:
    """Opens database and keys; to be used in a `with` block, by a command that waits for each answer."""

    def __init__(self, since: Instant) -> None:
        self._since = since
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.unopened = 0

    def __enter__(self) -> Self:
        self._runner.run(self._open(read_settings()))
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def decisions(self) -> Iterator[RecordedDecision]:
        """Every decision that can be opened, in the order of the ledger."""
        for ledger in self._runner.run(list_ledgers(self._tx)):
            first: int | None = 0
            while first is not None:
                page, first = self._runner.run(self._read.page(ledger, first))
                yield from page
        self.unopened = self._read.unopened

    def named(self, decision_id: str) -> RecordedDecision | None:
        """The decision of this entry, if there is such an entry and somebody asked for it."""
        return self._runner.run(self._read.named(decision_id))

    def bundle(self, digest: str) -> Bundle:
        """The bundle that decided under this digest.

        Raises:
            CorruptionError: It is not kept, or was altered.
        """
        bundle = Bundle.of(self._runner.run(kept_bundle(self._tx, digest)))
        if bundle.digest != digest:
            raise CorruptionError("a bundle that decided was altered")
        return bundle

    async def _open(self, settings: Settings) -> None:
        state = await KeyState.open(
            settings.state_dir, settings.root_key_url, passphrase=read_passphrase(settings)
        )
        self._tx = await self._stack.enter_async_context(open_copy(settings.database_url))
        opener = await Opener.load(self._tx, state.keyring)
        self._read = RecordedDecisions(self._tx, opener, self._since)
