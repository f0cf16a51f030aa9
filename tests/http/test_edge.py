"""What every request meets, whatever it asks for."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.http.edge_app import CANARY, FAILURES, Edge, build_edge


@pytest.fixture
def edge() -> Edge:
    return build_edge()


@pytest.fixture
async def client(edge: Edge) -> AsyncIterator[httpx2.AsyncClient]:
    async with edge.client() as client:
        yield client


PROBLEM_KEYS = {
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "code",
    "reasons",
    "remedies",
    "fields",
    "ledger_entry",
    "request_id",
}


def require_problem(answer: httpx2.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert body.keys() >= PROBLEM_KEYS
    assert (body["code"], body["status"]) == (code, status)
    assert body["type"] == f"http://127.0.0.1:8741/problems/{code}"
    assert body["request_id"] == body["instance"] == answer.headers["x-request-id"]
    return body


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/test/crash", "/test/who", "/openapi.json"])
async def test_every_answer_has_the_headers_that_protect(path: str, client: httpx2.AsyncClient) -> None:
    headers = (await client.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-language"] == "fr"
    assert "server" not in headers
    assert "strict-transport-security" not in headers


async def test_https_is_asked_for_again_where_it_is_the_base() -> None:
    async with build_edge("https://gateway.example").client() as client:
        assert "max-age" in (await client.get("/healthz")).headers["strict-transport-security"]


async def test_a_request_id_is_the_gateways_own(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/healthz", headers={"X-Request-Id": CANARY})
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.headers.get_list("x-request-id") == [answer.headers["x-request-id"]]


@pytest.mark.parametrize("code", sorted(FAILURES))
async def test_every_error_is_a_problem_that_repeats_nothing(
    code: str, client: httpx2.AsyncClient, edge: Edge
) -> None:
    answer = await client.get(f"/test/fail/{code}", headers={"Accept-Language": "en"})
    text = edge.app.state.problems.words.problems[code]
    body = require_problem(answer, text.status, code)
    assert body["title"] == text.titles["en"]
    assert CANARY not in answer.text + str(answer.headers) + edge.log.getvalue()
    assert ("retry-after" in answer.headers) == (text.status in {429, 503})


async def test_a_crash_tells_nothing_but_its_class_to_the_log(client: httpx2.AsyncClient, edge: Edge) -> None:
    answer = await client.get("/test/crash")
    require_problem(answer, 500, "internal")
    assert CANARY not in answer.text + edge.log.getvalue()
    lines = [json.loads(line) for line in edge.log.getvalue().splitlines()]
    (crash,) = [line for line in lines if line["event"] == "UNEXPECTED"]
    assert (crash["error"], crash["request"]) == ("RuntimeError", answer.headers["x-request-id"])


async def test_corruption_is_noted_for_whoever_is_on_call(client: httpx2.AsyncClient, edge: Edge) -> None:
    require_problem(await client.get("/test/fail/tampered"), 500, "tampered")
    assert '"event": "CORRUPT"' in edge.log.getvalue()


async def test_an_unknown_path_and_a_hidden_thing_have_the_same_shape(client: httpx2.AsyncClient) -> None:
    unknown = await client.get("/nowhere")
    hidden = await client.get("/test/fail/not_visible")
    assert unknown.headers.keys() == hidden.headers.keys()
    assert len(unknown.content) == len(hidden.content)
    varying = ("instance", "request_id")
    assert {k: v for k, v in unknown.json().items() if k not in varying} == {
        k: v for k, v in hidden.json().items() if k not in varying
    }


async def test_another_method_is_a_problem_that_names_the_right_one(client: httpx2.AsyncClient) -> None:
    answer = await client.put("/healthz")
    require_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "body",
    [
        f'{{"purpose": 1, "count": "{CANARY}"}}',
        f'{{"{CANARY}": 1, "purpose": "x"}}',
        f'{{"purpose": {{"{CANARY}": "{CANARY}"}}}}',
        f'"{CANARY}"',
        f'{{"purpose": "{CANARY}"',
        f'{{"purpose": "{CANARY}", "purpose": "x"}}',
        f'{{"purpose": "{CANARY}", "count": NaN}}',
        f'{{"purpose": "{CANARY}", "count": {"9" * 400}}}',
        '{"purpose": ' + "[" * 300 + "]" * 300 + "}",
        "",
    ],
)
async def test_a_wrong_body_is_refused_without_being_repeated(
    body: str, client: httpx2.AsyncClient, edge: Edge
) -> None:
    answer = await client.post("/test/body", content=body, headers={"Content-Type": "application/json"})
    require_problem(answer, answer.status_code, "malformed")
    assert answer.status_code in {400, 422}
    assert CANARY not in answer.text + str(answer.headers) + edge.log.getvalue()


async def test_a_wrong_value_names_its_field(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/test/body", json={"purpose": 1})
    assert answer.json()["fields"] == [{"name": "body.purpose", "code": "string_type"}]


async def test_a_wrong_path_or_query_is_not_repeated(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"/test/number/{CANARY}?limit={CANARY}")
    body = require_problem(answer, 422, "malformed")
    assert body["fields"] == [
        {"name": "path.number", "code": "int_parsing"},
        {"name": "query.limit", "code": "int_parsing"},
    ]
    assert CANARY not in answer.text


async def test_a_body_over_the_limit_is_refused_before_it_is_read(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/test/body", content=b"x" * 1001)
    require_problem(answer, 413, "too_large")


async def test_a_body_that_grows_over_the_limit_is_refused_while_it_is_read(
    client: httpx2.AsyncClient,
) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100

    answer = await client.post("/test/body", content=drip(), headers={"Content-Type": "application/json"})
    require_problem(answer, 413, "too_large")


async def test_a_body_that_hardly_comes_is_given_up(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(20):
            await asyncio.sleep(0.05)
            yield b" "

    monkeypatch.setattr("gateway.http.edge.GRACE_S", 0.1)
    kind = {"Content-Type": "application/json"}
    answer = await client.post("/test/body", content=drip(), headers=kind)
    require_problem(answer, 408, "too_slow")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(("size", "status"), [(4000, 503), (5001, 413)])
async def test_a_deposit_may_be_larger(size: int, status: int, client: httpx2.AsyncClient) -> None:
    answer = await client.post("/v1/dossiers/dos_1/fragments", content=b"x" * size)
    assert answer.status_code == status


async def test_a_slash_too_many_is_not_redirected(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/healthz/", headers={"Host": "thief.example"})
    require_problem(answer, 404, "not_visible")


async def test_no_token_and_a_bad_token_are_answered_alike(client: httpx2.AsyncClient, edge: Edge) -> None:
    token = edge.token()
    wrong = [
        "",
        token,
        "Bearer",
        f"Bearer  {token}",
        f"Bearer {token}x",
        f"Basic {token}",
        "Bearer " + "x" * 20_000,
    ]
    presented = [[("Authorization", value)] for value in wrong]
    presented += [[], [("Authorization", f"Bearer {token}")] * 2]
    for headers in presented:
        answer = await client.get("/test/who", headers=headers)
        require_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == 'DPoP algs="ES256 PS256 EdDSA Ed25519", Bearer'
        assert answer.json()["reasons"] == []


async def test_a_good_token_names_its_bearer_and_the_chosen_role(
    client: httpx2.AsyncClient, edge: Edge
) -> None:
    headers = {"Authorization": f"bearer {edge.token()}"}
    assert (await client.get("/test/who", headers=headers)).json() == {"subject": "worker-1", "role": None}
    chosen = await client.get("/test/who", headers={**headers, "Gateway-Role": "pivot"})
    assert chosen.json()["role"] == "pivot"
    unknown = await client.get("/test/who", headers={**headers, "Gateway-Role": CANARY})
    assert unknown.json()["fields"] == [{"name": "Gateway-Role", "code": "malformed"}]
    assert CANARY not in unknown.text


async def test_readiness_names_the_part_that_fails(client: httpx2.AsyncClient, edge: Edge) -> None:
    assert (await client.get("/readyz")).json() == {
        "status": "ready",
        "dependencies": {"store": "ok", "policy": "ok", "keys": "ok"},
    }
    edge.readiness.parts = {"store": "ok", "policy": "policy_unavailable"}
    body = require_problem(await client.get("/readyz"), 503, "policy_unavailable")
    assert body["dependencies"] == {"store": "ok", "policy": "policy_unavailable"}
    edge.readiness.parts["ledger"] = "quarantined"
    require_problem(await client.get("/readyz"), 503, "quarantined")
    edge.readiness.parts = {"store": "strange"}
    require_problem(await client.get("/readyz"), 503, "not_ready")
    assert (await client.get("/healthz")).json() == {"status": "alive"}


async def test_the_public_keys_need_no_token(client: httpx2.AsyncClient) -> None:
    (key,) = (await client.get("/.well-known/gateway-keys")).json()["keys"]
    assert key["purpose"] == "ledger"


async def test_the_type_of_a_problem_leads_to_a_page_in_both_languages(client: httpx2.AsyncClient) -> None:
    page = await client.get("/problems/refused")
    assert page.headers["content-type"].startswith("text/html")
    assert "Refusé" in page.text
    assert "Refused" in page.text
    require_problem(await client.get("/problems/unheard-of"), 404, "not_visible")


async def test_the_published_document_is_3_1_and_knows_no_foreign_errors(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for operations in document["paths"].values():
        for operation in operations.values():
            problems = {code: said for code, said in operation["responses"].items() if code >= "400"}
            assert all(said["content"].keys() == {"application/problem+json"} for said in problems.values())


async def test_the_log_names_the_template_of_a_path_never_the_path(
    client: httpx2.AsyncClient, edge: Edge
) -> None:
    await client.get("/test/number/4711000?limit=5")
    assert "4711000" not in edge.log.getvalue()
    assert "/test/number/:number" in edge.log.getvalue()
