"""The parts of one gateway process, opened in order and closed in reverse."""

import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gateway.adapters.clock import RandomIds, SystemClock
from gateway.adapters.crypto.content import FolderContent
from gateway.adapters.crypto.mirror import FolderMirror
from gateway.adapters.crypto.root_file import InsecureTestCost
from gateway.adapters.crypto.state import KeyState
from gateway.adapters.crypto.state_watch import StateWatch
from gateway.adapters.identity.store_keyring import StoreKeyring, own_issuer
from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.sql.act_store import SqlActs
from gateway.adapters.sql.database import Database, open_database
from gateway.adapters.sql.issuing_store import SqlIssuing
from gateway.adapters.sql.ledger_store import SqlPublishing
from gateway.adapters.sql.migrations import upgrade
from gateway.adapters.sql.onboarding_store import SqlOnboarding
from gateway.adapters.sql.rates import SqlRates
from gateway.adapters.sql.read_store import SqlLedger, SqlRegistry
from gateway.adapters.sql.store import SqlStore
from gateway.adapters.sql.telling_store import SqlTelling
from gateway.adapters.sql.writer import Writer
from gateway.adapters.threads import UploadThreads
from gateway.domain.errors import ConflictError
from gateway.domain.holding import Terms
from gateway.domain.ids import ApprovalId
from gateway.domain.receipt_parts import ReceiptLabels
from gateway.observe import Event, OperationalLog
from gateway.ports import Clock, Ids
from gateway.settings import Settings
from gateway.usecases.start_ledger import Quarantine
from gateway.wiring.limits import budgets_of, rates_of
from gateway.wiring.policy import AnyPolicy, load_policy
from gateway.wiring.standing import Standing

_LOCK = "gateway.lock"


@dataclass(slots=True)
class Parts:
    """What wiring has opened; how the ledger stands is known once it has been compared with its mirrors."""

    settings: Settings
    log: OperationalLog
    state: KeyState
    database: Database
    writer: Writer
    store: SqlStore
    acts: SqlActs
    registry: SqlRegistry
    ledger: SqlLedger
    publishing: SqlPublishing
    telling: SqlTelling
    issuing: SqlIssuing
    own_keys: StoreKeyring | None
    rates: SqlRates
    onboarding: SqlOnboarding
    mirrors: tuple[FolderMirror, ...]
    content: FolderContent
    bundle: Bundle
    policy: AnyPolicy
    standing: Standing
    uploads: UploadThreads = field(default_factory=UploadThreads)
    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=RandomIds)
    started: bool = False
    asked: ApprovalId | None = None
    """Which answer this process's bundle waits for, where another one is active."""

    @property
    def quarantine(self) -> Quarantine | None:
        """Why no entry is taken, as far as this process knows now."""
        return self.standing.quarantine


@asynccontextmanager
async def open_parts(
    settings: Settings, log: OperationalLog, *, insecure_test_cost: InsecureTestCost | None = None
) -> AsyncIterator[Parts]:
    """Open keys, database and policy; nothing is decided or written yet.

    Raises:
        KeysUnavailableError: The key state is missing, open to others, or does not open.
        LedgerUnavailableError: The database does not answer or could lose a commit.
        PolicyUnavailableError: Not even the bundle that ships with the gateway is there.
        ConflictError: Another process holds an embedded database.
    """
    with _held_alone(settings):
        state = await KeyState.open(
            settings.state_dir,
            settings.root_key_url,
            passphrase=_passphrase(settings.root_key_passphrase_file),
            insecure_test_cost=insecure_test_cost,
        )
        bundle, policy = load_policy(settings, log)
        await upgrade(settings.database_url)
        database = await open_database(settings.database_url)
        parts = _join(settings, log, state, database, (bundle, policy))
        try:
            yield parts
        finally:
            parts.uploads.close()
            await policy.close()
            await database.close()


def _join(
    settings: Settings,
    log: OperationalLog,
    state: KeyState,
    database: Database,
    loaded: tuple[Bundle, AnyPolicy],
) -> Parts:
    clock = SystemClock()
    bundle, policy = loaded
    tables = bundle.tables()["gateway"]
    purposes = frozenset(tables["purposes"]["labels"])
    said = {name: tables[name]["labels"] for name in ("purposes", "categories", "roles")}
    terms, limits = Terms.of_table(tables["emergency"]), budgets_of(settings)
    writer = Writer(database, state.keyring, clock, purposes, terms, limits)
    if settings.insecure_limits_off:
        log.line(Event.INSECURE_LIMITS_OFF)
    writer.policy_digest = policy.digest
    store = SqlStore(database, writer, state.keyring, frozenset(tables["categories"]["labels"]))
    mirrors = tuple(FolderMirror(_folder(url)) for url in settings.mirrors)
    acts = SqlActs(store, state.keyring, mirrors, ReceiptLabels(**said))
    issuing = SqlIssuing(store, acts)
    own = own_issuer(settings.public_base)
    return Parts(
        settings=settings,
        log=log,
        state=state,
        database=database,
        writer=writer,
        store=store,
        acts=acts,
        registry=SqlRegistry(store),
        ledger=SqlLedger(store),
        publishing=SqlPublishing(store),
        telling=SqlTelling(store),
        issuing=issuing,
        own_keys=StoreKeyring(own, issuing.issuer_keys) if settings.issues_tokens else None,
        rates=SqlRates(database, state.keyring, clock, rates_of(settings)),
        onboarding=SqlOnboarding(store, acts),
        mirrors=mirrors,
        content=FolderContent(_folder(settings.content_url)),
        bundle=bundle,
        policy=policy,
        standing=Standing(log, StateWatch(state.directory, state.ledger), state.ledger),
        clock=clock,
    )


class _held_alone:  # noqa: N801 - reads as a statement
    """SQLite is written by one process: the state directory's lock says which."""

    def __init__(self, settings: Settings) -> None:
        self._wanted = settings.database_url.startswith("sqlite:")
        self._path = settings.state_dir / _LOCK
        self._descriptor = -1

    def __enter__(self) -> None:
        if not self._wanted or not self._path.parent.is_dir():
            return
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise ConflictError("another process holds this state directory") from None

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _passphrase(path: Path | None) -> bytes | None:
    return None if path is None else path.read_bytes().rstrip(b"\r\n")


def _folder(url: str) -> Path:
    return Path(urlsplit(url).path)
