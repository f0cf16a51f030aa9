r"""Checkpoints of the ledger: C2SP signed notes of the tlog-checkpoint form, Ed25519.

    <origin>\\n<size>\\n<root, base64>\\n\\n— <origin> <base64 of key id (4) | signature (64)>\\n

    key id = SHA-256(name | 0x0A | 0x01 | public key (32))[:4]
    vkey   = <name>+<key id, 8 hexadecimal digits>+<base64 of 0x01 | public key (32)>

Read strictly: one form only for each number and each base64 text (re-encoding must give the same), no
extension lines, at most 16 signatures. The key's name is the origin.
Source: C2SP signed-note v1, tlog-checkpoint v1; RFC 8032.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.domain.errors import MalformedError, TamperedError
from gateway.domain.merkle import HASH_BYTES

_ED25519: Final = b"\x01"
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_MAX_SIGNATURES: Final = 16
_MAX_NOTE_CHARS: Final = 128 * 1024
_SIGNATURE_BYTES: Final = 64
_NAME: Final = re.compile(r"[!-*,-~]{1,200}\Z")
_VKEY: Final = re.compile(r"([!-*,-~]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44}={0,2})\Z")
_SIGNATURE: Final = re.compile(r"— (\S{1,200}) ([A-Za-z0-9+/]{8,8192}={0,2})\Z")
_SIZE: Final = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The ledger `origin` held `size` entries with this root (32 bytes)."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A ledger's public key; anyone may hold it and verify checkpoints with it, offline."""

    name: str
    key_id: bytes
    public: bytes

    @classmethod
    def of(cls, name: str, public: bytes) -> "VerifierKey":
        """Name a 32-byte public key; `name` is printable ASCII without space or plus."""
        if not _NAME.match(name) or len(public) != _KEY_BYTES:
            raise MalformedError("a verifier key has the wrong shape", field="vkey")
        key_id = hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_ID_BYTES]
        return cls(name, key_id, public)

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a vkey.

        Raises:
            MalformedError: Another shape, another algorithm, or an id that is not this key's.
        """
        match = _VKEY.match(text)
        key = _decode(match[3]) if match else None
        if match is None or key is None or key[:1] != _ED25519:
            raise MalformedError("a verifier key has the wrong shape", field="vkey")
        made = cls.of(match[1], key[1:])
        if made.key_id.hex() != match[2]:
            raise MalformedError("a verifier key has another key's id", field="vkey")
        return made

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_encode(_ED25519 + self.public)}"

    def verify(self, note: str) -> Checkpoint:
        """Read a checkpoint that this key signed; signatures of other keys are ignored.

        Raises:
            TamperedError: Not such a note, not signed by this key, or altered anywhere. It never says which.
        """
        if len(note) > _MAX_NOTE_CHARS or not note.endswith("\n"):
            raise _refused()
        text, separator, signatures = note[:-1].rpartition("\n\n")
        lines = signatures.split("\n")
        if not separator or len(lines) > _MAX_SIGNATURES:
            raise _refused()
        own = [found for found in map(self._own_signature, lines) if found]
        if not own:
            raise _refused()
        # The text is read first: what has passed is ASCII, hence has one encoding.
        checkpoint = self._parse_text(text)
        signed = (text + "\n").encode()
        public = Ed25519PublicKey.from_public_bytes(self.public)
        try:
            for signature in own:
                public.verify(signature, signed)
        except InvalidSignature:
            raise _refused() from None
        return checkpoint

    def _own_signature(self, line: str) -> bytes | None:
        match = _SIGNATURE.match(line)
        signature = _decode(match[2]) if match else None
        if match is None or signature is None:
            raise _refused()
        if match[1] != self.name or signature[:_ID_BYTES] != self.key_id:
            return None
        if len(signature) != _ID_BYTES + _SIGNATURE_BYTES:
            raise _refused()
        return signature[_ID_BYTES:]

    def _parse_text(self, text: str) -> Checkpoint:
        lines = text.split("\n")
        if len(lines) != 3 or lines[0] != self.name or not _SIZE.match(lines[1]):  # noqa: PLR2004 - three lines
            raise _refused()
        root = _decode(lines[2])
        if root is None or len(root) != HASH_BYTES:
            raise _refused()
        return Checkpoint(lines[0], int(lines[1]), root)


class CheckpointSigner:
    """The ledger's signing key; only `SignerState` decides what it may sign."""

    __slots__ = ("_private", "verifier")

    def __init__(self, origin: str, private: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(private)
        self.verifier = VerifierKey.of(origin, self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"CheckpointSigner({self.verifier.name}, {_KEY_BYTES} bytes)"

    @property
    def origin(self) -> str:
        return self.verifier.name

    def sign(self, origin: str, size: int, root: bytes) -> str:
        """Give the signed note that the ledger `origin` holds `size` entries with this root (32 bytes).

        Raises:
            ValueError: Another ledger's origin, a negative size, or no root.
        """
        if origin != self.origin or size < 0 or len(root) != HASH_BYTES:
            raise ValueError("this is no checkpoint of this ledger")
        text = f"{origin}\n{size}\n{_encode(root)}\n"
        signature = self._private.sign(text.encode())
        return f"{text}\n— {origin} {_encode(self.verifier.key_id + signature)}\n"


def _refused() -> TamperedError:
    return TamperedError("a checkpoint does not verify")


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decode(text: str) -> bytes | None:
    """Decode base64 in its one canonical form: trailing bits that decode to nothing are a forgery too."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return decoded if _encode(decoded) == text else None
