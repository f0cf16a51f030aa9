"""Real identity servers, and a gateway in a process of its own that trusts one of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from tests.support.glewlwyd import running_glewlwyd
from tests.support.identity_server import (
    Account,
    Application,
    IdentityServer,
    NoIdentityServerError,
    ath_of,
    claims_of,
)
from tests.support.oidc_provider import running_oidc_provider
from tests.support.operator import Operator
from tests.support.stack import ISSUER, network

SERVERS = {"glewlwyd": running_glewlwyd, "oidc-provider": running_oidc_provider}
BOB, MALLORY = Account("bob"), Account("mallory")
"""Only the first is anybody to the gateway."""


@dataclass(frozen=True, slots=True)
class Joined:
    """One identity server, and a served gateway in which its `bob` is a worker of the clinic."""

    server: IdentityServer
    operator: Operator
    tokens: dict[str, Any] = field(repr=False)

    @property
    def access_token(self) -> str:
        return str(self.tokens["access_token"])

    def release(self, authorization: str, proof: str | None = None) -> httpx2.Response:
        headers = {"Authorization": authorization} | ({} if proof is None else {"DPoP": proof})
        asked = {"purpose": "coordination"}
        return httpx2.post(self._address, json=asked, headers=headers, timeout=20)

    def release_with_proof(self, token: str, application: Application | None = None) -> httpx2.Response:
        """As an application does it: a refusal tells the nonce, and the second proof carries it."""
        prove = (application or self.server.application).proof
        first = self.release(f"DPoP {token}", prove("POST", self._address, ath=ath_of(token)))
        nonce = first.headers.get("dpop-nonce")
        if first.status_code != 401 or nonce is None:
            return first
        return self.release(f"DPoP {token}", prove("POST", self._address, ath=ath_of(token), nonce=nonce))

    @property
    def _address(self) -> str:
        return f"{self.operator.base}/v1/fragments/frg_letter/releases"


@pytest.fixture(scope="module", params=SERVERS)
def joined(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joined]:
    """One identity server after the other, each with a gateway of its own; or a skip that says why."""
    folder = tmp_path_factory.mktemp(request.param)
    trusted = folder / "issuers.json"
    operator = Operator(folder, GATEWAY_INSECURE_LOCAL_ISSUER="false", GATEWAY_TRUSTED_ISSUERS=str(trusted))
    applications = (
        Application("client:clinic", "http://127.0.0.1:9/signed-in"),
        Application("gateway", f"{operator.base}/sign-in/callback"),
    )
    start = SERVERS[request.param]
    try:
        with start(folder / "server", applications, [BOB, MALLORY], operator.base) as server:
            trusted.write_text(json.dumps({"issuers": [server.trusted(folder)]}), encoding="utf-8")
            # What `sub` a person has is the server's to choose; her first token tells it.
            tokens = server.tokens_for(BOB)
            with _gateway(operator, server.issuer, str(claims_of(tokens["id_token"])["sub"])):
                yield Joined(server, operator, tokens)
    except NoIdentityServerError as error:
        pytest.skip(f"NO {request.param.upper()}: {error}")


@contextmanager
def _gateway(operator: Operator, issuer: str, subject: str) -> Iterator[None]:
    """Serve the small network, in which `bob` is whom this issuer calls `subject`."""
    seed: dict[str, Any] = network()
    for worker in seed["workers"]:
        if worker["identity"] == {"iss": ISSUER, "sub": "bob"}:
            worker["identity"] = {"iss": issuer, "sub": subject}
    file = operator.state.with_name("seed.json")
    file.write_text(json.dumps(seed), encoding="utf-8")
    for command in (("keys", "init"), ("seed", str(file))):
        done = operator.run(*command)
        assert done.returncode == 0, done.stderr
    with operator.serving():
        operator.wait_until_ready()
        yield
