"""The trusted issuers file, and keys fetched from an issuer that may be slow, wrong or gone."""

import asyncio
import io
import json
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey, OctKey

from gateway.adapters.identity.fetch import JwksFetcher
from gateway.adapters.identity.issuers import parse_issuer, parse_issuers
from gateway.adapters.identity.keyring import Keyring
from gateway.domain.instants import Instant
from gateway.observe import OperationalLog

URI = "https://issuer.example/jwks"
MINUTE, HOUR = 60_000_000, 3_600_000_000
START = Instant(1_800_000_000_000_000)


def public(kid: str, **changes: object) -> dict[str, Any]:
    return {**ECKey.generate_key("P-256").as_dict(private=False), "kid": kid, **changes}


def entry(**changes: object) -> dict[str, Any]:
    made = {
        "issuer": "https://issuer.example",
        "audience": "https://gateway.example",
        "algorithms": ["ES256"],
        "jwks": {"keys": [public("a")]},
        **changes,
    }
    return {name: value for name, value in made.items() if value is not ...}


WRONG_ENTRIES: dict[str, dict[str, Any]] = {
    "unknown field": entry(jwks_url="https://issuer.example/jwks"),
    "no audience": entry(audience=...),
    "empty audience": entry(audience=""),
    "audience a list": entry(audience=["https://gateway.example"]),
    "no algorithm": entry(algorithms=[]),
    "RS256": entry(algorithms=["RS256"]),
    "HS256 beside": entry(algorithms=["ES256", "HS256"]),
    "none": entry(algorithms=["none"]),
    "an algorithm twice": entry(algorithms=["ES256", "ES256"]),
    "algorithms a text": entry(algorithms="ES256"),
    "no keys at all": entry(jwks=...),
    "keys and an address": entry(jwks_uri=URI),
    "http address": entry(jwks=..., jwks_uri="http://issuer.example/jwks"),
    "file address": entry(jwks=..., jwks_uri="file:///etc/passwd"),
    "address with a password": entry(jwks=..., jwks_uri="https://me:secret@issuer.example/jwks"),
    "an empty key set": entry(jwks={"keys": []}),
    "a private key": entry(
        jwks={"keys": [{**ECKey.generate_key("P-256").as_dict(private=True), "kid": "a"}]}
    ),
    "a symmetric key": entry(jwks={"keys": [OctKey.generate_key(256).as_dict(private=True)]}),
    "another curve": entry(jwks={"keys": [ECKey.generate_key("P-384").as_dict(private=False)]}),
    "a point off the curve": entry(jwks={"keys": [public("a", y="A" * 43)]}),
    "a short RSA key": entry(
        algorithms=["PS256"], jwks={"keys": [{"kty": "RSA", "n": "xc" * 85 + "w", "e": "AQAB"}]}
    ),
    "an encryption key": entry(jwks={"keys": [public("a", use="enc")]}),
    "a key for other operations": entry(jwks={"keys": [public("a", key_ops=["deriveKey"])]}),
    "a key of another algorithm": entry(jwks={"keys": [public("a", alg="ES384")]}),
    "a key that no algorithm fits": entry(algorithms=["EdDSA"]),
    "one kid twice": entry(jwks={"keys": [public("a"), public("a")]}),
    "kid a number": entry(jwks={"keys": [{**public("a"), "kid": 1}]}),
    "acr a text": entry(strong_acr="gold"),
    "issuer with a space": entry(issuer="https://issuer .example"),
}


@pytest.mark.parametrize("name", WRONG_ENTRIES)
def test_a_wrong_entry_refuses_to_start(name: str) -> None:
    raw = json.dumps({"issuers": [entry(issuer="https://fine.example"), WRONG_ENTRIES[name]]}).encode()
    with pytest.raises(ValueError, match="trusted issuers: entry 1: "):
        parse_issuers(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'{"issuers": []}',
        b'{"issuers": {}}',
        b'{"issuers": [], "issuers": []}',
        b'{"issuers": [1]}',
        json.dumps({"issuers": [entry()], "more": 1}).encode(),
        json.dumps({"issuers": [entry(), entry()]}).encode(),
    ],
)
def test_a_wrong_file_refuses_to_start(raw: bytes) -> None:
    with pytest.raises(ValueError, match="trusted issuers"):
        parse_issuers(raw)


def test_http_is_allowed_on_this_machine() -> None:
    assert parse_issuer(entry(jwks=..., jwks_uri="http://127.0.0.1:9/jwks")).jwks_uri is not None


class FakeIssuer:
    def __init__(self, *kids: str) -> None:
        self.keys = [public(kid) for kid in kids]
        self.asked = 0
        self.fault: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def __call__(self, _: str) -> bytes:
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return json.dumps({"keys": self.keys}).encode()


def keyring(fake: FakeIssuer) -> Keyring:
    return Keyring(parse_issuer(entry(jwks=..., jwks_uri=URI)), fake, OperationalLog(io.StringIO()))


async def finds(ring: Keyring, kid: str, now: int) -> bool:
    return await ring.find_key(kid, "ES256", Instant(now)) is not None


async def test_keys_are_fetched_at_first_use() -> None:
    fake = FakeIssuer("a")
    ring = keyring(fake)
    assert await finds(ring, "a", START)
    assert await finds(ring, "a", START + MINUTE)
    assert fake.asked == 1


async def test_an_unknown_kid_asks_at_most_once_a_minute() -> None:
    fake = FakeIssuer("a")
    ring = keyring(fake)
    for second in range(120):
        assert not await finds(ring, f"unknown-{second}", START + second * 1_000_000)
    assert fake.asked == 2


async def test_callers_who_miss_the_same_key_wait_for_one_fetch() -> None:
    fake = FakeIssuer("a")
    fake.gate = asyncio.Event()
    ring = keyring(fake)
    waiting = [asyncio.create_task(finds(ring, "a", START)) for _ in range(8)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting[0].cancel()
    fake.gate.set()
    assert await asyncio.gather(*waiting[1:]) == [True] * 7
    assert fake.asked == 1


async def test_a_new_key_is_found_and_the_old_one_lives_as_long_as_a_token() -> None:
    fake = FakeIssuer("a")
    ring = keyring(fake)
    assert await finds(ring, "a", START)
    fake.keys = [public("b")]
    assert await finds(ring, "b", START + MINUTE)
    assert await finds(ring, "a", START + 15 * MINUTE)
    assert not await finds(ring, "a", START + 16 * MINUTE)


async def test_held_keys_outlive_their_issuer_by_a_day_and_no_longer() -> None:
    fake = FakeIssuer("a")
    ring = keyring(fake)
    assert await finds(ring, "a", START)
    fake.fault = TimeoutError()
    assert await finds(ring, "a", START + 24 * HOUR - 1)
    assert not await finds(ring, "a", START + 24 * HOUR)
    fake.fault = None
    assert await finds(ring, "a", START + 25 * HOUR)


async def test_a_key_set_with_a_private_key_is_not_taken_over() -> None:
    fake = FakeIssuer("a")
    fake.keys.append({**ECKey.generate_key("P-256").as_dict(private=True), "kid": "b"})
    assert not await finds(keyring(fake), "a", START)


async def test_keys_for_other_uses_are_left_aside() -> None:
    fake = FakeIssuer("a")
    fake.keys += [public("b", use="enc"), ECKey.generate_key("P-384").as_dict(private=False)]
    ring = keyring(fake)
    assert await finds(ring, "a", START)
    assert not await finds(ring, "b", START)


def fetcher(answer: httpx2.Response) -> JwksFetcher:
    return JwksFetcher(httpx2.MockTransport(lambda _: answer))


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(302, headers={"Location": "https://thief.example/jwks"}),
        httpx2.Response(404, content=b'{"keys": []}'),
        httpx2.Response(200, content=b" " * 70_000),
    ],
    ids=["redirect", "not found", "large"],
)
async def test_a_strange_answer_is_an_unreachable_issuer(answer: httpx2.Response) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - the class is the contract
        await fetcher(answer)(URI)


async def test_a_plain_answer_is_handed_over() -> None:
    assert await fetcher(httpx2.Response(200, content=b'{"keys": []}'))(URI) == b'{"keys": []}'


async def test_a_dripping_issuer_is_given_up_at_the_total_deadline() -> None:
    async def drip(_: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(60)
        return httpx2.Response(200)

    with pytest.raises(TimeoutError):
        await JwksFetcher(httpx2.MockTransport(drip), deadline_s=0.05)(URI)
