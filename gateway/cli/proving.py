"""A bound token as the command line presents it: with a proof of its key on every request."""

from collections.abc import Generator
from pathlib import Path

import httpx2

from gateway.adapters.clock import SystemClock
from gateway.adapters.identity.key_making import PrivateKey
from gateway.adapters.identity.presenting import make_proof

_UNAUTHENTICATED = 401


def key_file_of(token_file: Path) -> Path:
    """Where the key of a bound token lies: beside it."""
    return token_file.with_name(token_file.name + ".dpop")


class ProvingAuth(httpx2.Auth):
    """Proves the token's key to a gateway of this public base, once more where it asks for its nonce."""

    def __init__(self, token: str, key: PrivateKey, public_base: str) -> None:
        self._token = token
        self._key = key
        self._base = public_base.rstrip("/")
        self._nonce: str | None = None

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Sign the request; httpx's own hook."""
        answer = yield self._prove(request)
        told = answer.headers.get("dpop-nonce")
        if told is None:
            return
        asked_again = answer.status_code == _UNAUTHENTICATED and told != self._nonce
        self._nonce = told
        if asked_again:
            yield self._prove(request)

    def _prove(self, request: httpx2.Request) -> httpx2.Request:
        url = self._base + request.url.raw_path.decode("ascii").partition("?")[0]
        now = SystemClock().now()
        proof = make_proof(self._key, request.method, url, now, nonce=self._nonce, token=self._token)
        request.headers["Authorization"] = f"DPoP {self._token}"
        request.headers["DPoP"] = proof
        return request
