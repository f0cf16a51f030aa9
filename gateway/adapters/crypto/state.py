"""The state directory of a deployment: its keys, outside the source tree, 0700 with files of 0600.

root.key          the root key, sealed (only with the `file:` provider and no URL of its own)
machine.key       opens root.key where there is no passphrase
keyring.json      the sub-roots, wrapped by the root key
ledger.key        the ledger's signing key, wrapped by the root key
signer-<n>.json   what was signed of ledger n
deployment.json   nothing secret: deployment id, number of the ledger, verifier key; written last
"""

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from gateway.adapters.crypto.durable import create_durably, read_private, replace_durably, require_private
from gateway.adapters.crypto.keyring import Keyring
from gateway.adapters.crypto.note import CheckpointSigner
from gateway.adapters.crypto.provider import RootKey, open_root
from gateway.adapters.crypto.root_file import STANDARD_COST, Argon2Cost, FileRoot, InsecureTestCost
from gateway.adapters.crypto.signer_state import SignerState
from gateway.adapters.crypto.sub_roots import create_sub_roots, open_sub_roots
from gateway.domain.contexts import ledger_key_context
from gateway.domain.errors import ConflictError, CorruptionError, KeysUnavailableError, MalformedError
from gateway.domain.ids import CROCKFORD

_DEPLOYMENT: Final = "deployment.json"
_KEYRING: Final = "keyring.json"
_LEDGER_KEY: Final = "ledger.key"
_FORMAT: Final = "gateway.deployment@v1"
_LEDGER_KEY_FORMAT: Final = "gateway.ledger-key@v1"
_SEED_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class KeyState:
    """A deployment's keys, opened once at start."""

    directory: Path
    deployment: str
    ledger: int
    root: RootKey
    keyring: Keyring
    signer: CheckpointSigner

    @property
    def origin(self) -> str:
        return self.signer.origin

    @property
    def vkey(self) -> str:
        return str(self.signer.verifier)

    @classmethod
    async def init(
        cls,
        directory: Path,
        *,
        root_url: str | None = None,
        passphrase: bytes | None = None,
        cost: Argon2Cost = STANDARD_COST,
    ) -> "KeyState":
        """Make a deployment's keys, then open them.

        Args:
            directory: Absent or empty; made with mode 0700.
            root_url: Where the root key's file is made; `root.key` in the directory if left out.
            passphrase: Seals the root key; without one, a machine key is made beside it.
            cost: What one guess at the passphrase costs.

        Raises:
            MalformedError: The directory lies in the source tree, or the URL is of no known scheme.
            ConflictError: The directory, or the root key's file, is there already.
            KeysUnavailableError: A folder is open to others or on a network file system.
        """
        _make_directory(directory)
        url = root_url or _default_url(directory)
        if urlsplit(url).scheme == "file":
            FileRoot.create(Path(urlsplit(url).path), passphrase=passphrase, cost=cost)
        insecure = cost if isinstance(cost, InsecureTestCost) else None
        root = open_root(url, passphrase=passphrase, insecure_test_cost=insecure)
        deployment = "dep_" + "".join(secrets.choice(CROCKFORD) for _ in range(26))
        create_durably(directory / _KEYRING, await create_sub_roots(root, deployment))
        seed = os.urandom(_SEED_BYTES)
        wrap = await root.wrap(ledger_key_context(deployment, 1), seed)
        document = {"format": _LEDGER_KEY_FORMAT, "version": 1, "wrap": base64.b64encode(wrap).decode()}
        create_durably(directory / _LEDGER_KEY, json.dumps(document, indent=2).encode() + b"\n")
        signer = CheckpointSigner(origin_of(deployment, 1), seed)
        SignerState.create(directory, 1, signer.origin)
        create_durably(directory / _DEPLOYMENT, _describe(deployment, 1, signer))
        sub_roots = await open_sub_roots(root, deployment, read_private(directory / _KEYRING))
        return cls(directory, deployment, 1, root, Keyring(root, deployment, sub_roots), signer)

    @classmethod
    async def open(
        cls,
        directory: Path,
        root_url: str | None = None,
        *,
        passphrase: bytes | None = None,
        insecure_test_cost: InsecureTestCost | None = None,
    ) -> "KeyState":
        """Open a deployment's keys.

        Raises:
            MalformedError: The URL is of no known scheme.
            KeysUnavailableError: A file or the directory is missing or open to others, or the root key
                does not open.
            CorruptionError: The files contradict each other.
        """
        _require_directory(directory)
        deployment, ledger, vkey = _read_deployment(directory)
        root = open_root(
            root_url or _default_url(directory), passphrase=passphrase, insecure_test_cost=insecure_test_cost
        )
        sub_roots = await open_sub_roots(root, deployment, read_private(directory / _KEYRING))
        signer = CheckpointSigner(
            origin_of(deployment, ledger), await _open_ledger_key(directory, root, deployment)
        )
        if str(signer.verifier) != vkey:
            raise CorruptionError("the ledger's signing key is not the one that deployment.json names")
        return cls(directory, deployment, ledger, root, Keyring(root, deployment, sub_roots), signer)

    def open_signer(self) -> SignerState:
        """Become the ledger's signer; see `SignerState.open`."""
        return SignerState.open(self.directory, self.ledger, self.signer.verifier)

    async def begin_next_ledger(self) -> "KeyState":
        """Begin a new, empty ledger after a quarantine that could not be healed; old files stay.

        Who may ask for it (two persons), and the genesis entry that commits to the last checkpoint and the
        missing range, are the caller's part.
        """
        number = self.ledger + 1
        seed = await _open_ledger_key(self.directory, self.root, self.deployment)
        signer = CheckpointSigner(origin_of(self.deployment, number), seed)
        try:
            SignerState.create(self.directory, number, signer.origin)
        except ConflictError:
            # An attempt was cut before deployment.json named the ledger: then nothing of it was signed.
            begun = SignerState.open(self.directory, number, signer.verifier)
            begun.close()
            if begun.size:
                raise
        replace_durably(self.directory / _DEPLOYMENT, _describe(self.deployment, number, signer))
        return KeyState(self.directory, self.deployment, number, self.root, self.keyring, signer)


def origin_of(deployment: str, ledger: int) -> str:
    """Name a deployment's ledger in checkpoints: no two ledgers ever share a name."""
    return f"gateway/{deployment}/ledger-{ledger}"


def _make_directory(directory: Path) -> None:
    source_tree = Path(__file__).resolve().parents[3]
    if (source_tree / "pyproject.toml").exists() and directory.resolve().is_relative_to(source_tree):
        raise MalformedError("keys do not belong in the source tree", field="state_directory")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_private(directory.stat())
    if any(directory.iterdir()):
        raise ConflictError("the state directory is not empty")


def _require_directory(directory: Path) -> None:
    try:
        status = directory.stat()
    except OSError:
        raise KeysUnavailableError("the state directory is missing; `gateway keys init` makes it") from None
    require_private(status)


def _default_url(directory: Path) -> str:
    return f"file:{directory.resolve() / 'root.key'}"


def _describe(deployment: str, ledger: int, signer: CheckpointSigner) -> bytes:
    document = {"format": _FORMAT, "deployment": deployment, "ledger": ledger, "vkey": str(signer.verifier)}
    return json.dumps(document, indent=2).encode() + b"\n"


def _read_deployment(directory: Path) -> tuple[str, int, str]:
    document = _read_json(directory / _DEPLOYMENT, _FORMAT)
    try:
        return str(document["deployment"]), int(document["ledger"]), str(document["vkey"])
    except (ValueError, KeyError, TypeError):
        raise CorruptionError("deployment.json is unreadable") from None


async def _open_ledger_key(directory: Path, root: RootKey, deployment: str) -> bytes:
    document = _read_json(directory / _LEDGER_KEY, _LEDGER_KEY_FORMAT)
    try:
        version, wrap = int(document["version"]), base64.b64decode(document["wrap"], validate=True)
    except (ValueError, KeyError, TypeError):
        raise CorruptionError("ledger.key is unreadable") from None
    return await root.unwrap(ledger_key_context(deployment, version), wrap)


def _read_json(path: Path, fmt: str) -> dict[str, Any]:
    content = read_private(path)
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("format") != fmt:
        raise CorruptionError(f"{path.name} is unreadable")
    return document
