"""`gateway policy test`, `diff`, `build` and `check --engine opa`."""

import subprocess
import tarfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner, Result

from gateway.adapters.policy.bundle import Bundle, find_bundle_folder
from gateway.adapters.policy.opa_process import find_opa
from gateway.cli.policy import app
from tests.policies.test_check import RIGHT, write
from tests.support.bundles import copy_changed
from tests.support.real_opa import require_opa


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_known_answers_are_asked_of_the_engine_that_is_named(bundle: Bundle) -> None:
    result = _run("test")
    assert result.exit_code == 0
    assert "319 questions of language: all right" in result.stdout
    assert bundle.digest in result.stdout


def test_scenarios_are_checked_on_a_real_opa_too(tmp_path: Path) -> None:
    require_opa()
    result = _run("check", write(tmp_path / "one.json", RIGHT), "--engine", "opa")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "1 of 1 agree")


def test_an_engine_that_is_not_one_is_wrong_usage(tmp_path: Path) -> None:
    result = _run("check", write(tmp_path / "one.json", RIGHT), "--engine", "owl")
    assert "embedded, opa" in str(result.exception)


def test_what_another_bundle_changes_is_said_in_words(tmp_path: Path) -> None:
    assert _run("diff", str(find_bundle_folder())).stdout == "the two bundles are the same\n"
    other = copy_changed(tmp_path / "other", "gateway/emergency/data.yaml", "hours: 4", "hours: 1")
    lines = _run("diff", str(other)).stdout.splitlines()
    assert "changed  gateway/emergency/data.yaml" in lines
    assert "table    gateway.emergency.hours: 4 becomes 1" in lines


def test_a_built_bundle_is_the_same_bytes_each_time_and_names_its_digest(
    tmp_path: Path, bundle: Bundle
) -> None:
    for name in ("a.tar.gz", "b.tar.gz"):
        assert _run("build", "--out", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()
    with tarfile.open(tmp_path / "a.tar.gz") as packed:
        names = packed.getnames()
        manifest = packed.extractfile("/.manifest")
        assert manifest is not None
        assert bundle.digest.encode() in manifest.read()
    assert "/gateway/main/main.rego" in names
    assert not any("selftest" in name or name.endswith("_test.rego") for name in names)


def test_a_signed_bundle_is_loaded_by_an_opa_that_demands_the_signature(tmp_path: Path) -> None:
    require_opa()
    key, public, out = tmp_path / "key.pem", tmp_path / "public.pem", tmp_path / "bundle.tar.gz"
    _make_key(key, public)
    assert _run("build", "--out", str(out), "--signing-key", str(key)).exit_code == 0
    other = tmp_path / "other.pem"
    _make_key(tmp_path / "other-key.pem", other)
    assert _verifies(out, public, tmp_path)
    assert not _verifies(out, other, tmp_path)


def _verifies(archive: Path, public: Path, folder: Path) -> bool:
    command = [str(find_opa()), "build", "--bundle", str(archive), "--verification-key", str(public)]
    more = ["--signing-alg", "ES256", "--output", str(folder / "again.tar.gz")]
    return subprocess.run([*command, *more], capture_output=True, check=False, timeout=60).returncode == 0


def _make_key(key: Path, public: Path) -> None:

    private = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    public.write_bytes(
        private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
