"""Sends a row of the table, and says what is wrong with the answer."""

import httpx2

from tests.http.hostile.forger import Forger, Sent
from tests.http.hostile.table import Row

_OWN = {"instance", "request_id"}
"""What every answer has of its own."""


class Judge:
    """Compares every refusal with the first one of its code: nothing may tell two faults apart."""

    def __init__(self, forger: Forger, client: httpx2.AsyncClient) -> None:
        self._forger = forger
        self._client = client
        self._first: dict[str, dict[str, object]] = {}

    async def objections(self, row: Row) -> list[str]:
        """What is wrong with how this row was answered; nothing, for most."""
        self._forger.nonce = await self._nonce()
        *before, last = row.make(self._forger)
        found = []
        for asked in before:
            answer = await self._send(asked)
            if not answer.is_success:
                found.append(f"what came before it was answered {answer.status_code}")
        answer = await self._send(last)
        if row.code is None:
            return found if answer.status_code == 201 else [*found, f"{answer.status_code} {answer.text}"]
        return [*found, *self._refused(answer, row.code)]

    def _refused(self, answer: httpx2.Response, code: str) -> list[str]:
        if answer.status_code != 401:
            return [f"{answer.status_code} {answer.text[:500]}"]
        body = {name: value for name, value in answer.json().items() if name not in _OWN}
        challenge = answer.headers["www-authenticate"]
        seen: dict[str, object] = {"body": body, "headers": sorted(answer.headers), "challenge": challenge}
        first = self._first.setdefault(body["code"], seen)
        wrong = [] if body["code"] == code else [f"{body['code']} instead of {code}"]
        return wrong if seen == first else [*wrong, f"{seen} differs from {first}"]

    async def _send(self, asked: Sent) -> httpx2.Response:
        headers = [(name.encode(), text) for name, text in asked.headers]
        headers.append((b"Content-Type", asked.media_type.encode()))
        return await self._client.request(
            asked.method, asked.path, headers=headers, content=asked.content or None
        )

    async def _nonce(self) -> str:
        return str((await self._client.get("/v1/me")).headers["dpop-nonce"])
