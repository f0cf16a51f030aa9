import hashlib
import io
import json
from pathlib import Path

import pytest

from gateway.adapters.identity.insecure_issuer import STRONG_ACR, InsecureLocalIssuer
from gateway.adapters.identity.issuers import parse_issuers
from gateway.adapters.identity.keyring import Keyring
from gateway.adapters.identity.tokens import TokenVerifier
from gateway.domain.errors import UnauthenticatedError
from gateway.domain.instants import Instant
from gateway.observe import OperationalLog
from tests.unit.token_corpus import HONEST, HOSTILE
from tests.unit.token_mint import ISSUER, NOW, Mint

BASE, LISTEN = "http://127.0.0.1:8741", "127.0.0.1:8741"


async def no_fetch(uri: str) -> bytes:
    raise AssertionError(f"nothing may be fetched: {uri}")


@pytest.fixture(scope="module")
def mint() -> Mint:
    return Mint()


@pytest.fixture
def log() -> OperationalLog:
    return OperationalLog(io.StringIO())


@pytest.fixture
def verifier(mint: Mint, log: OperationalLog) -> TokenVerifier:
    return TokenVerifier([Keyring(issuer, no_fetch, log) for issuer in parse_issuers(mint.issuers_file())])


def test_the_corpus_has_the_size_it_claims() -> None:
    assert len(HOSTILE) >= 120


@pytest.mark.parametrize("name", HONEST)
async def test_an_honest_token_is_accepted(name: str, mint: Mint, verifier: TokenVerifier) -> None:
    bearer = await verifier.verify(HONEST[name](mint), Instant(NOW))
    assert bearer.subject.startswith("w")
    assert (bearer.client_id, bearer.confirmation) == ("client-1", None)


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_token_is_refused_without_a_word(
    name: str, mint: Mint, verifier: TokenVerifier
) -> None:
    with pytest.raises(UnauthenticatedError) as refusal:
        await verifier.verify(HOSTILE[name](mint), Instant(NOW))
    assert str(refusal.value) == "the access token is not accepted"
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_token_is_refused_the_second_time_too(
    name: str, mint: Mint, verifier: TokenVerifier
) -> None:
    token = HOSTILE[name](mint)
    for _ in range(2):
        with pytest.raises(UnauthenticatedError):
            await verifier.verify(token, Instant(NOW))


async def test_a_bearer_tells_what_the_issuer_vouches_for(mint: Mint, verifier: TokenVerifier) -> None:
    bearer = await verifier.verify(mint.with_claims(acr="gold"), Instant(NOW))
    assert bearer.issuer == ISSUER
    assert bearer.token_id == hashlib.sha256(b"token-1").digest()
    assert bearer.expires_at == NOW + 290_000_000
    assert bearer.strong


async def test_an_acr_that_the_issuer_does_not_list_is_not_strong(
    mint: Mint, verifier: TokenVerifier
) -> None:
    assert not (await verifier.verify(mint.with_claims(acr="silver"), Instant(NOW))).strong
    assert not (await verifier.verify(mint.token(), Instant(NOW))).strong


async def test_a_remembered_token_ends_when_it_ends(mint: Mint, verifier: TokenVerifier) -> None:
    token = mint.token()
    bearer = await verifier.verify(token, Instant(NOW))
    assert await verifier.verify(token, Instant(bearer.expires_at - 1)) is bearer
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(token, bearer.expires_at)


async def test_the_memory_of_tokens_is_bounded(mint: Mint, log: OperationalLog) -> None:
    keyrings = [Keyring(issuer, no_fetch, log) for issuer in parse_issuers(mint.issuers_file())]
    verifier = TokenVerifier(keyrings, remembered=3)
    for number in range(5):
        await verifier.verify(mint.with_claims(jti=f"token-{number}"), Instant(NOW))
    assert len(verifier._verified) == 3


async def test_a_bearer_shows_nobody_in_its_representation(mint: Mint, verifier: TokenVerifier) -> None:
    assert "worker-1" not in repr(await verifier.verify(mint.token(), Instant(NOW)))


async def test_the_insecure_issuer_mints_what_the_verifier_accepts(log: OperationalLog) -> None:
    issuer = InsecureLocalIssuer(BASE, LISTEN, log)
    verifier = TokenVerifier([Keyring(issuer.issuer(), no_fetch, log)])
    token = issuer.mint(client_id="c", subject="s", now=Instant(NOW), acr=STRONG_ACR)
    bearer = await verifier.verify(token, Instant(NOW))
    assert (bearer.strong, bearer.expires_at) == (True, NOW + 300_000_000)


async def test_the_insecure_issuer_keeps_its_key_between_processes(
    tmp_path: Path, log: OperationalLog
) -> None:
    first = InsecureLocalIssuer(BASE, LISTEN, log, state_dir=tmp_path)
    second = InsecureLocalIssuer(BASE, LISTEN, log, state_dir=tmp_path)
    verifier = TokenVerifier([Keyring(second.issuer(), no_fetch, log)])
    await verifier.verify(first.mint(client_id="c", subject="s", now=Instant(NOW)), Instant(NOW))


def test_the_insecure_issuer_keeps_its_key_to_itself(tmp_path: Path, log: OperationalLog) -> None:
    issuer = InsecureLocalIssuer(BASE, LISTEN, log, state_dir=tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "d" not in issuer.entry()["jwks"]["keys"][0]


def test_the_insecure_issuer_refuses_a_key_that_others_can_read(tmp_path: Path, log: OperationalLog) -> None:
    InsecureLocalIssuer(BASE, LISTEN, log, state_dir=tmp_path)
    next(tmp_path.iterdir()).chmod(0o644)
    with pytest.raises(ValueError, match="read by others"):
        InsecureLocalIssuer(BASE, LISTEN, log, state_dir=tmp_path)


@pytest.mark.parametrize(
    ("base", "listen"),
    [
        ("https://gateway.example", LISTEN),
        ("http://127.0.0.1.example:80", LISTEN),
        (BASE, "0.0.0.0:8741"),
        (BASE, "[::]:8741"),
        (BASE, "192.0.2.1:8741"),
        (BASE, ""),
        ("", LISTEN),
    ],
)
def test_the_insecure_issuer_refuses_anything_but_loopback(
    base: str, listen: str, log: OperationalLog
) -> None:
    with pytest.raises(ValueError, match="loopback"):
        InsecureLocalIssuer(base, listen, log)


def test_the_insecure_issuer_warns_once_and_names_itself() -> None:
    stream = io.StringIO()
    issuer = InsecureLocalIssuer(BASE, LISTEN, OperationalLog(stream))
    issuer.mint(client_id="c", subject="s", now=Instant(NOW))
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["event"] == "INSECURE_ISSUER"
    assert json.loads(line)["level"] == "warning"
