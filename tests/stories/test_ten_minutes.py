"""The ten-minute page is run as it stands, in an empty folder, against a sandbox of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
PAGE = (TREE / "deploy" / "ten-minutes.md").read_text(encoding="utf-8")
PORT = 8742
BLOCK = re.compile(r"<!-- (terminal \d|file \S+) -->\n```\w+\n(.*?)\n```", re.DOTALL)


def free_port() -> int:
    """The page's own port, or another where somebody has taken it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the page needs curl, which is not here")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What terminal 2 prints, block by block."""
    folder, port = tmp_path_factory.mktemp("ten"), free_port()
    page = PAGE
    if port != PORT:
        start = "gateway sandbox start --state sandbox"
        page = page.replace(str(PORT), str(port)).replace(start, f"{start} --listen 127.0.0.1:{port}")
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    env = {"HOME": str(folder), "PATH": path, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    running: list[subprocess.Popen[bytes]] = []
    printed: list[str] = []
    # Terminal 2 is one shell: what a block exports, the next one has.
    script = ["set -e"]
    try:
        for where, text in BLOCK.findall(page):
            if where == "terminal 1":
                shell = subprocess.Popen(
                    ["/bin/bash", "-ec", text], cwd=folder, env=env, start_new_session=True
                )
                running.append(shell)
            elif where == "terminal 2":
                script += ["echo '<block>'", text]
            else:
                (folder / where.removeprefix("file ")).write_text(text + "\n", encoding="utf-8")
        shell_text = "\n".join(script)
        done = subprocess.run(
            ["/bin/bash", "-c", shell_text],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        printed = done.stdout.split("<block>\n")[1:]
        yield printed
    finally:
        for one in running:
            os.killpg(one.pid, signal.SIGTERM)
            one.wait(timeout=60)


def test_every_block_of_the_page_is_run(told: list[str]) -> None:
    assert len(told) == PAGE.count("<!-- terminal 2 -->") == 7
    assert PAGE.count("```sh") + PAGE.count("```python") == len(BLOCK.findall(PAGE))


def test_the_gateway_is_there_and_says_where_tokens_are(told: list[str]) -> None:
    assert '"status":"ready"' in told[0]
    assert "/oauth/token" in told[0]


def test_the_token_says_who_asks(told: list[str]) -> None:
    assert told[1].startswith("200 ")
    assert "sandbox-clinic-worker" in told[1]
    assert "sandbox-dossier-01" in told[1]


def test_the_first_release_is_the_letter(told: list[str]) -> None:
    assert told[2].startswith("201 ")
    assert "Aubépine aime le sable" in told[2]


def test_the_first_refusal_says_why_and_what_to_do(told: list[str]) -> None:
    assert told[3].startswith("403 ")
    assert "NO_CONSENT" in told[3]
    assert '"rel":"ask-consent"' in told[3]


def test_what_does_not_exist_is_not_visible(told: list[str]) -> None:
    assert told[4].startswith("404 ")


def test_the_command_line_lists_and_releases(told: list[str]) -> None:
    assert "sandbox-letter-01" in told[5]
    assert "Aubépine aime le sable" in told[5]


def test_curl_is_answered_with_the_proof_that_it_was_handed(told: list[str]) -> None:
    assert "Coquelicot aime le sable" in told[6]
