"""One question to an OPA server over HTTP; nothing that comes back is believed before it is checked.

opa-python-client carries the question. What it leaves open is closed here: it follows redirects with the
input in hand, reads an answer of any size, and takes any JSON for an answer. Its retries stay off: a decision
is never asked for twice blindly.
"""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

import aiohttp
from opa_client.opa_async import AsyncOpaClient

from gateway.adapters.policy.answer import parse_text
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError

DEADLINE_S = 1.0
MAX_ANSWER_BYTES = 256 * 1024
"""Fifty decisions at their longest are 110 KiB."""

Build = tuple[str, ...]
"""Which OPA answered: version, commit and time of its build."""

_PACKAGE = "gateway/wire"
_BUILD = ("version", "build_commit", "build_timestamp")


class OpaServer:
    """The server at one address, with the bundle of one digest.

    Args:
        url: `http://host:port` or `https://host:port`, without a path.
        digest: Of the bundle that it must have loaded; the bundle's revision says it.
        token: Sent as a bearer token.
    """

    def __init__(self, url: str, digest: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        secure = parts.scheme == "https"
        self._digest = digest
        self._client = _StrictClient(
            host=f"[{host}]" if ":" in host else host,
            port=parts.port or (443 if secure else 80),
            ssl=secure,
            token=token,
            retries=0,
            timeout=DEADLINE_S,
        )

    async def ask(self, rule: str, document: Mapping[str, Any]) -> tuple[object, Build]:
        """Ask one rule of the package `gateway.wire`; answer its value, and which build of OPA gave it.

        Raises:
            PolicyUnavailableError: Nothing within a second in all; another status, a redirect, or an answer
                that is too long, compressed or cut.
            PolicyContractError: No JSON, undefined, the answer to another question, or another bundle's.
        """
        nonce = secrets.token_hex(16)
        try:
            async with asyncio.timeout(DEADLINE_S):
                answer = await self._client.ask(rule, {**document, "nonce": nonce})
        except (PolicyUnavailableError, PolicyContractError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a library raises on a hostile answer is silence
            # The class alone: a message may repeat the input, or what somebody sent.
            raise PolicyUnavailableError(
                f"the policy server gave no answer: {type(error).__name__}"
            ) from None
        return _checked(answer, nonce, self._digest)

    async def close(self) -> None:
        """End the connections."""
        await self._client.close_connection()


class _StrictClient(AsyncOpaClient):  # type: ignore[misc]  # the library has no types
    """The library's client on a session that follows nothing and reads no more than it must."""

    _session: aiohttp.ClientSession | None

    async def ask(self, rule: str, document: Mapping[str, Any]) -> object:
        if self._session is None:
            await self._init_session()
        return await self.query_rule(dict(document), _PACKAGE, rule, {"provenance": "true"})

    async def _init_session(self) -> None:
        redirects = aiohttp.TraceConfig()
        redirects.on_request_redirect.append(_refuse_redirect)
        self._session = aiohttp.ClientSession(
            headers={**(self.headers or {}), "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=self.timeout),
            response_class=_StrictResponse,
            trace_configs=[redirects],
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )


class _StrictResponse(aiohttp.ClientResponse):
    """Reads a whole answer of status 200 or none, at most 256 KiB, as JSON that says nothing twice."""

    async def json(self, **_: object) -> object:
        if self.status != 200:  # noqa: PLR2004 - as RFC 9110 names it
            raise PolicyUnavailableError("the policy server answered with another status")
        if self.headers.get("Content-Encoding", "identity") != "identity":
            raise PolicyUnavailableError("the policy server's answer is compressed")
        body = bytearray()
        async for chunk in self.content.iter_any():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                self.close()
                raise PolicyUnavailableError("the policy server's answer is too long")
        return parse_text(body.decode("utf-8"))


async def _refuse_redirect(*_: object) -> NoReturn:
    raise PolicyUnavailableError("the policy server sends elsewhere")


def _checked(answer: object, nonce: str, digest: str) -> tuple[object, Build]:
    if not isinstance(answer, dict) or answer.keys() - {"decision_id"} != {"result", "provenance"}:
        raise PolicyContractError("the policy server's answer is none")
    result, provenance = answer["result"], answer["provenance"]
    if not isinstance(result, dict) or result.keys() != {"nonce", "answer"} or result["nonce"] != nonce:
        raise PolicyContractError("the policy server answers another question")
    bundles = provenance.get("bundles") if isinstance(provenance, dict) else None
    if not isinstance(bundles, dict) or list(bundles.values()) != [{"revision": digest}]:
        raise PolicyContractError("the policy server has another bundle")
    return result["answer"], tuple(str(provenance.get(field, "")) for field in _BUILD)
