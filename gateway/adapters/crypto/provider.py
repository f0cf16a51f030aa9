"""What a root key provider is, and how a URL names one."""

from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from gateway.adapters.crypto.root_file import FileRoot, InsecureTestCost
from gateway.domain.errors import MalformedError


class RootKey(Protocol):
    """Holds the root key, which never leaves it; `key_id` names it and is no secret."""

    @property
    def key_id(self) -> str: ...

    async def wrap(self, context: bytes, key: bytes) -> bytes:
        """Seal 32 bytes under the root key, bound to `context` and to the root key's id.

        Raises:
            KeysUnavailableError: The provider does not answer.
        """

    async def unwrap(self, context: bytes, wrapped: bytes) -> bytes:
        """Open what `wrap` sealed.

        Raises:
            KeysUnavailableError: The provider does not answer.
            TamperedError: Another context, another root key or altered bytes.
        """

    async def health(self) -> None:
        """Return if the root key could be used now; cheap, asked at most about once a second.

        Raises:
            KeysUnavailableError: The key is gone, replaced or unreadable, or the provider does not answer.
        """


def open_root(
    url: str, *, passphrase: bytes | None = None, insecure_test_cost: InsecureTestCost | None = None
) -> RootKey:
    """Open the root key that a URL names: `file:/absolute/path` (opens in about a second, on purpose).

    Args:
        url: `file:` and an absolute path, nothing else.
        passphrase: Opens the file; without one, the machine key beside it does.
        insecure_test_cost: Accepts a file sealed at less than the standard cost; tests only.

    Raises:
        MalformedError: Unknown scheme, or parts that a file URL has not.
        KeysUnavailableError: The file is missing, open to others, or does not open.
    """
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise MalformedError("the root key's URL has an unknown scheme; known: file:", field="root_key")
    if parts.netloc or parts.query or parts.fragment or not parts.path.startswith("/"):
        raise MalformedError("the root key's URL is not file:/absolute/path", field="root_key")
    return FileRoot.open(Path(parts.path), passphrase=passphrase, insecure_test_cost=insecure_test_cost)
