"""Opens sealed bytes with nothing of the gateway: written from the C2SP and RFC texts alone.

HKDF-Expand is spelt out over `hmac` (RFC 5869, 2.3); AES-256-GCM comes from the cipher library.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM


class NotOpenedError(Exception):
    pass


def hkdf_expand_sha512(prk: bytes, info: bytes, length: int) -> bytes:
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha512).digest()
        out += block
        counter += 1
    return out[:length]


def open_sealed(key: bytes, context: bytes, sealed: bytes) -> bytes:
    version, salt, commitment, body = sealed[:1], sealed[1:25], sealed[25:57], sealed[57:]
    if version != b"\x01":
        raise NotOpenedError
    name = b"AEAD_AES_256_GCM"
    info = b"c2sp.org/chunked-encryption@v1+" + name + bytes([0]) + salt + context
    derived = hkdf_expand_sha512(key, info, 32 + 12 + 32)
    if derived[44:76] != commitment:
        raise NotOpenedError
    out, number = b"", 0
    while True:
        chunk, body = body[: 16384 + 16], body[16384 + 16 :]
        if len(chunk) < 16:
            raise NotOpenedError
        nonce = bytes(a ^ b for a, b in zip(derived[32:44], number.to_bytes(12, "big"), strict=True))
        decryptor = Cipher(AES(derived[:32]), GCM(nonce, chunk[-16:])).decryptor()
        try:
            out += decryptor.update(chunk[:-16]) + decryptor.finalize()
        except Exception as error:
            raise NotOpenedError from error
        if len(chunk) < 16384 + 16:
            if body:
                raise NotOpenedError
            return out
        number += 1


def encode_context(fmt: str, *fields: str | int | bytes) -> bytes:
    out = b"f" + len(fmt).to_bytes(4, "big") + fmt.encode()
    for field in fields:
        if isinstance(field, int):
            out += b"i" + (8).to_bytes(4, "big") + field.to_bytes(8, "big")
        elif isinstance(field, str):
            out += b"s" + len(field.encode()).to_bytes(4, "big") + field.encode()
        else:
            out += b"b" + len(field).to_bytes(4, "big") + field
    return out
