"""The ledger: entries as far as they are the caller's to see, proofs, the signed checkpoint."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError, NotVisibleError
from gateway.domain.ids import DecisionId, parse_agency_id
from gateway.domain.instants import parse_instant
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.cursors import Position
from gateway.http.parsing import PURPOSE, purpose_or_own, read_path_id
from gateway.http.replies import Kit, List, entry_of, reply, text_of
from gateway.http.shapes import Identifier
from gateway.usecases.read_ledger import LedgerPage, LedgerSearch
from gateway.usecases.read_proof import OwnRow, ProofAsked

_ROW = "row_"
"""Begins the name of a row of a family member's own chain."""


class EntryShown(BaseModel, extra="allow"):
    """For the profession the search columns, handles in hex; for the family what its own part says."""

    id: str = Field(description="The decision's id; for the family a name of her own for the row.")
    recorded_at: str | None


class Entries(BaseModel):
    items: list[EntryShown]
    ledger_entry: str | None
    recorded_at: str | None


class ProofShown(BaseModel):
    id: str
    proof: dict[str, Any] | None = Field(description="Null while no signed checkpoint covers the entry.")
    ledger_entry: str | None
    recorded_at: str | None


_CODE = r"^[A-Za-z][A-Za-z0-9_-]{0,59}$"
OneCode = Annotated[str | None, Field(pattern=_CODE)]
OneAgency = Annotated[str | None, Field(max_length=200)]
OneMoment = Annotated[str | None, Field(max_length=40, examples=["2026-03-01T00:00:00Z"])]
OneHandle = Annotated[
    Identifier | None, Field(description="The caller's handle of a person; the family must name one.")
]
ReadingFor = Annotated[
    str | None,
    Field(pattern=PURPOSE, description="Why the ledger is read; by default what the role acts for."),
]


class Filters(BaseModel):
    """What a search may name: the acting `agency`, the `owner` of a fragment, and more; all of it holds."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    outcome: Literal["permit", "deny"] | None = None
    kind: OneCode = None
    reason: OneCode = None
    purpose: Annotated[str | None, Field(pattern=PURPOSE)] = None
    agency: OneAgency = None
    owner: OneAgency = None
    account: Identifier | None = None
    fragment: Identifier | None = None
    consent: Identifier | None = None
    since: OneMoment = None
    until: OneMoment = None
    person: OneHandle = None
    reading_for: ReadingFor = None
    cursor: Annotated[str | None, Field(max_length=2048)] = None

    def question(self) -> dict[str, str | None]:
        return self.model_dump(exclude_none=True, exclude={"cursor"})

    def where(self) -> dict[str, Any]:
        names = ("outcome", "kind", "reason", "purpose", "account", "fragment", "consent")
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        for name in ("agency", "owner"):
            text = getattr(self, name)
            found[name] = None if text is None else parse_agency_id(text, field=name)
        for name, column in (("since", "from_at"), ("until", "until_at")):
            text = getattr(self, name)
            found[column] = None if text is None else parse_instant(text, field=name)
        return {name: value for name, value in found.items() if value is not None}


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/ledger", tags=["ledger"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.get("/entries", response_model=Entries)
    async def list_entries(
        request: Request, caller: RequireCaller, filters: Annotated[Filters, Query()]
    ) -> Response:
        """Search the ledger, newest first; the search is an entry itself."""
        walked = List(request, caller, filters.question())
        search = _search(caller, filters, replies.position(walked, filters.cursor))
        page = await usecases.read_ledger(search)
        if isinstance(page, Refused):
            return replies.refused(request, page)
        items = [_shown(kit, request, search, row) for row in page.rows]
        return replies.page(walked, items, _next(page), entry_of(page.entry))

    @router.get("/entries/{entry}", response_model=EntryShown)
    async def read_entry(
        request: Request,
        caller: RequireCaller,
        entry: str,
        person: Annotated[OneHandle, Query()] = None,
        reading_for: Annotated[ReadingFor, Query()] = None,
    ) -> Response:
        """Show one entry: the officer its detail, others what they may see of it."""
        search = _of_entry(kit, caller, (entry, person), purpose_or_own(caller, reading_for))
        page = await usecases.read_ledger(search)
        if isinstance(page, Refused):
            return replies.refused(request, page)
        if not page.rows:
            raise NotVisibleError("no such entry")
        return reply(_shown(kit, request, search, page.rows[0]))

    _add_proofs(router, kit)
    return router


def _add_proofs(router: APIRouter, kit: Kit) -> None:
    @router.get("/entries/{entry}/proof", response_model=ProofShown)
    async def read_proof(
        request: Request,
        caller: RequireCaller,
        entry: str,
        person: Annotated[OneHandle, Query()] = None,
        reading_for: Annotated[ReadingFor, Query()] = None,
    ) -> Response:
        """Prove that an entry is in the ledger: its leaf's hash, and the hashes up to a signed checkpoint."""
        named: DecisionId | OwnRow = DecisionId(read_path_id(entry))
        if caller.is_family:
            named = OwnRow(person or "", _row_number(kit, caller, (entry, person)))
        asked = ProofAsked(caller, named, purpose_or_own(caller, reading_for))
        proof = await kit.usecases.read_proof(asked)
        if isinstance(proof, Refused):
            return kit.replies.refused(request, proof)
        return reply({"id": entry, "proof": _plain(proof.document), **entry_of(proof.entry)})

    @router.get("/checkpoints", response_class=PlainTextResponse, include_in_schema=False)
    @router.get("/checkpoint", response_class=PlainTextResponse)
    async def read_checkpoint(_: RequireCaller) -> Response:
        """Give the newest signed checkpoint: a C2SP note, to keep outside."""
        note = await kit.usecases.read_checkpoint()
        if note is None:
            raise NotVisibleError("no checkpoint is signed yet")
        return PlainTextResponse(note)


def _search(caller: Caller, filters: Filters, position: Position | None) -> LedgerSearch:
    after, before = None, None
    if position is not None and caller.is_family:
        before = int(position[0])
    elif position is not None:
        after = (int(position[0]), int(position[1]))
    return LedgerSearch(
        caller=caller,
        purpose=purpose_or_own(caller, filters.reading_for),
        person=filters.person,
        where=filters.where(),
        after=after,
        before=before,
    )


def _of_entry(kit: Kit, caller: Caller, which: tuple[str, str | None], purpose: str) -> LedgerSearch:
    entry, person = which
    if caller.is_family:
        return LedgerSearch(caller, purpose, person, row=_row_number(kit, caller, which))
    return LedgerSearch(caller, purpose, person, {"decision_id": read_path_id(entry)}, limit=1)


def _row_name(kit: Kit, caller: Caller, person: str | None, number: int) -> str:
    """Name a row for its viewer: its number would tell how many rows are hidden from her by now."""
    sealed = kit.replies.cursors.seal((number,), caller=caller.account, list_name=f"rows about {person}")
    return f"{_ROW}{sealed}"


def _row_number(kit: Kit, caller: Caller, which: tuple[str, str | None]) -> int:
    """The number behind a name of hers; anything else names no row."""
    entry, person = which
    name = entry.removeprefix(_ROW) if entry.startswith(_ROW) else ""
    try:
        opened = kit.replies.cursors.open(name, caller=caller.account, list_name=f"rows about {person}")
    except MalformedError:
        raise NotVisibleError("no such entry") from None
    return 0 if opened is None else int(opened[0])


def _next(page: LedgerPage) -> Position | None:
    return page.next_after if page.next_before is None else (page.next_before,)


def _shown(kit: Kit, request: Request, search: LedgerSearch, row: Mapping[str, Any]) -> dict[str, Any]:
    document = {**row, "owner_agency": row.get("owner")}
    document.pop("owner", None)
    if search.caller.is_family:
        # The ledger's own index would tell how much happens elsewhere: only a proof shows it.
        document = {key: value for key, value in document.items() if key not in {"ledger", "index", "n"}}
        name = _row_name(kit, search.caller, search.person, row["n"])
        document |= {"id": name, "recorded_at": document.pop("at", None)}
        reasons = document.get("reasons", ())
        document["reasons"] = kit.replies.reasons(request, reasons, document["outcome"])
        return document
    document["id"] = document.pop("decision_id")
    document["recorded_at"] = text_of(document["recorded_at"])
    return document


def _plain(document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Render a proof for JSON: bytes in hex."""
    return None if document is None else {key: _hex(value) for key, value in document.items()}


def _hex(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return [_hex(one) for one in value] if isinstance(value, (list, tuple)) else value
