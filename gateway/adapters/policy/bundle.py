"""A bundle: the policies and tables that decide together, known by one digest."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from gateway.adapters.policy.schema import require_tables
from gateway.domain.errors import MalformedError, PolicyUnavailableError
from gateway.domain.strict_json import parse_json_object

_SUFFIXES = frozenset({".rego", ".yaml", ".json"})
_MANIFEST = ".manifest"
TABLES = frozenset({"data.yaml", "data.json"})
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_MAX_FILE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files by their path inside the bundle, tests left out.

    Args:
        files: Path with forward slashes to content, in the order of the paths.
        digest: Hex SHA-256 over each (path, content) in that order, both preceded by their length.
    """

    files: Mapping[str, bytes]
    digest: str

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> "Bundle":
        """Leave out the tests and take the digest of the rest."""
        kept = {path: files[path] for path in sorted(files) if _belongs(path)}
        if not any(path.endswith(".rego") for path in kept):
            raise PolicyUnavailableError("the bundle holds no policy")
        digest = hashlib.sha256()
        for path, content in kept.items():
            for part in (path.encode(), content):
                digest.update(len(part).to_bytes(8))
                digest.update(part)
        return cls(kept, digest.hexdigest())

    def policies(self) -> Iterator[tuple[str, str]]:
        """Each Rego file: path and text."""
        for path, content in self.files.items():
            if path.endswith(".rego"):
                yield path, _text(path, content)

    def tables(self) -> dict[str, Any]:
        """The tables as one document: `gateway/roles/data.yaml` stands under `gateway.roles`."""
        tables: dict[str, Any] = {}
        for path in self.files:
            place = PurePosixPath(path)
            if place.name in TABLES:
                _join(tables, place.parent.parts, self.document(path))
        return tables

    def documents(self, folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The JSON documents of one folder: path and content."""
        for path in self.files:
            if PurePosixPath(path).parent == PurePosixPath(folder) and path.endswith(".json"):
                yield path, self.document(path)

    def document(self, path: str) -> dict[str, Any]:
        """One JSON or YAML file of the bundle, which must hold an object.

        Raises:
            PolicyUnavailableError: It is not readable, or not an object.
        """
        text = _text(path, self.files[path])
        try:
            value = json.loads(text) if path.endswith(".json") else yaml.load(text, Loader=_LOADER)  # noqa: S506 - the safe one, in C
        except (ValueError, yaml.YAMLError):
            raise PolicyUnavailableError("a table of the bundle is not readable", field=path) from None
        if not isinstance(value, dict):
            raise PolicyUnavailableError("a table of the bundle is not an object", field=path)
        return value


def load_bundle(folder: Path) -> Bundle:
    """Read the bundle below a folder; links and files of other kinds are not part of it.

    Raises:
        PolicyUnavailableError: The folder is not readable, holds no policy, or a file above 1 MiB.
    """
    files: dict[str, bytes] = {}
    try:
        for path in folder.rglob("*"):
            name = path.relative_to(folder).as_posix()
            if path.is_symlink() or not path.is_file() or not _belongs(name):
                continue
            if path.stat().st_size > _MAX_FILE_BYTES:
                raise PolicyUnavailableError("a file of the bundle is too large", field=name)
            files[name] = path.read_bytes()
    except OSError:
        raise PolicyUnavailableError("the bundle is not readable") from None
    return Bundle.of(files)


def load_checked_bundle(folder: Path) -> Bundle:
    """Read a bundle that is to decide: every table is exactly what it must be, and no key stands twice.

    A bundle that decided once is asked again without this, whatever its tables were.

    Raises:
        PolicyUnavailableError: As `load_bundle`; or a table is not what it must be: the field is the place.
    """
    bundle = load_bundle(folder)
    for path, content in bundle.files.items():
        if PurePosixPath(path).name in TABLES:
            bundle.document(path)
            _require_each_key_once(path, content)
    require_tables(bundle.tables())
    return bundle


def _require_each_key_once(path: str, content: bytes) -> None:
    # The later of two would silently take the place of the first.
    try:
        if path.endswith(".json"):
            parse_json_object(content)
        else:
            _require_once_below(yaml.compose(content, Loader=_LOADER), path, set())
    except (MalformedError, yaml.YAMLError):
        raise PolicyUnavailableError("a table of the bundle is not strict JSON or YAML", field=path) from None


def _require_once_below(node: yaml.Node | None, path: str, seen: set[yaml.Node]) -> None:
    if node in seen or not isinstance(node, yaml.CollectionNode):
        return
    seen.add(node)
    if isinstance(node, yaml.MappingNode):
        keys = [str(key.value) for key, _ in node.value]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise PolicyUnavailableError(
                    "a table of the bundle holds a key twice", field=f"{path}: {key}"
                )
        children = [value for _, value in node.value]
    else:
        children = node.value
    for child in children:
        _require_once_below(child, path, seen)


def find_bundle_folder() -> Path:
    """Where the shipped bundle lies: inside the installed package, else beside it in the repository.

    Raises:
        PolicyUnavailableError: In neither place.
    """
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "policies", package.parent / "policies"):
        if (folder / "gateway" / "main").is_dir():
            return folder
    raise PolicyUnavailableError("no policy bundle beside the package")


def _belongs(path: str) -> bool:
    place = PurePosixPath(path)
    if place.name.endswith("_test.rego"):
        return False
    return place.name == _MANIFEST or place.suffix in _SUFFIXES


def _text(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise PolicyUnavailableError("a file of the bundle is not UTF-8", field=path) from None


def _join(tables: dict[str, Any], place: tuple[str, ...], table: Mapping[str, Any]) -> None:
    for step in place:
        tables = tables.setdefault(step, {})
        if not isinstance(tables, dict):
            raise PolicyUnavailableError("two tables of the bundle hold the same key", field=".".join(place))
    for key, value in table.items():
        if key in tables:
            raise PolicyUnavailableError("two tables of the bundle hold the same key", field=".".join(place))
        tables[key] = value
