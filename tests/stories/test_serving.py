"""A gateway as an operator runs it: keys, seed, serve, doctor, verify, stop, with real processes."""

import json
import os
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from gateway.adapters.crypto.state import KeyState
from tests.support.operator import SEED, START_S, Operator


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """A deployment with keys at their full cost and the demo's people; each test leaves it stopped."""
    operator = Operator(tmp_path_factory.mktemp("seeded"))
    made = operator.run("keys", "init", "--json")
    assert made.returncode == 0, made.stderr
    seed = operator.state.with_name("seed.json")
    # Who vouches for the people is the issuer of this address.
    seed.write_text(SEED.read_text(encoding="utf-8").replace("http://127.0.0.1:8741", operator.base))
    loaded = operator.run("seed", str(seed), "--json")
    assert loaded.returncode == 0, loaded.stderr
    assert json.loads(loaded.stdout)["records"] > 20
    return operator


def test_without_keys_nothing_is_served_and_the_remedy_is_named(tmp_path: Path) -> None:
    done = Operator(tmp_path).run("serve")
    assert done.returncode == 3
    assert "gateway keys init" in done.stderr
    assert "Traceback" not in done.stderr


def test_sqlite_is_not_served_by_several_processes(seeded: Operator) -> None:
    done = seeded.run("serve", "--workers", "2")
    assert done.returncode == 2
    assert "postgresql" in done.stderr


def test_keys_are_made_once(seeded: Operator) -> None:
    assert seeded.run("keys", "init").returncode == 1


def test_keys_are_listed_with_their_state(seeded: Operator) -> None:
    rows: list[dict[str, str]] = json.loads(seeded.run("keys", "list", "--json").stdout)
    assert {"root", "machine", "ledger-signing", "index"} <= {row["id"] for row in rows}
    assert {row["state"] for row in rows} == {"active"}


def test_a_ledger_that_has_begun_takes_no_seed(seeded: Operator) -> None:
    done = seeded.run("seed", str(SEED))
    assert done.returncode == 1
    assert "nothing but its start" in done.stderr


def test_served_stopped_and_verified(seeded: Operator) -> None:
    with seeded.serving() as server:
        assert seeded.get("/readyz").json()["status"] == "ready"
        local = httpx2.HTTPTransport(uds=str(seeded.state / "gateway.sock"))
        with httpx2.Client(transport=local, base_url="http://gateway.local") as client:
            assert client.get("/healthz").status_code == 200
        assert (seeded.state / "gateway.sock").stat().st_mode & 0o777 == 0o600
        # Beside it, nothing else writes.
        assert seeded.run("seed", str(SEED)).returncode == 3
        assert seeded.run("serve").returncode == 3
        assert seeded.run("doctor", "--json").returncode == 0
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
    assert not (seeded.state / "gateway.sock").exists()
    done = seeded.run("ledger", "verify", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["holds"]
    assert report["keys"]
    assert report["outside_checkpoint"]
    assert report["covered"] == report["entries"]


def test_callers_commands_go_through_the_socket(seeded: Operator, tmp_path: Path) -> None:
    with seeded.serving():
        fern = ("--token-file", str(seeded.token("fern", "client:community-centre")))
        odette = ("--role", "guardian", "--token-file", str(seeded.token("odette", "client:family-portal")))
        solene = ("--token-file", str(seeded.token("solene", "client:school-board")))
        for token in (fern[-1], solene[-1]):
            child = {"family_name": "Nuage-Inventé", "given_name": "Mirabelle"}
            child["birth_date"] = (datetime.now(UTC).date() - timedelta(days=3400)).isoformat()
            headers = {"Authorization": f"Bearer {Path(token).read_text()}"}
            matched = httpx2.post(f"{seeded.base}/v1/person-matches", json=child, headers=headers, timeout=10)
            assert matched.status_code == 201
        note = tmp_path / "note.txt"
        note.write_text("An invented note.")
        to = ("--dossier", "dos_mirabelle", "--category", "education")
        deposited = seeded.run("fragment", "deposit", str(note), *to, "--json", *fern)
        assert deposited.returncode == 0, deposited.stderr
        fragment = json.loads(deposited.stdout)["id"]
        asked = ("release", fragment, "--purpose", "coordination", *solene)
        refused = seeded.run(*asked)
        assert refused.returncode == 1
        assert "NO_CONSENT: " in refused.stderr
        assert "→ " in refused.stderr
        until = (datetime.now(UTC) + timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
        agreed = ("--person", "p:mirabelle", "--to", "demo:school-board", "--until", until)
        what = ("--purpose", "coordination", "--category", "education", "--json")
        given = seeded.run("consent", "record", *agreed, *what, *odette)
        assert given.returncode == 0, given.stderr
        released = seeded.run(*asked)
        assert released.returncode == 0, released.stderr
        assert released.stdout == "An invented note."
        listed = seeded.run(
            "fragment", "list", "dos_mirabelle", "--purpose", "coordination", *solene, "--json"
        )
        assert fragment in {row["id"] for row in json.loads(listed.stdout)}
        consent = json.loads(given.stdout)["id"]
        assert seeded.run("consent", "withdraw", consent, *odette).returncode == 0
        assert seeded.run(*asked).returncode == 1
        stopped = seeded.run("stop", "p:mirabelle", "--agency", "demo:school-board", "--json", *odette)
        assert stopped.returncode == 0, stopped.stderr
        assert json.loads(stopped.stdout)["in_force"]
        assert json.loads(seeded.run("ledger", "show", "--json", *solene).stdout)


def test_a_killed_server_starts_again(seeded: Operator) -> None:
    with seeded.serving() as server:
        server.kill()
        server.wait(timeout=30)
    with seeded.serving():
        assert seeded.get("/readyz").status_code == 200


def test_without_its_key_file_only_health_answers(seeded: Operator) -> None:
    root = seeded.state / "root.key"
    aside = root.with_suffix(".aside")
    root.rename(aside)
    try:
        with seeded.serving():
            assert seeded.get("/readyz").status_code == 503
            assert seeded.get("/v1/purposes").status_code == 503
        assert seeded.run("doctor").returncode == 1
    finally:
        aside.rename(root)


def test_a_copy_verifies_elsewhere_with_the_public_key_alone(seeded: Operator, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copyfile(seeded.state / "gateway.db", copy)
    shutil.copyfile(seeded.state / "mirror" / "checkpoint", tmp_path / "checkpoint")
    vkey = json.loads((seeded.state / "deployment.json").read_text())["vkey"]
    elsewhere = Operator(tmp_path)
    done = elsewhere.run("ledger", "verify", "--database", str(copy), "--vkey", vkey)
    assert done.returncode == 0, done.stderr
    assert "Without the keys, not checked" in done.stdout
    assert "nothing proves that the ledger did not continue" in done.stdout
    named = ("--checkpoint", str(tmp_path / "checkpoint"))
    done = elsewhere.run("ledger", "verify", "--database", str(copy), "--vkey", vkey, *named)
    assert done.returncode == 0, done.stderr
    assert "A checkpoint kept outside was given" in done.stdout


def test_no_key_that_verifies_is_wrong_usage(tmp_path: Path) -> None:
    done = Operator(tmp_path).run("ledger", "verify", "--database", "nowhere.db")
    assert done.returncode == 2
    assert "--vkey" in done.stderr


def test_a_new_ledger_needs_two_persons(seeded: Operator, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a.b.c")
    token.chmod(0o600)
    done = seeded.run("ledger", "reopen", "--token-file", str(token))
    assert done.returncode == 2
    assert "two privacy officers" in done.stderr
    done = seeded.run("ledger", "reopen", "--token-file", str(token), "--token-file", str(token))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_doctor_names_what_is_not_in_order(tmp_path: Path) -> None:
    nobody = {"GATEWAY_INSECURE_LOCAL_ISSUER": "", "GATEWAY_TOKEN_ENDPOINT": "false"}
    done = Operator(tmp_path, **nobody).run("doctor", "--json")
    assert done.returncode == 1
    found = {one["what"]: one for one in json.loads(done.stdout)}
    assert not found["keys"]["ok"]
    assert "gateway keys init" in found["keys"]["fix"]
    assert not found["issuers"]["ok"]
    assert found["policy"]["ok"]


async def test_a_passphrase_opens_what_it_sealed(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("an invented passphrase\n")
    secret.chmod(0o600)
    operator = Operator(tmp_path, GATEWAY_ROOT_KEY_PASSPHRASE_FILE=str(secret))
    assert operator.run("keys", "init").returncode == 0
    rows = json.loads(operator.run("keys", "list", "--json").stdout)
    assert next(row["state"] for row in rows if row["id"] == "machine") == "not used"
    state = await KeyState.open(operator.state, passphrase=b"an invented passphrase")
    assert state.ledger == 1


def children_of(process: subprocess.Popen[str]) -> list[int]:
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(one) for one in text.split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="NO /proc: children cannot be counted")
def test_on_postgresql_several_processes_serve_one_signs_and_a_killed_one_is_replaced(
    tmp_path: Path, postgres_url: str
) -> None:
    operator = Operator(tmp_path, GATEWAY_DATABASE_URL=postgres_url)
    assert operator.run("keys", "init").returncode == 0
    # Both start on an empty database: one makes the schema and begins the ledger, the other finds them.
    with operator.serving("--workers", "2") as server:
        operator.wait_until_ready()
        first = children_of(server)
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        give_up = time.monotonic() + START_S
        while len(children_of(server)) < 2 or first[0] in children_of(server):
            assert time.monotonic() < give_up, "the killed worker was not replaced"
            time.sleep(0.05)
        operator.wait_until_ready()
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
    done = operator.run("ledger", "verify", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout)["holds"]
