"""A sandbox is thrown away and made anew, and is nobody's production."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.sandbox_families import CLIENTS, FAMILIES, sandbox_seed
from gateway.domain.instants import Instant
from gateway.domain.seed import parse_seed
from gateway.settings import SANDBOX_MARK, Settings

GATEWAY = Path(sys.executable).parent / "gateway"
KEY = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}


def test_a_reset_makes_the_same_people_with_other_keys(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    (folder / "clients").mkdir(parents=True)
    (folder / SANDBOX_MARK).write_text('{"format": "gateway-sandbox-1"}')
    (folder / "clients" / "clinic.jwk").write_text("an old key")
    done = subprocess.run(
        [GATEWAY, "sandbox", "reset", "--state", str(folder)],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"{len(FAMILIES)} invented families" in done.stdout
    assert json.loads((folder / "clients" / "clinic.jwk").read_text())["kty"] == "EC"


def test_the_people_of_a_sandbox_are_the_same_each_time() -> None:
    keys = dict.fromkeys(CLIENTS, KEY)
    first, second = (sandbox_seed("http://127.0.0.1:1/insecure-local-issuer", keys) for _ in range(2))
    assert first == second
    seed = parse_seed(json.dumps(first).encode(), now=Instant(1_767_225_600_000_000))
    assert len(seed.dossiers) == len(FAMILIES)
    assert {person.family_name for person in seed.persons} == {"Bac-à-Sable"}


def test_a_production_refuses_the_state_of_a_sandbox(tmp_path: Path) -> None:
    (tmp_path / SANDBOX_MARK).write_text("{}")
    named = {
        "state_dir": tmp_path / "state",
        "database_url": "postgresql://gateway@db/gateway",
        "root_key_url": f"file:{tmp_path / 'root.key'}",
        "trusted_issuers": tmp_path / "issuers.json",
        "public_base": "https://gateway.example",
        "mirrors": (f"file:{tmp_path / 'mirror'}",),
    }
    with pytest.raises(ValueError, match="sandbox"):
        Settings(mode="production", **named)  # type: ignore[arg-type] # one value of each type
