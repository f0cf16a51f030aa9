"""Looks for planted strings in everything that a gateway keeps, in the forms in which they might be kept."""

import base64
import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


def forms(planted: str) -> dict[str, bytes]:
    """The spellings of one string: as text, in both cases, encoded at every alignment, and hashed."""
    raw = planted.encode()
    found = {
        "UTF-8": raw,
        "UTF-8 in lower case": planted.lower().encode(),
        "UTF-8 in upper case": planted.upper().encode(),
        "Latin-1": planted.encode("latin-1", "ignore"),
        "UTF-16 little-endian": planted.encode("utf-16-le"),
        "UTF-16 big-endian": planted.encode("utf-16-be"),
        "reversed": raw[::-1],
        "JSON": planted.encode("ascii", "backslashreplace"),
        "percent": "".join(f"%{byte:02X}" for byte in raw).encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "UTF-16 in hex": planted.encode("utf-16-le").hex().encode(),
    }
    for name, text in (("", raw), ("UTF-16 in ", planted.encode("utf-16-le"))):
        for offset in range(3):
            found[f"{name}base64 at {offset}"] = _base64(text, offset)
            found[f"{name}base64url at {offset}"] = _base64(text, offset).translate(_URL)
    digest = hashlib.sha256(raw).digest()
    found |= {
        "SHA-256": digest,
        "SHA-256 in hex": digest.hex().encode(),
        "SHA-256 in HEX": digest.hex().upper().encode(),
        "SHA-256 in base64": base64.b64encode(digest).rstrip(b"="),
        "SHA-256 in base64url": base64.urlsafe_b64encode(digest).rstrip(b"="),
    }
    return found


_URL = bytes.maketrans(b"+/", b"-_")


def _base64(raw: bytes, offset: int) -> bytes:
    """The characters that stand for nothing but `raw`, where it begins this far into a group of three."""
    whole = base64.b64encode(bytes(offset) + raw)
    first = (offset * 8 + 5) // 6
    last = (offset + len(raw)) * 8 // 6
    return whole[first:last]


def kept_files(*folders: Path) -> Iterator[Path]:
    """Every file below, the database with its WAL, content, mirror, state and logs among them."""
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def search(planted: Sequence[str], kept: Mapping[str, bytes]) -> list[tuple[str, str, str]]:
    """Name (string, form, place) of everything that was found."""
    return [
        (one, form, place)
        for one in planted
        for form, spelt in forms(one).items()
        for place, content in kept.items()
        if spelt and spelt in content
    ]


def read_all(*folders: Path) -> dict[str, bytes]:
    """Content by path; a running server may take a file away meanwhile, and with it what it held."""
    found = {}
    for path in kept_files(*folders):
        with contextlib.suppress(FileNotFoundError):
            found[str(path)] = path.read_bytes()
    return found
