"""`gateway policy test|diff|build`: prove a bundle, compare two, and pack one for an OPA server."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.adapters.policy.built import SIGNATURES, archive, archived_files
from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.opa_process import find_opa
from gateway.adapters.policy.selftest import KnownAnswers
from gateway.cli.engines import BundleFolder, EngineName, proven_engine, read_bundle
from gateway.cli.failure import REFUSED, UNAVAILABLE, CommandError


def known(engine: EngineName = "embedded", bundle: BundleFolder = None) -> None:
    """Ask an engine every known answer of the bundle; exit 1 at the first that it misses."""
    loaded = read_bundle(bundle)
    known = KnownAnswers.of(loaded)
    questions = sum(len(topic.answers) + len(topic.undefined) for topic in known.topics)
    with proven_engine(engine, loaded):
        print(f"{len(known.rows)} rows of decision tables and {questions} questions of language: all right")
    print(f"engine {engine}, bundle {loaded.digest}")


def diff(
    other: Annotated[Path, typer.Argument(help="Folder of the other bundle.")], bundle: BundleFolder = None
) -> None:
    """Say what another bundle changes: its files, its tables, and the known answers it gives otherwise."""
    mine, theirs = read_bundle(bundle), read_bundle(other)
    lines = [*_files(mine, theirs), *_tables(mine.tables(), theirs.tables()), *_answers(mine, theirs)]
    print("\n".join(lines) if lines else "the two bundles are the same")


def build(
    out: Annotated[Path, typer.Option("--out", help="Archive to write, such as bundle.tar.gz.")],
    bundle: BundleFolder = None,
    signing_key: Annotated[
        Path | None, typer.Option("--signing-key", help="PEM file of an ES256 private key; needs `opa`.")
    ] = None,
) -> None:
    """Pack the bundle as an OPA server loads it; its revision is the bundle's digest."""
    loaded = read_bundle(bundle)
    EmbeddedPolicy.load(loaded)
    files = archived_files(loaded)
    if signing_key is not None:
        files[SIGNATURES] = _signatures(files, signing_key)
    out.write_bytes(archive(files))
    print(f"{out}: {len(files)} files, revision {loaded.digest}{', signed' if signing_key else ''}")


def _files(mine: Bundle, theirs: Bundle) -> Iterator[str]:
    for path in sorted(mine.files.keys() | theirs.files.keys()):
        if path not in theirs.files:
            yield f"removed  {path}"
        elif path not in mine.files:
            yield f"added    {path}"
        elif mine.files[path] != theirs.files[path]:
            yield f"changed  {path}"


def _tables(mine: object, theirs: object, place: str = "") -> Iterator[str]:
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        for key in sorted(mine.keys() | theirs.keys()):
            yield from _tables(mine.get(key), theirs.get(key), f"{place}.{key}" if place else str(key))
    elif isinstance(mine, list) and isinstance(theirs, list):
        for word in mine:
            if word not in theirs:
                yield f"table    {place}: without {word}"
        for word in theirs:
            if word not in mine:
                yield f"table    {place}: with {word}"
    elif mine != theirs:
        yield f"table    {place}: {_said(mine)} becomes {_said(theirs)}"


def _answers(mine: Bundle, theirs: Bundle) -> Iterator[str]:
    before, after = EmbeddedPolicy(mine), EmbeddedPolicy(theirs)
    for row in KnownAnswers.of(mine).rows:
        old, new = before.decide_document(row.document), after.decide_document(row.document)
        was, becomes = (f"{one.outcome}, {one.reasons[0]}" for one in (old, new))
        if was != becomes:
            yield f"answer   {row.name}: {was} becomes {becomes}"


def _said(value: Any) -> str:  # noqa: ANN401 - whatever a table holds
    return "nothing" if value is None else str(value)


def _signatures(files: Mapping[str, bytes], key: Path) -> bytes:
    opa = find_opa()
    if opa is None:
        raise CommandError(UNAVAILABLE, "only `opa` signs bundles, and none is on the PATH")
    with tempfile.TemporaryDirectory(prefix="gateway-sign-") as folder:
        root = Path(folder)
        for path, content in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        command = [opa, "sign", "--signing-alg", "ES256", "--signing-key", str(key.absolute()),
                   "--output-file-path", ".", "--bundle", "."]  # fmt: skip
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=60)  # noqa: S603
        if done.returncode:
            raise CommandError(
                REFUSED, "opa does not sign with this key; it must be an ES256 private key in PEM"
            )
        return (root / SIGNATURES).read_bytes()
