"""The token endpoint: described, asked, and what its tokens open."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jws
from joserfc.jwk import ECKey

from gateway.adapters.sql.rates import SqlRates
from gateway.domain.acting import Note
from gateway.domain.ids import AgencyId, ClientId, DecisionId, WorkerId
from gateway.domain.issuing import GRANT_TYPES
from gateway.domain.ledger import EntryKind
from gateway.domain.limits import TABLE, Rate
from gateway.domain.registry import WorkerChange
from gateway.domain.vocabulary import AgencyStatus
from tests.http.served import serve_stack
from tests.support.stack import Stack, open_stack
from tests.support.token_asking import (
    BASE,
    CLIENT,
    SYSTEM,
    Desk,
    Software,
    claims_of,
    desk_of,
    header_of,
    open_desk,
)


@pytest_asyncio.fixture
async def desk(store_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(store_url, tmp_path / "state", Software(SYSTEM)) as desk:
        yield desk


async def test_a_client_that_proves_itself_is_given_a_bound_token_of_five_minutes(desk: Desk) -> None:
    answer = await desk.post()
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("DPoP", 300)
    claims = claims_of(told["access_token"])
    assert (claims["iss"], claims["aud"], claims["sub"], claims["client_id"]) == (BASE, BASE, CLIENT, CLIENT)
    assert claims["exp"] - claims["iat"] == 300
    assert claims["cnf"] == {"jkt": desk.software.proofs.thumbprint}
    assert "acr" not in claims
    assert header_of(told["access_token"])["typ"] == "at+jwt"


async def test_a_worker_whom_her_agency_vouches_for_is_known_by_her_account(desk: Desk) -> None:
    token = await desk.token("w:bob")
    answer = await desk.use(token)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["account"], answer.json()["client"]) == ("w:bob", CLIENT)


async def test_the_endpoint_says_what_it_is_and_nothing_else(desk: Desk) -> None:
    told = (await desk.served.ask(None, "GET", "/.well-known/oauth-authorization-server")).json()
    assert told["issuer"] == BASE
    assert told["token_endpoint"] == f"{BASE}/oauth/token"
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert "none" not in told["token_endpoint_auth_signing_alg_values_supported"]
    assert "RS256" not in told["token_endpoint_auth_signing_alg_values_supported"]
    # Authlib finds every member valid; it knows no server without an authorization endpoint.
    AuthorizationServerMetadata({**told, "response_types_supported": ["none"]}).validate()
    assert set(told["grant_types_supported"]) == set(GRANT_TYPES)


async def test_its_keys_are_public_and_verify_its_tokens(desk: Desk) -> None:
    token = await desk.token()
    told = (await desk.served.ask(None, "GET", "/oauth/jwks")).json()
    assert all("d" not in key for key in told["keys"])
    (key,) = [one for one in told["keys"] if one["kid"] == header_of(token)["kid"]]
    assert key["alg"] == "ES256"
    assert jws.deserialize_compact(token, ECKey.import_key(key), algorithms=["ES256"]).payload


async def test_a_worker_is_strong_only_where_her_agency_says_so(desk: Desk) -> None:
    software = desk.software
    plain = await desk.use(await desk.token("w:bob"))
    assert plain.json()["strong"] is False
    form = software.form("w:bob", assertion=software.assertion(sub="w:bob", acr="strong"))
    strong = (await desk.post(form)).json()["access_token"]
    assert (await desk.use(strong)).json()["strong"] is True


async def test_a_token_that_names_its_client_is_nobodys_without_an_account_of_a_system(desk: Desk) -> None:
    assert (await desk.use(await desk.token())).status_code == 401


async def test_a_client_with_an_account_of_a_system_is_that_account(store_url: str, tmp_path: Path) -> None:
    system = Software(SYSTEM)
    async with open_desk(store_url, tmp_path / "state", system) as desk:
        await desk.post()
        told = await desk.post(system.form())
        answer = await desk.use(told.json()["access_token"])
    assert answer.status_code == 200, answer.text
    assert (answer.json()["account"], answer.json()["role"]["code"]) == (SYSTEM, "system")


async def test_a_worker_of_another_agency_of_the_same_id_is_not_hers(desk: Desk) -> None:
    # `w:ada` is the school's: the clinic can neither name her nor be given a token that does.
    answer = await desk.post(desk.software.form("w:ada"))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_token_without_the_proof_of_its_key_opens_nothing(desk: Desk) -> None:
    token = await desk.token("w:bob")
    for headers in ({"Authorization": f"Bearer {token}"}, {"Authorization": f"DPoP {token}"}):
        async with desk.served.client() as client:
            assert (await client.get("/v1/me", headers=headers)).status_code == 401


async def test_the_entry_of_a_token_names_both_and_is_found_with_what_it_was_used_for(desk: Desk) -> None:
    token = await desk.token("w:bob")
    newest = await desk.newest()
    assert (newest["kind"], newest["outcome"], newest["owner"]) == ("token_issued", "permit", "qc:clinic")
    detail = await desk.detail(newest)
    assert (detail["client"], detail["worker"]) == (CLIENT, "w:bob")
    assert detail["token"] == sha256(claims_of(token)["jti"].encode()).hexdigest()
    assert detail["keys"] == [desk.software.kid]


async def suspend(desk: Desk) -> None:
    row = await desk.stack.parts.registry.row("agencies", "qc:clinic")
    assert row is not None
    acts, status = desk.stack.parts.acts, AgencyStatus.SUSPENDED
    await acts.set_agency_status(note(desk), AgencyId("qc:clinic"), status, row["etag"])


async def disable_client(desk: Desk) -> None:
    await desk.stack.parts.acts.disable_client(note(desk), ClientId(CLIENT))


async def disable_worker(desk: Desk) -> None:
    await desk.stack.parts.acts.set_worker(note(desk), WorkerId("w:bob"), WorkerChange(active=False), "1")


async def retire_key(desk: Desk) -> None:
    await desk.stack.parts.issuing.retire_client_key(note(desk), ClientId(CLIENT), desk.software.kid)


def note(desk: Desk) -> Note:
    return Note(EntryKind.OPERATED, DecisionId(desk.stack.parts.ids.new("dec")), None, {"act": "test"})


@pytest.mark.parametrize("end", [suspend, disable_client, disable_worker, retire_key])
async def test_what_is_ended_is_given_no_token_and_its_tokens_open_nothing(
    desk: Desk, end: Callable[[Desk], Awaitable[None]]
) -> None:
    token = await desk.token("w:bob")
    path = "/v1/dossiers"
    assert (await desk.use(token, path)).status_code == 200
    await end(desk)
    assert (await desk.use(token, path)).status_code in {401, 403, 404}
    answer = await desk.post(desk.software.form("w:bob"))
    assert answer.status_code in {400, 401}
    assert (await desk.newest())["kind"] == "token_refused"


@pytest.mark.parametrize("end", [suspend, disable_client, disable_worker, retire_key])
async def test_what_one_process_ends_another_that_knows_the_token_releases_nothing_for(
    postgres_url: str, tmp_path: Path, end: Callable[[Desk], Awaitable[None]]
) -> None:
    async with open_desk(postgres_url, tmp_path / "state") as one:
        token = await one.token("w:bob")
        async with open_stack(postgres_url, tmp_path / "state", fresh=False) as second:
            two = desk_of(second, one.software)
            assert (await two.release(token, "frg_letter")).status_code == 201
            await end(one)
            for fragment in ("frg_letter", "frg_letter", "frg_marks"):
                assert (await two.release(token, fragment)).status_code in {401, 403, 404}, fragment


async def test_an_assertion_is_worth_one_token(desk: Desk) -> None:
    form = desk.software.form()
    assert (await desk.post(form)).status_code == 200
    again = await desk.post(form)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    newest = await desk.newest()
    assert (newest["kind"], (await desk.detail(newest))["why"]) == ("token_refused", "replayed")


async def test_a_worker_s_assertion_is_worth_one_token(desk: Desk) -> None:
    assertion = desk.software.assertion(sub="w:bob")
    for expected in (200, 401):
        answer = await desk.post(desk.software.form("w:bob", assertion=assertion))
        assert answer.status_code == expected


async def test_a_proof_is_worth_one_token(desk: Desk) -> None:
    await desk.post()
    proof = desk.software.proof()
    for expected in (200, 401):
        assert (await desk.post(desk.software.form(), proof)).status_code == expected


async def test_a_deployment_without_the_endpoint_answers_nothing_there(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_desk(sqlite_url, tmp_path / "state") as desk:
        uses = replace(desk.stack.uses, tokens=None)
        served = serve_stack(Stack(desk.stack.parts, uses))
        for method, path in (
            ("POST", "/oauth/token"),
            ("GET", "/oauth/jwks"),
            ("GET", "/.well-known/oauth-authorization-server"),
        ):
            assert (await served.ask(None, method, path)).status_code == 404


async def test_a_client_asks_for_so_many_tokens_and_only_what_its_key_signed_counts(desk: Desk) -> None:
    parts, tokens = desk.stack.parts, desk.stack.uses.tokens
    assert tokens is not None
    few = {Rate.TOKEN: replace(TABLE[Rate.TOKEN], allowed=2, within_s=3600)}
    rates = SqlRates(parts.database, parts.state.keyring, parts.clock, few)
    limited = replace(tokens, issue=replace(tokens.issue, rates=rates))
    uses = replace(desk.stack.uses, tokens=limited)
    desk = desk_of(replace(desk.stack, uses=uses), desk.software)
    stolen = desk.software.form()
    for form in (stolen, *(Software(CLIENT).form() for _ in range(4)), stolen, stolen, stolen):
        await desk.post(form, desk.software.proof() if form is stolen else "")
    assert (await desk.post()).status_code == 200
    answer = await desk.post()
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 1800
