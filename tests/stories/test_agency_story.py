"""The whole life of an agency from the command line: founded, staffed, bound by an agreement, gone."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

GATEWAY = Path(sys.executable).parent / "gateway"
HEADER = "id,name,roles,identity_issuer,identity_subject,active\n"
STAFF = f"{HEADER}w:case,Inventée Terrain,caseworker,,,\nw:officer,Inventée Vigie,privacy_officer,,,\n"


@dataclass
class Network:
    """A gateway in a folder of its own, and its command line."""

    folder: Path
    port: int
    env: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.env = {
            "HOME": str(self.folder),
            "PATH": f"{GATEWAY.parent}:/usr/bin:/bin",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "GATEWAY_STATE_DIR": str(self.folder / "state"),
            "GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
        }

    def run(self, *words: str, exits: int = 0) -> str:
        done = subprocess.run(
            [GATEWAY, *words],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == exits, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def json(self, *words: str, exits: int = 0) -> Any:  # noqa: ANN401
        return json.loads(self.run(*words, "--json", exits=exits))

    def token(self, client: str, worker: str) -> str:
        out = f"{worker.replace(':', '-')}.token"
        key = f"{client.replace(':', '-')}.jwk"
        self.run("token", "--client", client, "--key", key, "--worker", worker, "--out", out)
        return out

    def found(self, *more: str, exits: int = 0) -> str:
        words = ["agency", "found", "net:lead", "--name-fr", "Réseau", "--name-en", "Network"]
        words += ["--profile", "QC-PRIV", "--client", "c:lead", "--administrator", "w:lead"]
        words += ["--administrator-name", "Inventée Première", "--key-out", "c-lead.jwk", *more]
        return self.run(*words, exits=exits)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Founded, served, with a second agency and its client."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        network = Network(tmp_path_factory.mktemp("life"), probe.getsockname()[1])
    network.run("keys", "init")
    network.found()
    server = subprocess.Popen(
        [GATEWAY, "serve"], cwd=network.folder, env=network.env, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        assert "ready" in server.stdout.readline()
        lead = network.token("c:lead", "w:lead")
        network.run(
            *("agency", "add", "net:house", "--name-fr", "Maison", "--name-en", "House"),
            *("--profile", "QC-PRIV", "--token-file", lead),
        )
        network.run(
            *("agency", "credentials", "issue", "c:house", "--agency", "net:house"),
            *("--key-out", "c-house.jwk", "--token-file", lead),
        )
        yield network
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)


def test_a_network_is_founded_once_and_never_beside_a_running_server(network: Network) -> None:
    assert "a gateway runs" in network.found("--key-out", "other.jwk", exits=3)
    assert not (network.folder / "other.jwk").exists()


def test_keys_are_files_that_nobody_else_reads(network: Network) -> None:
    for name in ("c-lead.jwk", "c-house.jwk"):
        mode = (network.folder / name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    assert '"d"' in (network.folder / "c-house.jwk").read_text()


def test_the_founder_administers_and_reads_nothing(network: Network) -> None:
    lead = network.token("c:lead", "w:lead")
    rows = network.json("agency", "list", "--token-file", lead)
    assert {row["id"]: row["status"] for row in rows} == {"net:lead": "member", "net:house": "member"}
    assert "CONTENT_NOT_FOR_ROLE" in network.run(
        *("fragment", "list", "dos_none", "--purpose", "administration", "--token-file", lead), exits=1
    )


def staffed(network: Network) -> str:
    """The house has an administrator, who has sent the list of its workers; gives her token file."""
    lead = network.token("c:lead", "w:lead")
    admin = {"id": "w:admin", "agency": "net:house", "name": "Inventée Gestion", "roles": ["agency_admin"]}
    call(network, lead, "POST", "/v1/workers", json=admin)
    (network.folder / "staff.csv").write_text(STAFF, encoding="utf-8")
    return network.token("c:house", "w:admin")


def call(network: Network, token: str, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401
    """Ask over HTTP, as the command line does."""
    script = (
        "import json, sys; from pathlib import Path; from gateway.cli.client import open_client\n"
        "method, path, request, base, token = sys.argv[1:]\n"
        "with open_client(base, Path(token)) as client:\n"
        "    print(json.dumps(client.call_json(method, path, **json.loads(request))))\n"
    )
    base = f"http://127.0.0.1:{network.port}"
    words = [sys.executable, "-c", script, method, path, json.dumps(request), base, token]
    done = subprocess.run(
        words, cwd=network.folder, env=network.env, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def test_an_agency_lives_and_leaves(network: Network) -> None:
    admin = staffed(network)
    first = import_staff(network, admin)
    assert [row["outcome"] for row in first["rows"]] == ["created", "created"]
    assert [row["line"] for row in first["rows"]] == [2, 3]
    again = import_staff(network, admin)
    assert [row["outcome"] for row in again["rows"]] == ["unchanged", "unchanged"]

    sign(network, admin)
    rotate(network, admin)

    case, officer = network.token("c:house", "w:case"), network.token("c:house", "w:officer")
    described = {"family_name": "Essai", "given_name": "Fable", "birth_date": "2016-01-01"}
    person = call(network, case, "POST", "/v1/person-matches", json=described)["handle"]
    dossier = call(network, case, "POST", "/v1/dossiers", json={"person": person})["id"]
    (network.folder / "note.txt").write_text("An invented note.", encoding="utf-8")
    deposit = ("--dossier", dossier, "--category", "education", "--token-file", case)
    fragment = network.json("fragment", "deposit", "note.txt", *deposit)["id"]

    leave(network, admin, officer, fragment)
    rows = network.json("agency", "list", "--token-file", network.token("c:lead", "w:lead"))
    assert {row["id"]: row["status"] for row in rows}["net:house"] == "left"
    assert "invalid" in network.run(
        *("token", "--client", "c:house", "--key", "c-house.jwk", "--worker", "w:case", "--out", "late"),
        exits=1,
    )


def import_staff(network: Network, admin: str) -> Any:  # noqa: ANN401
    words = ("agency", "workers", "import", "staff.csv", "--agency", "net:house", "--token-file", admin)
    assert network.run(*words, "--dry-run")
    return network.json(*words)


def sign(network: Network, admin: str) -> None:
    """The network publishes an agreement that is overdue; the house signs it."""
    lead = network.token("c:lead", "w:lead")
    (network.folder / "terms.txt").write_text("Chacun garde ce qu'on lui confie.\n", encoding="utf-8")
    network.run(
        *("agency", "agreement", "publish", "2026-1", "--text", "terms.txt", "--title-fr", "Entente"),
        *("--title-en", "Agreement", "--effective", "2026-01-01T00:00:00Z"),
        *("--sign-by", "2026-02-01T00:00:00Z", "--token-file", lead),
    )
    assert "net:house" in network.run("doctor", exits=1)
    network.run("agency", "agreement", "sign", "--text", "terms.txt", "--token-file", admin)
    shown = network.json("agency", "agreement", "show", "--token-file", admin)
    assert {row["agency"]: row["standing"] for row in shown["agencies"]}["net:house"] == "signed"
    rows = network.json("agency", "list", "--token-file", admin)
    assert {row["id"]: row["agreement"] for row in rows} == {"net:lead": "late", "net:house": "signed"}


def rotate(network: Network, admin: str) -> None:
    """A second key serves beside the first until that one is retired."""
    words = ("agency", "credentials", "rotate", "c:house", "--key-out", "c-house-2.jwk")
    turned = network.json(*words, "--token-file", admin)
    assert len(turned["still_serving"]) == 1
    listed = network.json("agency", "credentials", "list", "c:house", "--token-file", admin)
    assert sum(row["retired_at"] is None for row in listed) == 2
    network.run("agency", "credentials", "retire", "c:house", turned["kid"], "--token-file", admin)


def leave(network: Network, admin: str, officer: str, fragment: str) -> None:
    network.run("agency", "leave", "key", "--private", "leaving.jwk", "--public", "leaving.pub.jwk")
    asked = network.json(
        *("agency", "leave", "ask", "net:house", "--key", "leaving.pub.jwk"),
        *("--keep-keys-until", "2030-01-01T00:00:00Z", "--token-file", admin),
    )
    assert network.run("agency", "leave", "export", "early.zip", "--token-file", admin, exits=1)
    assert not (network.folder / "early.zip").exists()
    network.run("approval", "answer", asked["approval"], "approved", "--token-file", officer)
    told = network.json(
        *("agency", "leave", "export", "archive.zip", "--token-file", admin),
        *("--officer-token-file", officer),
    )
    assert told["documents"] == 1
    assert told["entries"] > 0
    assert stat.S_IMODE((network.folder / "archive.zip").stat().st_mode) == 0o600
    network.run("agency", "leave", "open", "archive.zip", "--key", "leaving.jwk", "--out", "opened")
    opened = json.loads((network.folder / "opened" / f"{fragment}.json").read_text())
    assert opened["sections"][0]["content_base64"] == "QW4gaW52ZW50ZWQgbm90ZS4="
    network.run(
        *("agency", "leave", "finish", "net:house", "--archive", "archive.zip", "--token-file", admin)
    )


def test_a_sandbox_is_made_nowhere_but_in_a_folder_of_its_own(network: Network, tmp_path: Path) -> None:
    assert "settings of its own" in network.run("sandbox", "reset", "--state", str(tmp_path), exits=2)
    bare = {name: value for name, value in network.env.items() if not name.startswith("GATEWAY_")}
    plain = Network(network.folder, network.port)
    plain.env = bare
    there = str(network.folder / "state")
    assert "no sandbox" in plain.run("sandbox", "reset", "--state", there, exits=2)
    assert "no sandbox" in plain.run("sandbox", "start", "--state", there, exits=2)
    assert (network.folder / "state" / "root.key").exists()
