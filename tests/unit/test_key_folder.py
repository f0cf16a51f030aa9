"""`keys/` holds no secret: what git tracks there is on a list, and nothing in it is a private key."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_pem_private_key,
    load_ssh_private_key,
)

TREE = Path(__file__).resolve().parents[2]
ALLOWED = {"keys/.gitignore", "keys/README.md", "keys/inventory.toml", "keys/trust/README.md"}
GENERATED = ["root.key", "machine.key", "ledger.key", "keyring.json", "deployment.json", "signer-1.json"]
IGNORED = [*GENERATED, "x.pem", "trust/x.jwks.json", "trust/ledger.vkey", "state/root.key", "state/README.md"]
STATES = {"pre-active", "active", "decrypt-only", "destroyed"}


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", str(TREE), *arguments], capture_output=True, text=True, check=False)


def tracked_files() -> list[str]:
    return git("ls-files", "keys/").stdout.splitlines()


in_work_tree = pytest.mark.skipif(
    git("rev-parse", "--show-toplevel").stdout.strip() != str(TREE),
    reason="NOT A GIT WORK TREE: nothing is tracked",
)


@in_work_tree
def test_git_tracks_nothing_in_keys_but_what_is_listed() -> None:
    assert set(tracked_files()) == ALLOWED


@in_work_tree
@pytest.mark.parametrize("name", IGNORED)
def test_a_generated_or_unknown_file_is_ignored(name: str) -> None:
    assert git("check-ignore", "--quiet", f"keys/{name}").returncode == 0


@in_work_tree
def test_no_tracked_file_of_the_whole_tree_holds_a_private_key_block() -> None:
    marker = "PRIVATE" + " KEY-----"
    assert git("grep", "-l", "--fixed-strings", marker).stdout.splitlines() == []


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_no_file_there_parses_as_a_private_key(name: str) -> None:
    content = (TREE / name).read_bytes()
    for load in (load_pem_private_key, load_der_private_key, load_ssh_private_key):
        with pytest.raises((ValueError, TypeError)):
            load(content, None)
    assert b'"d":' not in content


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_no_file_there_holds_what_looks_like_32_secret_bytes(name: str) -> None:
    text = (TREE / name).read_text(encoding="utf-8")
    assert re.findall(r"\b[0-9a-fA-F]{64}\b|[A-Za-z0-9+/]{43}=", text) == []


def test_the_inventory_names_every_key_in_full() -> None:
    keys = tomllib.loads((TREE / "keys/inventory.toml").read_text(encoding="utf-8"))["key"]
    fields = {"id", "purpose", "algorithm", "provider", "cryptoperiod", "owner", "state"}
    assert all(set(key) == fields and key["state"] in STATES for key in keys)
    assert len({key["id"] for key in keys}) == len(keys)
