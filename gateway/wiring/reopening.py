"""Opening a new ledger out of quarantine, as the only process on the state directory."""

from gateway.adapters.crypto.note import Checkpoint, VerifierKey
from gateway.adapters.crypto.root_file import InsecureTestCost
from gateway.adapters.crypto.state import KeyState, origin_of
from gateway.adapters.identity.tokens import TokenVerifier
from gateway.observe import OperationalLog
from gateway.settings import Settings
from gateway.usecases.reopen_ledger import Reopened, ReopenLedger
from gateway.wiring.parts import open_parts
from gateway.wiring.service import make_insecure_issuer, make_keyrings
from gateway.wiring.starting import FileNotary, find_quarantine, genesis_of


class FolderLedgerKeys:
    """The state directory's signing key, for one ledger after the other; `close` lets another sign."""

    def __init__(self, state: KeyState) -> None:
        self._state = state
        self._signer = state.open_signer()

    @property
    def ledger(self) -> int:
        return self._state.ledger

    @property
    def vkey(self) -> str:
        return self._state.vkey

    @property
    def notary(self) -> FileNotary:
        return FileNotary(self._signer, self._state)

    def verify(self, ledger: int, note: str) -> Checkpoint:
        """Read a checkpoint of that ledger, under its own name."""
        name = origin_of(self._state.deployment, ledger)
        return VerifierKey.of(name, self._state.signer.verifier.public).verify(note)

    async def begin_next(self) -> None:
        """Begin the next ledger durably, and become its signer."""
        self._signer.close()
        self._state = await self._state.begin_next_ledger()
        self._signer = self._state.open_signer()

    def close(self) -> None:
        self._signer.close()


async def reopen_ledger(
    settings: Settings,
    log: OperationalLog,
    tokens: tuple[str, str],
    *,
    insecure_test_cost: InsecureTestCost | None = None,
) -> Reopened:
    """Open a new ledger on the word of two privacy officers.

    Args:
        settings: Of the gateway, which must not run.
        log: Takes the lines of keys and issuers.
        tokens: Their access tokens, each of a trusted issuer and strongly authenticated.
        insecure_test_cost: Opens a root key that is sealed at less than the standard cost; tests only.

    Raises:
        UnauthenticatedError: A token is not accepted.
        ConflictError: A gateway runs, or the ledger is not in quarantine.
        NotAllowedError: They are not two privacy officers.
    """
    verifier = TokenVerifier(make_keyrings(settings, make_insecure_issuer(settings, log), log))
    async with open_parts(settings, log, insecure_test_cost=insecure_test_cost) as parts:
        bearers = [await verifier.verify(token, parts.clock.now()) for token in tokens]
        keys = FolderLedgerKeys(parts.state)
        try:
            quarantine = await find_quarantine(parts, keys.notary)
            reopen = ReopenLedger(
                callers=parts.store,
                store=parts.publishing,
                mirrors=parts.mirrors,
                keys=keys,
                ids=parts.ids,
                in_quarantine=lambda: quarantine is not None,
            )
            return await reopen(bearers[0], bearers[1], genesis_of(parts))
        finally:
            keys.close()
