"""The releases that a bench asks for, as bytes: with a plain token, or with a fresh proof on each."""

import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import NamedTuple

from tests.support.proving import Holder

BODY = '{"purpose":"coordination"}'


class Ask(NamedTuple):
    """One worker's question for one fragment."""

    path: str
    token: str


@dataclass(frozen=True, slots=True)
class Asks:
    """Renders what `asks` says; `holder` is whose key the tokens are bound to, if to any."""

    asks: Sequence[Ask]
    port: int
    holder: Holder | None

    def render(self, most: int) -> list[bytes]:
        """At most so many requests: each once where a proof is used once, else one of each."""
        if self.holder is None:
            return [self._request(one, "Bearer", "") for one in self.asks]
        nonce, now = self._nonce(), int(time.time())
        return [
            self._request(one, "DPoP", f"DPoP: {self._proof(self.holder, one, nonce, now)}\r\n")
            for one in islice(cycle(self.asks), most)
        ]

    def _request(self, one: Ask, scheme: str, more: str) -> bytes:
        return (
            f"POST {one.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Authorization: {scheme} {one.token}\r\n{more}"
            f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}"
        ).encode()

    def _proof(self, holder: Holder, one: Ask, nonce: str, now: int) -> str:
        url = f"http://127.0.0.1:{self.port}{one.path}"
        return holder.proof(url, now, token=one.token, nonce=nonce)

    def _nonce(self) -> str:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v1/me", timeout=5)
        except urllib.error.HTTPError as refused:
            return str(refused.headers["DPoP-Nonce"])
        raise RuntimeError("nobody may be let in without a token")
