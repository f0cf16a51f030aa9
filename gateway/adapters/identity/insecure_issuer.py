"""A development issuer: whoever reaches this machine may be anybody, hence its name and its limits."""

import json
import os
import secrets
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.adapters.identity.issuers import Issuer, parse_issuer
from gateway.domain.bearer import Binding
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.loopback import is_loopback_listener, is_loopback_url
from gateway.observe import Event, OperationalLog

STRONG_ACR = "strong"
LIFETIME_S = 300

_FILE = "insecure-issuer.jwk"


class InsecureLocalIssuer:
    """Mints five-minute access tokens for anybody, on loopback only; it warns once, when made.

    Args:
        public_base: Where callers reach the gateway; also the audience.
        listen: What the gateway listens on: `host:port` or a socket's path.
        log: Receives the one warning.
        state_dir: Keeps the key (0600) so that the command line can mint too; None keeps it in memory.

    Raises:
        ValueError: The public base or the listen address is not loopback, or the key file is not private.
    """

    def __init__(
        self, public_base: str, listen: str, log: OperationalLog, *, state_dir: Path | None = None
    ) -> None:
        if not is_loopback_url(public_base) or not is_loopback_listener(listen):
            raise ValueError("the insecure local issuer serves loopback addresses only")
        self.name = f"{public_base.rstrip('/')}/insecure-local-issuer"
        self.audience = public_base.rstrip("/")
        self._key = _new_key() if state_dir is None else _require_key(state_dir / _FILE)
        self._kid = self._key.thumbprint()
        log.line(Event.INSECURE_ISSUER, issuer=self.name)

    def __repr__(self) -> str:
        return f"InsecureLocalIssuer({self.name})"

    def mint(
        self,
        *,
        client_id: str,
        subject: str,
        now: Instant,
        acr: str | None = None,
        bound_to: str | None = None,
    ) -> str:
        """Sign an RFC 9068 token of five minutes; `acr` is `STRONG_ACR` for a strong authentication.

        `bound_to` is the thumbprint of a DPoP key; without one whoever holds the token may use it.
        """
        issued = now // SECOND_US
        claims: dict[str, Any] = {
            "iss": self.name,
            "aud": self.audience,
            "sub": subject,
            "client_id": client_id,
            "iat": issued,
            "exp": issued + LIFETIME_S,
            "jti": secrets.token_urlsafe(16),
        }
        if acr is not None:
            claims["acr"] = acr
        if bound_to is not None:
            claims["cnf"] = {str(Binding.JKT): bound_to}
        header = {"alg": "ES256", "typ": "at+jwt", "kid": self._kid}
        return jws.serialize_compact(header, json.dumps(claims).encode(), self._key, algorithms=["ES256"])

    def entry(self) -> dict[str, Any]:
        """Describe the issuer as an entry of the trusted issuers file, with its public key inline."""
        public = {**self._key.as_dict(private=False), "kid": self._kid, "use": "sig", "alg": "ES256"}
        return {
            "issuer": self.name,
            "audience": self.audience,
            "algorithms": ["ES256"],
            "jwks": {"keys": [public]},
            "strong_acr": [STRONG_ACR],
        }

    def issuer(self) -> Issuer:
        """Describe the issuer as `parse_issuers` would."""
        return replace(parse_issuer(self.entry()), insecure=True)


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256")


def _require_key(path: Path) -> ECKey:
    key = _new_key()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(key.as_dict(private=True), file)
    return key


def _read_key(path: Path) -> ECKey:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError("the insecure issuer's key file can be read by others")
    try:
        return ECKey.import_key(json.loads(path.read_text(encoding="ascii")))
    except (JoseError, ValueError, KeyError, TypeError):
        raise ValueError("the insecure issuer's key file is unreadable") from None
