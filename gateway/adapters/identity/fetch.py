"""Asking an issuer: addresses from the operator's file or its own metadata, nothing that a caller names."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2

_DEADLINE_S = 5.0
_MAX_BYTES = 64 * 1024
_FOUND = frozenset({200})
_ANSWERS = frozenset({200, 400, 401})


class _Asker:
    """Reads at most 64 KiB within 5 s in all, following no redirect and no proxy of the environment."""

    def __init__(
        self, transport: httpx2.AsyncBaseTransport | None = None, deadline_s: float = _DEADLINE_S
    ) -> None:
        self._transport = transport
        self._deadline_s = deadline_s

    async def _ask(
        self,
        method: str,
        uri: str,
        expected: frozenset[int],
        **sent: Any,  # noqa: ANN401 - httpx's own
    ) -> bytes:
        try:
            async with (
                asyncio.timeout(self._deadline_s),
                httpx2.AsyncClient(
                    transport=self._transport,
                    follow_redirects=False,
                    trust_env=False,
                    timeout=self._deadline_s,
                    headers={"Accept": "application/json"},
                ) as client,
                client.stream(method, uri, **sent) as answer,
            ):
                return await _read(answer, expected)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise OSError(type(error).__name__) from None


class JwksFetcher(_Asker):
    """Fetches a document, such as an issuer's key set."""

    async def __call__(self, uri: str) -> bytes:
        """Answer the body.

        Raises:
            OSError: Unreachable, slow (TimeoutError), larger, or any status but 200.
        """
        return await self._ask("GET", uri, _FOUND)


class FormPoster(_Asker):
    """Sends a form. A refusal (400 or 401) is an answer too: its body says so (RFC 6749, section 5.2)."""

    async def __call__(self, uri: str, form: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """Answer the body.

        Raises:
            OSError: Unreachable, slow (TimeoutError), larger, or another status.
        """
        return await self._ask("POST", uri, _ANSWERS, data=dict(form), headers=headers)


async def _read(answer: httpx2.Response, expected: frozenset[int]) -> bytes:
    if answer.status_code not in expected:
        raise OSError("the status is not one of those expected")
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise OSError("the answer is larger than 64 KiB")
    return bytes(body)
