"""A release to a worker whom a foreign identity server vouches for, over a real gateway's HTTP."""

from dataclasses import replace

import pytest
from joserfc.jwk import ECKey

from tests.interop.conftest import Joined
from tests.support.identity_server import claims_of, header_of


def test_that_server_gives_an_access_token_of_rfc_9068_bound_to_the_applications_key(joined: Joined) -> None:
    header, claims = header_of(joined.access_token), claims_of(joined.access_token)
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert claims.keys() >= {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"}
    assert claims["cnf"] == {"jkt": joined.server.application.bound.thumbprint()}


def test_a_worker_of_that_server_reads_what_the_consent_lets_her(joined: Joined) -> None:
    answer = joined.release_with_proof(joined.access_token)
    assert answer.status_code == 201, answer.text
    assert answer.content == b"An invented letter."


@pytest.mark.parametrize("scheme", ["Bearer", "DPoP"])
def test_her_token_without_a_proof_is_worth_nothing(joined: Joined, scheme: str) -> None:
    assert joined.release(f"{scheme} {joined.access_token}").status_code == 401


def test_her_token_with_a_thiefs_proof_is_worth_nothing(joined: Joined) -> None:
    thief = replace(joined.server.application, bound=ECKey.generate_key("P-256"))
    assert joined.release_with_proof(joined.access_token, thief).status_code == 401


def test_her_id_token_is_no_access_token(joined: Joined) -> None:
    assert joined.release_with_proof(str(joined.tokens["id_token"])).status_code == 401


def test_the_application_without_her_is_nobody(joined: Joined) -> None:
    assert joined.release_with_proof(joined.server.token_of_the_application()).status_code == 401
