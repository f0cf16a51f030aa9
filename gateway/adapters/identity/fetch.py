"""Fetching an issuer's key set: one address from the operator's file, nothing that a caller names."""

import asyncio
from collections.abc import Mapping

import httpx2

_DEADLINE_S = 5.0
_MAX_BYTES = 64 * 1024
_FOUND = frozenset({200})
_ANSWERS = frozenset({200, 400, 401})


class JwksFetcher:
    """Reads at most 64 KiB within 5 s in all, following no redirect and no proxy of the environment."""

    def __init__(
        self, transport: httpx2.AsyncBaseTransport | None = None, deadline_s: float = _DEADLINE_S
    ) -> None:
        self._transport = transport
        self._deadline_s = deadline_s

    async def __call__(self, uri: str) -> bytes:
        """Answer the body.

        Raises:
            OSError: Unreachable, slow (TimeoutError), larger, or any status but 200.
        """
        try:
            async with (
                asyncio.timeout(self._deadline_s),
                httpx2.AsyncClient(
                    transport=self._transport,
                    follow_redirects=False,
                    trust_env=False,
                    timeout=self._deadline_s,
                ) as client,
                client.stream("GET", uri, headers={"Accept": "application/json"}) as answer,
            ):
                return await _read(answer)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise OSError(type(error).__name__) from None


class FormPoster:
    """Sends a form to an address of the operator's file or of a provider's own metadata, and reads as above.

    A refusal (400 or 401) is an answer too: its body says so (RFC 6749, section 5.2).
    """

    def __init__(
        self, transport: httpx2.AsyncBaseTransport | None = None, deadline_s: float = _DEADLINE_S
    ) -> None:
        self._transport = transport
        self._deadline_s = deadline_s

    async def __call__(self, uri: str, form: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """Answer the body.

        Raises:
            OSError: Unreachable, slow (TimeoutError), larger, or another status.
        """
        try:
            async with (
                asyncio.timeout(self._deadline_s),
                httpx2.AsyncClient(
                    transport=self._transport,
                    follow_redirects=False,
                    trust_env=False,
                    timeout=self._deadline_s,
                ) as client,
                client.stream(
                    "POST", uri, data=dict(form), headers={"Accept": "application/json", **headers}
                ) as answer,
            ):
                return await _read(answer, _ANSWERS)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise OSError(type(error).__name__) from None


async def _read(answer: httpx2.Response, expected: frozenset[int] = _FOUND) -> bytes:
    if answer.status_code not in expected:
        raise OSError("the status is not one of those expected")
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise OSError("the answer is larger than 64 KiB")
    return bytes(body)
