"""What leaves for a key that is not ours: JWE (RFC 7516), compact, ECDH-ES+A256KW with A256GCM."""

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.domain.errors import MalformedError
from gateway.domain.leaving import ExportKey

_HEADER = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}
_ALGORITHMS = list(_HEADER.values())


class JweEnvelopes:
    """Seals for the holder of a private key; nothing here can open it again."""

    def check(self, key: ExportKey) -> None:
        """Try the key.

        Raises:
            MalformedError: It is no point of its curve.
        """
        self.seal(key, b"")

    def seal(self, key: ExportKey, plain: bytes) -> str:
        """Give the envelope, in ASCII.

        Raises:
            MalformedError: The key is no point of its curve.
        """
        try:
            recipient = ECKey.import_key({**key.jwk})
            return jwe.encrypt_compact(_HEADER, plain, recipient, algorithms=_ALGORITHMS)
        except (JoseError, ValueError, TypeError):
            raise MalformedError("a public key on P-256 is expected", field="key") from None


def open_envelope(envelope: str, private_jwk: dict[str, str | list[str]]) -> bytes:
    """Open what `seal` made, with the agency's private key.

    Raises:
        MalformedError: Another key, another algorithm, or altered.
    """
    try:
        opened = jwe.decrypt_compact(envelope, ECKey.import_key(private_jwk), algorithms=_ALGORITHMS)
    except (JoseError, ValueError, TypeError, KeyError):
        raise MalformedError("this key does not open it", field="key") from None
    if opened.plaintext is None:
        raise MalformedError("this key does not open it", field="key")
    return opened.plaintext
