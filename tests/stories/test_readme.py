"""What README shows is what happens: the demo is run, and its output compared with the text."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
README = (TREE / "README.md").read_text(encoding="utf-8")

SAME = (
    (re.compile(r"\b(dec|cns|stp|frg|hnd)_[0-9a-z]{26}\b"), r"\1_"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "INSTANT"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "DAY"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"/\S*/gateway-demo-\w+"), "FOLDER"),
    (re.compile(r"^   \S*gateway (?=ledger verify|doctor|serve)", re.MULTILINE), "   gateway "),
    # How many entries a seed makes is no promise.
    (re.compile(r"\bentry \d+"), "entry N"),
    (re.compile(r"\d+ entries, \d+ of them"), "N entries, N of them"),
    (re.compile(r"(?<=\S) {2,}"), "  "),
)


def normalised(text: str) -> list[str]:
    """Take out what differs between runs: ids, instants, places in the ledger, the port, the folder."""
    for pattern, kept in SAME:
        text = pattern.sub(kept, text)
    return text.strip().splitlines()


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """The demo, as the Makefile's target runs it."""
    folder = tmp_path_factory.mktemp("demo")
    gateway = shutil.which("gateway", path=str(Path(sys.executable).parent))
    assert gateway is not None
    return subprocess.run(
        [gateway, "demo"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"HOME": str(folder), "TMPDIR": str(folder), "PATH": "/usr/bin:/bin"},
    )


def test_the_demo_prints_what_readme_shows(demo: subprocess.CompletedProcess[str]) -> None:
    assert demo.returncode == 0, demo.stderr
    shown = block("demo").removeprefix("```console\n$ make demo\n").rpartition("```")[0]
    assert normalised(demo.stdout) == normalised(shown)


def test_the_demo_writes_no_colour_to_what_is_no_terminal_and_nothing_to_standard_error(
    demo: subprocess.CompletedProcess[str],
) -> None:
    assert "\x1b" not in demo.stdout
    assert not demo.stderr


def test_make_demo_runs_the_demo() -> None:
    recipe = (TREE / "Makefile").read_text(encoding="utf-8").partition("\ndemo:")[2].partition("\n\n")[0]
    assert "@$(BIN)/gateway demo" in recipe


@pytest.mark.parametrize("target", ["demo", "test", "check", "bench", "prove"])
def test_every_target_that_readme_names_exists(target: str) -> None:
    assert f"`make {target}`" in README
    assert f"\n{target}: ##" in (TREE / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["README.md", "ARCHITECTURE.md", "deploy/README.md", "deploy/obligations.md"]
)
def test_every_file_that_a_document_points_to_exists(name: str) -> None:
    text = (TREE / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^):#]+)\)", text)
    places = [(TREE / name).parent / link for link in links]
    named = re.findall(r"`((?:gateway|policies|tests|deploy|keys)/[\w./-]*)`", text)
    places += [TREE / one for one in named]
    assert [str(place) for place in places if not place.exists()] == []
