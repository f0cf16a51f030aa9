"""The workers of an agency as a list: one line each, compared with the accounts that there are."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from gateway.domain.errors import MalformedError
from gateway.domain.ids import WorkerId, parse_id
from gateway.domain.registry import NETWORK_ROLES, Identity, check_worker_roles
from gateway.domain.vocabulary import Role

MAX_LINES = 1000
IN_ONE_ACT = 100
"""Lines that one transaction takes: bulk changes hold the ledger's head no longer."""

COLUMNS = ("id", "name", "roles", "identity_issuer", "identity_subject", "active")

_NAME_CHARS = 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula: such a name would run when somebody opens a list of workers."""
_SAID: Mapping[str, bool | None] = MappingProxyType({"": None, "true": True, "false": False})
_MAX_FIELD = 1000


class LineOutcome(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class LineCode(StrEnum):
    """Why a line is refused; the line's own words are never repeated."""

    ID = "id"
    NAME = "name"
    FORMULA = "formula"
    ROLES = "roles"
    IDENTITY = "identity"
    TWICE = "twice"
    """An earlier line names the same worker, or the same identity."""
    TAKEN = "taken"
    """The identifier is another agency's worker's, or the identity another worker's of this agency."""
    IDENTITY_DIFFERS = "identity_differs"
    """An account is one human's for good; another one is registered anew."""
    OWN_ACCOUNT = "own_account"
    NETWORK_ROLE = "network_role"
    """What reaches beyond the agency is the network's to give, and to take."""
    NOT_DONE = "not_done"
    """The caller was no longer allowed to when its turn came."""


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """One line as it was sent; `active` None leaves an account as it is, and opens a new one."""

    line: int
    id: str = field(repr=False)
    name: str = field(repr=False)
    roles: tuple[str, ...] = field(repr=False)
    identity_issuer: str = field(default="", repr=False)
    identity_subject: str = field(default="", repr=False)
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class ListedWorker:
    """A line that can be understood."""

    line: int
    id: WorkerId
    name: str = field(repr=False)
    roles: tuple[Role, ...]
    identity: Identity | None
    active: bool | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one line."""

    line: int
    outcome: LineOutcome
    code: LineCode | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "outcome": str(self.outcome),
            "code": None if self.code is None else str(self.code),
        }

    @classmethod
    def refused(cls, line: int, code: LineCode) -> "Answered":
        return cls(line, LineOutcome.REFUSED, code)


def read_lines(lines: Sequence[WorkerLine]) -> tuple[Sequence[ListedWorker], Sequence[Answered]]:
    """Give the lines that can be understood, and why the others are refused.

    Raises:
        MalformedError: There are none, or more than 1,000.
    """
    if not 1 <= len(lines) <= MAX_LINES:
        raise MalformedError("a list of workers has 1 to 1,000 lines", field="rows")
    read: list[ListedWorker] = []
    refused: list[Answered] = []
    workers: set[str] = set()
    identities: set[str] = set()
    for line in lines:
        found = _read(line)
        if isinstance(found, LineCode):
            refused.append(Answered.refused(line.line, found))
            continue
        identity = None if found.identity is None else found.identity.text
        if found.id in workers or identity in identities:
            refused.append(Answered.refused(line.line, LineCode.TWICE))
            continue
        workers.add(found.id)
        identities |= set() if identity is None else {identity}
        read.append(found)
    return read, refused


def _read(line: WorkerLine) -> ListedWorker | LineCode:
    name = line.name.strip()
    try:
        worker = WorkerId(parse_id(line.id, field=LineCode.ID))
        roles = _read_roles(line.roles)
        identity = read_identity(line.identity_issuer, line.identity_subject)
    except MalformedError as error:
        return LineCode(str(error.field))
    if not 1 <= len(name) <= _NAME_CHARS or not name.isprintable():
        return LineCode.NAME
    if name.startswith(_FORMULA):
        return LineCode.FORMULA
    if not NETWORK_ROLES.isdisjoint(roles):
        return LineCode.NETWORK_ROLE
    return ListedWorker(line.line, worker, name, roles, identity, line.active)


def _read_roles(said: Sequence[str]) -> tuple[Role, ...]:
    try:
        roles = tuple(Role(one) for one in said)
    except ValueError:
        raise MalformedError("a role is not in the vocabulary", field=LineCode.ROLES) from None
    check_worker_roles(roles)
    return roles


def read_identity(issuer: str, subject: str) -> Identity | None:
    """Give whom an issuer's token names; None where neither is said.

    Raises:
        MalformedError: One without the other, or another shape.
    """
    if not issuer and not subject:
        return None
    fits = (
        0 < len(issuer) <= 500  # noqa: PLR2004 - as the API has it
        and 0 < len(subject) <= 255  # noqa: PLR2004 - as OpenID Connect has it
        and issuer.isascii()
        and issuer.isprintable()
        and " " not in issuer
        and not any(ord(sign) < 32 or ord(sign) == 127 for sign in subject)  # noqa: PLR2004 - control signs
    )
    if not fits:
        raise MalformedError("an identity is an issuer and a subject", field="identity")
    return Identity(issuer, subject)


def parse_workers_csv(content: bytes) -> tuple[WorkerLine, ...]:
    """Read a list of workers: UTF-8, the header `id,name,roles,identity_issuer,identity_subject,active`.

    Commas, or semicolons as French spreadsheets write them; several roles are separated by spaces; `active`
    is `true`, `false` or empty. Lines are numbered as an editor shows them, the header being the first.

    Raises:
        MalformedError: The file as a whole cannot be read; the message names the line, and no value.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedError("the file is not UTF-8", field="file") from None
    if "\x00" in text:
        raise MalformedError("the file holds a NUL byte", field="file")
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    lines: list[WorkerLine] = []
    try:
        header = [name.strip() for name in next(rows, [])]
        if sorted(header) != sorted(COLUMNS):
            raise MalformedError(f"line 1: the header is {','.join(COLUMNS)}", field="file")
        for cells in rows:
            if any(cell.strip() for cell in cells):
                lines.append(_line_of(rows.line_num, header, cells))
            if len(lines) > MAX_LINES:
                raise MalformedError("a list of workers has 1 to 1,000 lines", field="file")
    except csv.Error:
        raise MalformedError(f"line {rows.line_num}: quotes that do not close", field="file") from None
    return tuple(lines)


def _line_of(number: int, header: Sequence[str], cells: Sequence[str]) -> WorkerLine:
    if len(cells) != len(header) or any(len(cell) > _MAX_FIELD for cell in cells):
        raise MalformedError(f"line {number}: not {len(header)} cells of at most 1,000 signs", field="file")
    row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    if row["active"].lower() not in _SAID:
        raise MalformedError(f"line {number}: active is true, false or empty", field="file")
    return WorkerLine(
        line=number,
        id=row["id"],
        name=row["name"],
        roles=tuple(row["roles"].split()),
        identity_issuer=row["identity_issuer"],
        identity_subject=row["identity_subject"],
        active=_SAID[row["active"].lower()],
    )
