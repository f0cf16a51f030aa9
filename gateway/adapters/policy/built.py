"""A bundle as OPA loads it: one archive, the same bytes for the same bundle."""

import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from gateway.adapters.policy.bundle import TABLES, Bundle

SIGNATURES = ".signatures.json"


def archived_files(bundle: Bundle) -> dict[str, bytes]:
    """What OPA reads of a bundle: policies, tables, and a manifest whose revision is the bundle's digest."""
    manifest = {"revision": bundle.digest, "roots": ["gateway"], "rego_version": 1}
    return {".manifest": json.dumps(manifest).encode(), **dict(_read_by_opa(bundle))}


def archive(files: Mapping[str, bytes]) -> bytes:
    """Pack files into a `tar.gz`; no clock, owner or order of the file system gets into it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(files):
            entry = tarfile.TarInfo("/" + path)
            entry.size = len(files[path])
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(files[path]))
    return gzip.compress(packed.getvalue(), mtime=0)


def _read_by_opa(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    for path, content in bundle.files.items():
        if path.endswith(".rego") or PurePosixPath(path).name in TABLES:
            yield path, content
