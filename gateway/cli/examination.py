"""What `gateway doctor` looks at, one function a thing; none of them changes anything."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gateway.adapters.clock import SystemClock
from gateway.adapters.crypto.mirror import FolderMirror
from gateway.adapters.crypto.state import KeyState
from gateway.adapters.identity.issuers import parse_issuers
from gateway.adapters.policy.bundle import find_bundle_folder, load_checked_bundle
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.sql.fence import CLOCK_DOUBT_US, store_clock
from gateway.adapters.sql.postgres import PostgresDatabase
from gateway.adapters.sql.reads.agreements import find_unsigned
from gateway.adapters.sql.verify.opening import open_copy, read_head
from gateway.cli.failure import CommandError
from gateway.cli.keys import read_passphrase
from gateway.cli.server import answers
from gateway.cli.verification import read_own_vkey
from gateway.domain.errors import (
    GatewayError,
    LedgerUnavailableError,
    PolicyContractError,
    TamperedError,
)
from gateway.settings import Settings
from gateway.wiring.policy import open_opa


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing, and what to do where it is not in order."""

    what: str
    ok: bool
    state: str
    fix: str = ""


class _WrongError(Exception):
    """Ends the look at one thing: how it is, and what to do."""

    def __init__(self, state: str, fix: str) -> None:
        super().__init__(state)
        self.fix = fix


async def examine(settings: Settings) -> list[Examined]:
    """Look at everything, in the order in which the gateway itself needs it."""
    looks: tuple[tuple[str, Callable[[Settings], Awaitable[str]]], ...] = (
        ("settings", _settings),
        ("server", _server),
        ("keys", _keys),
        ("database", _database),
        ("clock", _clock),
        ("mirrors", _mirrors),
        ("policy", _policy),
        ("issuers", _issuers),
        ("agreement", _agreement),
    )
    return [await _look(what, look, settings) for what, look in looks]


async def _look(what: str, look: Callable[[Settings], Awaitable[str]], settings: Settings) -> Examined:
    try:
        return Examined(what, ok=True, state=await look(settings))
    except _WrongError as wrong:
        return Examined(what, ok=False, state=str(wrong), fix=wrong.fix)
    except GatewayError as error:
        return Examined(what, ok=False, state=f"{error} [{error.code}]", fix=_FIXES.get(what, ""))
    except CommandError as error:
        return Examined(what, ok=False, state=str(error), fix=_FIXES.get(what, ""))
    except OSError as error:
        state = f"{error.strerror or type(error).__name__}: {error.filename or what}"
        return Examined(what, ok=False, state=state, fix=_FIXES.get(what, ""))


_FIXES = {
    "keys": "`gateway keys init` makes them once; otherwise put the key files back, mode 0600",
    "database": "name it in GATEWAY_DATABASE_URL, and see that it runs; fsync and full_page_writes stay on",
    "clock": "see that the database answers",
    "mirrors": "see that the folder can be reached: without a mirror nothing starts",
    "policy": "unset GATEWAY_POLICIES to use the bundle that ships with the gateway",
    "issuers": "correct the file that GATEWAY_TRUSTED_ISSUERS names",
}


async def _settings(settings: Settings) -> str:
    return f"{settings.mode}, state in {settings.state_dir}"


async def _server(settings: Settings) -> str:
    running = answers(settings.socket_path)
    return f"serves on {settings.listen}" if running else "does not run; `gateway serve` starts it"


async def _keys(settings: Settings) -> str:
    state = await KeyState.open(
        settings.state_dir, settings.root_key_url, passphrase=read_passphrase(settings)
    )
    await state.keyring.health()
    guard = "a machine key" if settings.root_key_passphrase_file is None else "a passphrase"
    return f"root key {state.root.key_id} opens with {guard}; ledger {state.ledger}"


async def _database(settings: Settings) -> str:
    url = settings.database_url
    if url.startswith("sqlite:///") and not _exists(url):
        return "SQLite, not made yet: the first start makes it"
    if not url.startswith("sqlite:"):
        # Refuses a server that could lose a commit, as the gateway itself does.
        await (await PostgresDatabase.open(url)).close()
    async with open_copy(url) as tx:
        head = await read_head(tx)
    size = 0 if head is None else head["size"]
    return f"{'SQLite' if url.startswith('sqlite:') else 'PostgreSQL'}, {size} entries in the ledger"


async def _clock(settings: Settings) -> str:
    clock = SystemClock()
    url = settings.database_url
    if url.startswith("sqlite:///") and not _exists(url):
        return "nothing to compare it with yet"
    async with open_copy(url) as tx:
        head = await read_head(tx)
        off_us = clock.now() - await store_clock(tx, clock)
    behind_us = 0 if head is None else head["recorded_at"] - clock.now()
    if abs(off_us) > CLOCK_DOUBT_US or behind_us > CLOCK_DOUBT_US:
        seconds = max(abs(off_us), behind_us) / 1_000_000
        raise _WrongError(
            f"{seconds:.1f} s away from the store's clock: nothing would be released",
            "set this machine's clock by NTP (chrony, systemd-timesyncd)",
        )
    return f"{abs(off_us) // 1000} ms away from the store's, and not behind the ledger"


async def _mirrors(settings: Settings) -> str:
    size = await _size(settings)
    largest = 0
    for url in settings.mirrors:
        folder = Path(urlsplit(url).path)
        if not _is_folder(folder):
            if size == 0:
                continue
            raise _WrongError(f"{folder} is not there, though the ledger has entries", _FIXES["mirrors"])
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _WrongError(f"{folder} cannot be written", _FIXES["mirrors"])
        note = await FolderMirror(folder).checkpoint()
        largest = max(largest, 0 if note is None else _signed_size(settings, note))
    if largest > size:
        raise _WrongError(
            f"quarantine: the database lacks entries {size} to {largest - 1}, which were signed",
            "put back a database that has them; where there is none, `gateway ledger reopen`",
        )
    return f"{len(settings.mirrors)} named; a checkpoint of {largest} entries"


async def _policy(settings: Settings) -> str:
    bundle = load_checked_bundle(settings.policies or find_bundle_folder())
    policy = EmbeddedPolicy.load(bundle)
    said = f"all known answers right; bundle {policy.digest[:16]}…"
    if settings.policy_engine == "embedded":
        return said
    server = open_opa(settings, bundle, policy, lambda: None)
    try:
        await server.prove()
    except PolicyContractError as error:
        raise _WrongError(str(error), "give the server this bundle: `gateway policy build`") from None
    finally:
        await server.close()
    return f"{said}; the OPA server gives them too"


async def _issuers(settings: Settings) -> str:
    if settings.trusted_issuers is not None:
        try:
            found = parse_issuers(settings.trusted_issuers.read_bytes())
        except ValueError as error:
            raise _WrongError(str(error), _FIXES["issuers"]) from None
        own = f"; and its own token endpoint, {settings.public_base}" if settings.issues_tokens else ""
        return f"{len(found)} trusted: {', '.join(one.name for one in found)}{own}"
    if settings.insecure_local_issuer:
        return "only the INSECURE local one: whoever is on this machine may be anybody"
    if settings.issues_tokens:
        return f"only its own token endpoint, {settings.public_base}: clients of agencies, and their workers"
    raise _WrongError("nobody is trusted, so nobody can be let in", "name them in GATEWAY_TRUSTED_ISSUERS")


async def _agreement(settings: Settings) -> str:
    if settings.database_url.startswith("sqlite:///") and not _exists(settings.database_url):
        return "no agreement yet"
    now = SystemClock().now()
    try:
        async with open_copy(settings.database_url) as tx:
            found = await find_unsigned(tx, now)
    except LedgerUnavailableError:
        return "not known before this release has started once"
    if found is None:
        return "no agreement is in force"
    version, late = found
    if late:
        raise _WrongError(
            f"{version} is not signed in time by {', '.join(late)}",
            "ask them to sign: `gateway agency agreement sign`; nothing of theirs is blocked by itself",
        )
    return f"{version} is signed, or not due yet"


async def _size(settings: Settings) -> int:
    url = settings.database_url
    if url.startswith("sqlite:///") and not _exists(url):
        return 0
    async with open_copy(url) as tx:
        head = await read_head(tx)
    return 0 if head is None else int(head["size"])


def _signed_size(settings: Settings, note: str) -> int:
    try:
        return read_own_vkey(settings.state_dir).verify(note).size
    except TamperedError:
        raise _WrongError(
            "a mirror holds a checkpoint that this ledger's key did not sign", "compare the state directories"
        ) from None


def _exists(url: str) -> bool:
    return Path(url.removeprefix("sqlite:///")).exists()


def _is_folder(path: Path) -> bool:
    return path.is_dir()
