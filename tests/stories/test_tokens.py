"""An agency's software from its key to a worker's own commands, with real processes."""

import json
import time
from pathlib import Path

import httpx2
import pytest

from gateway.cli.private_files import make_key_file
from tests.support.operator import Operator

CLIENT = "client:school"


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """A deployment whose seed names a client's public key; nobody may use the insecure issuer."""
    operator = Operator(tmp_path, GATEWAY_INSECURE_LOCAL_ISSUER="")
    assert operator.run("keys", "init").returncode == 0
    key = make_key_file(tmp_path / "school.jwk")
    name = {"fr": "École inventée", "en": "Invented school"}
    seed = {
        "format": "gateway-seed-1",
        "agencies": [{"id": "ex:school", "name": name, "profile": "QC-PRIV"}],
        "clients": [{"id": CLIENT, "agency": "ex:school", "keys": [key.public]}],
        "workers": [
            {
                "id": "w:gus",
                "agency": "ex:school",
                "name": "Inventé gus",
                "roles": ["agency_admin"],
                "network_wide": True,
            }
        ],
    }
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(seed))
    loaded = operator.run("seed", str(file))
    assert loaded.returncode == 0, loaded.stderr
    return operator


def ask(operator: Operator, tmp_path: Path, *more: str) -> tuple[int, str]:
    done = operator.run(
        "token",
        "--client",
        CLIENT,
        "--key",
        str(tmp_path / "school.jwk"),
        "--out",
        str(tmp_path / "token"),
        *more,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_token_is_fetched_and_used_and_its_issuers_key_rotated(operator: Operator, tmp_path: Path) -> None:
    with operator.serving():
        operator.wait_until_ready()
        assert ask(operator, tmp_path, "--worker", "w:gus", "--strong") == (0, "")
        for file in ("token", "token.dpop"):
            assert (tmp_path / file).stat().st_mode & 0o777 == 0o600
        # Through the socket, and to the address: the proof is of the public base each time.
        token = ("--token-file", str(tmp_path / "token"))
        assert operator.run("ledger", "show", *token).returncode in {0, 1}
        rotated = operator.run("keys", "rotate-issuer", *token, "--json")
        assert rotated.returncode == 0, rotated.stderr
        told = json.loads(rotated.stdout)
        published = operator.get("/oauth/jwks").json()["keys"]
        give_up = time.monotonic() + 30
        while told["kid"] not in {key["kid"] for key in published}:
            assert time.monotonic() < give_up, "the new key was not published"
            time.sleep(0.5)
            published = operator.get("/oauth/jwks").json()["keys"]
        assert len(published) == 2
        # As the operator only where no server holds the store.
        assert operator.run("keys", "rotate-issuer").returncode == 3
        assert ask(operator, tmp_path, "--worker", "w:nobody")[0] == 1
        assert ask(operator, tmp_path, "--worker", "w:gus", "--url", operator.base) == (0, "")
        # Alone, without its key, the token opens nothing.
        stolen = (tmp_path / "token").read_text().strip()
        for scheme in ("Bearer", "DPoP"):
            headers = {"Authorization": f"{scheme} {stolen}"}
            assert httpx2.get(f"{operator.base}/v1/me", headers=headers).status_code == 401
    rotated = operator.run("keys", "rotate-issuer", "--at-once", "--json")
    assert rotated.returncode == 0, rotated.stderr
    verified = operator.run("ledger", "verify", "--json")
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout)["holds"]


def test_without_a_server_or_with_a_key_that_others_read_no_token_is_asked_for(
    operator: Operator, tmp_path: Path
) -> None:
    assert ask(operator, tmp_path)[0] == 3
    (tmp_path / "school.jwk").chmod(0o644)
    assert ask(operator, tmp_path)[0] == 2
