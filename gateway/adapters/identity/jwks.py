"""Public keys of issuers (RFC 7517), read strictly: only what can verify ES256, PS256 or Ed25519."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from gateway.domain.base64url import decode_canonical
from gateway.domain.errors import MalformedError

ALGORITHMS: Mapping[str, str] = {"ES256": "ES256", "PS256": "PS256", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}
"""What a token's header may say, and the fully specified algorithm (RFC 9864) that it means here."""

MAX_KEYS = 64

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_MAX_KID = 255
_ES256 = ECDSA(SHA256())
_ES256_BYTES = 64
_RSA_MIN_BITS = 2048
_RSA_MAX_BITS = 8192
_RSA_MIN_EXPONENT = 65537


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One verification key; `algorithm` is fully specified, so that a key never serves two."""

    kid: str | None
    algorithm: str
    key: ECKey | RSAKey | OKPKey

    @property
    def thumbprint(self) -> str:
        """The key's SHA-256 thumbprint (RFC 7638), base64url."""
        return self.key.thumbprint()

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (JWS form: for ES256 the 64 bytes r ‖ s) is this key's over `message`."""
        if isinstance(self.key, ECKey):
            return _verifies_es256(self.key.public_key, message, signature)
        model = JWSRegistry(algorithms=[self.algorithm]).get_alg(self.algorithm)
        try:
            return bool(model.verify(message, signature, self.key))
        except (JoseError, ValueError):
            return False


def _verifies_es256(key: EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    """Straight to the cipher: a proof is verified with every request (measured: a third less)."""
    if len(signature) != _ES256_BYTES:
        return False
    half = _ES256_BYTES // 2
    r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
    try:
        key.verify(encode_dss_signature(r, s), message, _ES256)
    except InvalidSignature:
        return False
    return True


def parse_key(jwk: object) -> PublicKey:
    """Read one JWK.

    Raises:
        ValueError: Private or symmetric material, another type or curve, a weak RSA key, or a `use`,
            `key_ops` or `alg` that does not say verification by our algorithm. No member is repeated.
    """
    if not isinstance(jwk, dict):
        raise ValueError("a key is not an object")  # noqa: TRY004 - one exception for every fault of the file
    if _PRIVATE & jwk.keys():
        raise ValueError("a key holds private or symmetric material")
    kid = jwk.get("kid")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= _MAX_KID):
        raise ValueError("a key's kid is not a short text")
    if jwk.get("use", "sig") != "sig" or not _may_verify(jwk.get("key_ops", ["verify"])):
        raise ValueError("a key is not meant for verification")
    named = jwk.get("alg")
    try:
        algorithm, key = _import(jwk)
    except (JoseError, MalformedError, ValueError, TypeError, KeyError):
        raise ValueError("a key is not a usable P-256, RSA or Ed25519 public key") from None
    if named is not None and not (isinstance(named, str) and ALGORITHMS.get(named) == algorithm):
        raise ValueError("a key names an algorithm that is not ours")
    return PublicKey(kid, algorithm, key)


def parse_pinned(document: object) -> tuple[PublicKey, ...]:
    """Read a JWKS that an operator wrote: every key must be usable and told apart by its kid."""
    keys = tuple(parse_key(jwk) for jwk in _list_jwks(document))
    if not keys:
        raise ValueError("no key")
    return _require_distinct(keys)


def parse_fetched(document: object) -> tuple[PublicKey, ...]:
    """Read a JWKS that an issuer published: keys for other uses are left aside, private ones refused."""
    keys: list[PublicKey] = []
    for jwk in _list_jwks(document):
        if isinstance(jwk, dict) and _PRIVATE & jwk.keys():
            raise ValueError("a key holds private or symmetric material")
        try:
            keys.append(parse_key(jwk))
        except ValueError:
            continue
    return _require_distinct(tuple(keys))


def _list_jwks(document: object) -> list[Any]:
    jwks = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(jwks, list) or len(jwks) > MAX_KEYS:
        raise ValueError("not a key set, or one of more than 64 keys")
    return jwks


def _require_distinct(keys: tuple[PublicKey, ...]) -> tuple[PublicKey, ...]:
    kids = [key.kid for key in keys]
    if len(set(kids)) != len(kids):
        raise ValueError("two keys of one set have the same kid")
    return keys


def _may_verify(key_ops: object) -> bool:
    return isinstance(key_ops, list) and "verify" in key_ops


def _import(jwk: dict[str, Any]) -> tuple[str, ECKey | RSAKey | OKPKey]:
    kty, crv = jwk.get("kty"), jwk.get("crv")
    if kty == "EC" and crv == "P-256":
        curve_key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"]})
        curve_key.public_key  # noqa: B018 - a point off the curve is noticed now, not at the first token
        return "ES256", curve_key
    if kty == "OKP" and crv == "Ed25519":
        edwards_key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": jwk["x"]})
        edwards_key.public_key  # noqa: B018 - likewise
        return "Ed25519", edwards_key
    if kty == "RSA":
        # Measured before the library sees it: it only warns of a short key.
        modulus, exponent = (int.from_bytes(decode_canonical(jwk[name])) for name in ("n", "e"))
        if _RSA_MIN_BITS <= modulus.bit_length() <= _RSA_MAX_BITS and exponent >= _RSA_MIN_EXPONENT:
            rsa_key = RSAKey.import_key({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]})
            rsa_key.public_key  # noqa: B018 - likewise
            return "PS256", rsa_key
    raise ValueError("unusable")
