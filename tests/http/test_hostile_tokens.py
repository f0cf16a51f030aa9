"""Whatever is not exactly an honest worker's request is refused alike, and leaves no release behind."""

import io
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from gateway.adapters.identity.issuers import parse_issuer
from gateway.adapters.identity.keyring import Keyring
from gateway.adapters.identity.proofs import Nonces
from gateway.adapters.identity.tokens import TokenVerifier
from gateway.adapters.sql.tables import entries
from gateway.domain.instants import Instant
from gateway.observe import OperationalLog
from tests.http.edge_app import BASE, no_fetch
from tests.http.hostile.forger import Forger, hostile_network
from tests.http.hostile.judging import Judge
from tests.http.hostile.table import Row, rows, table
from tests.http.served import Served, serve_stack
from tests.support.stack import open_stack

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOSTILE = [row for row in rows() if row.code is not None]
HONEST = [row for row in rows() if row.code is None]
TEN_MINUTES_US = 600_000_000
_ENTRIES = select(entries.c.kind, func.count().label("n")).group_by(entries.c.kind)


@dataclass(frozen=True, slots=True)
class Besieged:
    served: Served
    judge: Judge

    async def kinds(self) -> dict[str, int]:
        """How many entries of each kind the ledger holds."""
        found = await self.served.stack.parts.database.snapshot(lambda tx: tx.all(_ENTRIES))
        return {row["kind"]: row["n"] for row in found}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def besieged(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Besieged]:
    """The small network behind its edge, with the verifier of real tokens and two issuers that it trusts."""
    folder = tmp_path_factory.mktemp("besieged")
    before = Instant(int(time.time() * 1_000_000) - TEN_MINUTES_US)
    # Of the edge's own key, as `serve_stack` has it.
    forger = Forger(BASE, old_nonce=Nonces(bytes(32)).current(before))
    log = OperationalLog(io.StringIO())
    verifier = TokenVerifier([Keyring(parse_issuer(one), no_fetch, log) for one in forger.trusted()])
    url = f"sqlite:///{folder / 'gateway.db'}"
    async with open_stack(url, folder / "state", seed=hostile_network()) as stack:
        served = serve_stack(stack, verifier)
        async with served.client() as client:
            yield Besieged(served, Judge(forger, client))


@pytest.mark.asyncio(loop_scope="function")
async def test_the_corpus_has_the_size_that_was_asked_for() -> None:
    print(f"{len(HOSTILE)} hostile requests in {len(table())} classes, {len(HONEST)} honest ones beside them")
    assert len(HOSTILE) >= 300
    assert len({row.sentence for row in rows()}) == len(HOSTILE) + len(HONEST)
    assert all(known and hostile for known, hostile in table().values())


@pytest.mark.parametrize("row", HONEST, ids=lambda row: row.sentence)
async def test_what_is_honest_is_let_in(row: Row, besieged: Besieged) -> None:
    released = (await besieged.kinds()).get("released", 0)
    assert await besieged.judge.objections(row) == []
    assert (await besieged.kinds())["released"] == released + 1


@pytest.mark.parametrize("row", HOSTILE, ids=lambda row: row.sentence)
async def test_what_is_hostile_is_refused(row: Row, besieged: Besieged) -> None:
    kinds = await besieged.kinds()
    assert await besieged.judge.objections(row) == []
    honest = {} if row.before == 0 else {"released": kinds.get("released", 0) + row.before}
    assert await besieged.kinds() == kinds | honest
