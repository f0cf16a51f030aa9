"""One gateway of a race, as a process: `python -m tests.support.race_worker URL STATE_DIR SOCKET`.

Takes orders as lines of JSON on a socket; many at once. Says `ready` on standard output, and ends when
its standard input does, so that it never outlives the tests.
"""

import asyncio
import json
import sys
from pathlib import Path

from tests.support.race_gate import Gate
from tests.support.stack import open_stack


async def main(url: str, state: Path, socket: Path) -> None:
    async with open_stack(url, state, fresh=False) as stack:
        gate = Gate.on(stack)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks = set()
            while line := await reader.readline():
                task = asyncio.create_task(answer(gate, line, writer))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            writer.close()

        async with await asyncio.start_unix_server(serve, str(socket), limit=16 * 1024 * 1024):
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.buffer.read)


async def answer(gate: Gate, line: bytes, writer: asyncio.StreamWriter) -> None:
    order = json.loads(line)
    try:
        told = await gate.do(order)
    except Exception as error:  # noqa: BLE001 - whoever waits must learn of any bug
        told = {"answer": f"crashed: {error!r}"}
    writer.write(json.dumps({**told, "number": order["number"]}).encode() + b"\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
