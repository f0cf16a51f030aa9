"""Starting: compare the ledger, begin it or go into quarantine, activate the policy, refuse the canary.

The service is ready only when all of this has held; narrowing acts are taken before that.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.adapters.crypto.signer_state import SignerState
from gateway.adapters.crypto.state import KeyState
from gateway.adapters.policy.silent import SilentPolicy
from gateway.adapters.sql.acts.decoys import list_decoys, plan_decoys, write_decoys
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.contents import SqlLinks
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Effect
from gateway.domain.errors import ConflictError, GatewayError, PolicyContractError, PolicyUnavailableError
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.merkle import Node, NodeAt
from gateway.observe import Event
from gateway.usecases.publish_checkpoints import NoMirrorError, PublishCheckpoints
from gateway.usecases.refuse_canary import RefuseCanary
from gateway.usecases.start_ledger import Quarantine, StartLedger
from gateway.usecases.sweep_content import SweepContent
from gateway.wiring.activating import has_activated, note_of, operator
from gateway.wiring.forgetting import forget_forever
from gateway.wiring.issuing import keep_issuer_key, keep_issuer_key_forever
from gateway.wiring.parts import Parts
from gateway.wiring.telling import tell_due_forever

_RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class FileNotary:
    """The signer's state file and its key, as the use cases name them."""

    state: SignerState
    keys: KeyState

    @property
    def size(self) -> int:
        return self.state.size

    @property
    def checkpoint(self) -> str | None:
        return self.state.checkpoint

    def require_extended_by(self, size: int, node_at: NodeAt) -> None:
        self.state.require_extended_by(size, node_at)

    def sign(self, first: int, leaf_hashes: Sequence[bytes]) -> tuple[str, Sequence[Node]]:
        signed = self.state.sign(self.keys.signer, first, leaf_hashes)
        return signed.checkpoint, signed.nodes


@asynccontextmanager
async def running(parts: Parts) -> AsyncIterator[Parts]:
    """Bring the ledger up and keep its checkpoints coming until the block ends.

    One process signs; another on the same state directory only serves, and waits for the signer's word.
    """
    state = _become_signer(parts)
    notary = None if state is None else FileNotary(state, parts.state)
    publisher: PublishCheckpoints | None = None
    signing: asyncio.Task[None] | None = None
    opening: asyncio.Task[None] | None = None
    rounds: list[asyncio.Task[None]] = []
    try:
        await _judge(parts, notary)
        if parts.quarantine is None and notary is not None:
            publisher = _publisher(parts, notary)
            signing = asyncio.create_task(publisher.forever())
            rounds = [
                asyncio.create_task(tell_due_forever(parts)),
                asyncio.create_task(forget_forever(parts)),
                asyncio.create_task(keep_issuer_key_forever(parts)),
            ]
        await _open_decoys(parts)
        await keep_issuer_key(parts)
        if parts.quarantine is None:
            opening = await _open(parts)
        yield parts
    finally:
        for task in (opening, *rounds):
            if task is not None:
                await _cancel(task)
        if publisher is not None and signing is not None:
            await _end(publisher, signing)
        if state is not None:
            state.close()


async def _judge(parts: Parts, notary: FileNotary | None) -> None:
    """Compare the ledger with its mirrors; the signer tells every process of its state directory."""
    standing, writer = parts.standing, parts.writer
    if notary is None:
        # The signer has judged already, and may have found more than a start can.
        standing.look()
    if parts.quarantine is None:
        found = await find_quarantine(parts, notary)
        if found is not None and notary is not None:
            standing.tell_all(found)
        elif found is not None:
            standing.enter(found)
        elif notary is not None:
            standing.watch.clear()
    writer.seen = await parts.publishing.extent() or (0, 0)
    writer.signed = standing.signed
    writer.found_older = standing.found_older
    writer.quarantined = lambda: parts.quarantine is not None


def _publisher(parts: Parts, notary: FileNotary) -> PublishCheckpoints:
    publisher = PublishCheckpoints(
        parts.publishing,
        notary,
        parts.mirrors,
        parts.state.signer.verifier,
        parts.state.ledger,
        parts.standing.hear_signer,
        parts.standing.has_stopped,
    )
    parts.writer.listeners.append(lambda written: publisher.wake.set() if written.narrowing else None)
    return publisher


async def _end(publisher: PublishCheckpoints, signing: asyncio.Task[None]) -> None:
    await _cancel(signing)
    # A mirror may still be taking what the cut round gave it; the last round gives it the rest.
    await publisher.finish()
    try:
        with contextlib.suppress(NoMirrorError):  # All is signed; each mirror's trouble was told as it began.
            await publisher()
    except Exception as error:  # noqa: BLE001 - what is left unsigned is signed at the next start
        publisher.tell(error)
    await publisher.finish()


async def _cancel(task: asyncio.Task[None]) -> None:
    """End a task, whatever it ends with: what follows at a stop must be done all the same."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _become_signer(parts: Parts) -> SignerState | None:
    try:
        return parts.state.open_signer()
    except ConflictError:
        return None


async def find_quarantine(parts: Parts, notary: FileNotary | None) -> Quarantine | None:
    return await StartLedger(
        store=parts.publishing,
        notary=notary,
        mirrors=parts.mirrors,
        verifier=parts.state.signer.verifier,
        keys=parts.state.keyring,
        ids=parts.ids,
        ledger=parts.state.ledger,
        genesis=genesis_of(parts),
    )()


def genesis_of(parts: Parts) -> dict[str, object]:
    return {
        "deployment": parts.state.deployment,
        "verifier": parts.state.vkey,
        "policy": parts.policy.digest,
        "operator": operator(),
    }


async def _open_decoys(parts: Parts) -> None:
    """Make the 64 decoys at the first start; afterwards, find them."""
    found = await parts.database.snapshot(list_decoys)
    if not found and parts.quarantine is None:
        keyring = parts.state.keyring
        planned = await plan_decoys(keyring, keyring, parts.ids)
        note = note_of(parts, EntryKind.OPERATED, {"made": "decoys", "count": len(planned)})
        vault = Vault(keyring, parts.writer.owners)

        async def change(tx: Tx, at: Instant) -> Effect:
            await write_decoys(tx, vault, planned, at)
            return Effect(note, {})

        await parts.writer.act(note, change)
        found = await parts.database.snapshot(list_decoys)
    parts.store.open(found)


async def _open(parts: Parts) -> asyncio.Task[None] | None:
    """Make the service ready; until the policy answers and is active, go on trying: nobody restarts."""
    if isinstance(parts.policy, SilentPolicy) or await _has_finished(parts):
        return None
    return asyncio.create_task(_finish_later(parts))


async def _has_finished(parts: Parts) -> bool:
    try:
        await parts.policy.health()
        return await _finish(parts)
    except (PolicyUnavailableError, PolicyContractError) as error:
        parts.log.line(Event.POLICY_SILENT, failure=error)
        return False


async def _finish_later(parts: Parts) -> None:
    while True:
        await asyncio.sleep(_RETRY_S)
        try:
            if await _has_finished(parts):
                return
        except Exception as error:  # noqa: BLE001 - the ledger may be away as well: nobody restarts for that
            parts.log.line(Event.UNEXPECTED, failure=error)


async def _finish(parts: Parts) -> bool:
    """Have an active bundle, then refuse the canary; ready only after both."""
    if not await has_activated(parts):
        return False
    await RefuseCanary(parts.policy, parts.acts, parts.clock, parts.ids)()
    parts.started = True
    await _sweep(parts)
    return True


async def _sweep(parts: Parts) -> None:
    try:
        files = await SweepContent(SqlLinks(parts.database), parts.content, parts.clock)()
    except (OSError, GatewayError) as error:
        parts.log.line(Event.CONTENT_UNSWEPT, failure=error)
        return
    if files:
        parts.log.line(Event.CONTENT_SWEPT, files=files)
