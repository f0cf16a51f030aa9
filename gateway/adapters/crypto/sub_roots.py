"""The random keys right under the root key: made once, wrapped in `keyring.json`, opened once at start.

    record    wraps the record keys of persons, agencies and the deployment
    index     makes keyed handles (blind index); a newer version makes new handles, older rows are backfilled
    general   derives the cursor, nonce, session and journal keys and the handles that contexts are bound to

The file is one JSON object: `format`, `deployment`, `root_key_id`, `sub_roots` [{purpose, version, wrap}].
"""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.adapters.crypto.provider import RootKey
from gateway.adapters.crypto.sealing import KEY_BYTES
from gateway.domain.contexts import sub_root_context
from gateway.domain.errors import CorruptionError

_FORMAT: Final = "gateway.keyring@v1"
_PURPOSES: Final = ("record", "index", "general")


@dataclass(frozen=True, slots=True, repr=False)
class SubRoots:
    """32 bytes each; `index_version` names the index key whose handles are written now."""

    record: bytes
    index: bytes
    general: bytes
    index_version: int = 1


async def create_sub_roots(root: RootKey, deployment: str) -> bytes:
    """Make the sub-roots and give the content of `keyring.json`: wraps only."""
    wraps = [
        {
            "purpose": purpose,
            "version": 1,
            "wrap": _encode(await root.wrap(sub_root_context(deployment, purpose, 1), os.urandom(KEY_BYTES))),
        }
        for purpose in _PURPOSES
    ]
    document = {"format": _FORMAT, "deployment": deployment, "root_key_id": root.key_id, "sub_roots": wraps}
    return json.dumps(document, indent=2).encode() + b"\n"


async def open_sub_roots(root: RootKey, deployment: str, content: bytes) -> SubRoots:
    """Open the newest version of each sub-root.

    Raises:
        CorruptionError: The file has another shape, or belongs to another deployment or root key.
        TamperedError: A wrap does not open.
        KeysUnavailableError: The provider does not answer.
    """
    try:
        wraps = _parse(json.loads(content), deployment, root.key_id)
    except (ValueError, KeyError, TypeError):
        raise CorruptionError("the keyring file is unreadable, or another deployment's") from None
    opened = {
        purpose: await root.unwrap(sub_root_context(deployment, purpose, version), wrap)
        for purpose, (version, wrap) in wraps.items()
    }
    return SubRoots(opened["record"], opened["index"], opened["general"], wraps["index"][0])


async def rewrap_sub_roots(old: RootKey, new: RootKey, deployment: str, content: bytes) -> bytes:
    """Give the content of `keyring.json` under a new root key: every version, unchanged within.

    Raises:
        CorruptionError: As for `open_sub_roots`.
        TamperedError: A wrap does not open under the old root key.
        KeysUnavailableError: A provider does not answer.
    """
    try:
        document = json.loads(content)
        _parse(document, deployment, old.key_id)
    except (ValueError, KeyError, TypeError):
        raise CorruptionError("the keyring file is unreadable, or another deployment's") from None
    for row in document["sub_roots"]:
        context = sub_root_context(deployment, row["purpose"], row["version"])
        secret = await old.unwrap(context, base64.b64decode(row["wrap"]))
        row["wrap"] = _encode(await new.wrap(context, secret))
    document["root_key_id"] = new.key_id
    return json.dumps(document, indent=2).encode() + b"\n"


def _parse(document: Mapping[str, Any], deployment: str, root_key_id: str) -> dict[str, tuple[int, bytes]]:
    """Give (version, wrap) of the newest version of each purpose."""
    if (document["format"], document["deployment"], document["root_key_id"]) != (
        _FORMAT,
        deployment,
        root_key_id,
    ):
        raise ValueError("another format, deployment or root key")
    newest: dict[str, tuple[int, bytes]] = {}
    for row in document["sub_roots"]:
        version = int(row["version"])
        if version > newest.get(row["purpose"], (0, b""))[0]:
            newest[row["purpose"]] = (version, base64.b64decode(row["wrap"], validate=True))
    if set(newest) != set(_PURPOSES):
        raise ValueError("a sub-root is missing or unknown")
    return newest


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()
