"""`kill -9` under load: whatever was acknowledged is there when the server is up again, soon."""

import os
from pathlib import Path
from random import Random
from statistics import median

import pytest

from gateway.adapters.crypto.state import KeyState
from gateway.adapters.sql.directives import newest_directive
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.publishing import find_known
from gateway.adapters.sql.verify.opening import open_copy
from gateway.adapters.sql.verify.whole import verify_ledger
from gateway.domain.ids import ConsentId
from tests.support.fault_server import READY_S, Server, found_server
from tests.support.proof import Proof


async def judge(server: Server, state: KeyState) -> int:
    """The ledger holds, with all that was acknowledged; gives the number of its entries."""
    mirror = server.operator.state / "mirror" / "checkpoint"
    note = mirror.read_text(encoding="utf-8")
    async with open_copy(server.url) as tx:
        verifiers = {1: state.signer.verifier}
        report = await verify_ledger(tx, verifiers, outside=note, keys=state.keyring)
        assert report.holds, report.findings
        answered = [*server.told.releases, *server.told.refusals]
        assert await find_known(tx, answered) == set(answered)
        for consent in server.told.withdrawals:
            assert await is_withdrawn(tx, ConsentId(consent)), consent
    return report.entries


async def is_withdrawn(tx: Tx, consent: ConsentId) -> bool:
    line = await newest_directive(tx, consent)
    return line is not None and line.withdrawn_at is not None


async def kill_again_and_again(folder: Path, url: str, times: int, proof: Proof | None) -> None:
    dice = Random(9)
    server = await found_server(folder, url, consents=15 * times)
    state = await KeyState.open(server.operator.state)
    took = [await server.start()]
    checked: set[str] = set()
    for turn in range(times):
        await server.load(dice.uniform(0.3, 1.5), dice)
        entries = await judge(server, state)
        took.append(await server.start())
        for fragment in server.told.deposits.keys() - checked:
            assert await server.read(fragment) == server.told.deposits[fragment], fragment
            checked.add(fragment)
        told = server.told
        if proof is not None:
            proof.line(
                f"{url.partition(':')[0]} kill {turn + 1}: {len(told.releases)} releases, "
                f"{len(told.withdrawals)} withdrawals, {len(told.deposits)} deposits acknowledged so far, "
                f"all there; {entries} entries hold; ready again in {took[-1]:.2f} s"
            )
    await server.kill()
    # Half of a start is the root key's own cost, and importing: beside other work it takes longer.
    assert median(took[1:]) < READY_S
    if proof is not None:
        assert max(took[1:]) < READY_S
        late, load = sum(one >= READY_S for one in took[1:]), os.getloadavg()[2]
        proof.line(
            f"ready again: median {median(took[1:]):.2f} s, worst {max(took[1:]):.2f} s, {late} of {times} "
            f"not within {READY_S:.0f} s, at a machine's load of {load:.1f} on {os.cpu_count()} processors"
        )
    assert server.told.releases
    assert server.told.withdrawals
    assert server.told.deposits


async def test_what_was_acknowledged_survives_a_kill(store_url: str, tmp_path: Path) -> None:
    await kill_again_and_again(tmp_path, store_url, 2, None)


@pytest.mark.prove
async def test_what_was_acknowledged_survives_twenty_kills(
    store_url: str, tmp_path: Path, proof: Proof
) -> None:
    await kill_again_and_again(tmp_path, store_url, 20, proof)
