"""The command line: light to start, one clear line when it says no, exit codes that scripts rely on."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from gateway.cli import VERBS
from gateway.cli.client import GatewayClient, problem_of, read_token
from gateway.cli.failure import CommandError, failure_of
from gateway.cli.output import print_rows
from gateway.domain.errors import ConflictError, KeysUnavailableError, MalformedError, TamperedError
from gateway.settings import SettingsError

Run = Callable[..., subprocess.CompletedProcess[str]]

HEAVY = ("fastapi", "starlette", "sqlalchemy", "psycopg", "pydantic", "httpx2", "cryptography", "regorus")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `gateway` in a process of its own, with nothing but a state directory in its environment."""

    def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        code = "import sys; sys.argv[0] = 'gateway'; from gateway.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        )

    return call


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['gateway', '--help']\n"
        "import atexit; atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\n"
        "from gateway.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert not set(HEAVY) & set(done.stderr.split())
    assert "rich.console" not in done.stderr.split()


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_explains_itself(run: Run, verb: str) -> None:
    done = run(verb, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_an_unknown_verb_is_wrong_usage(run: Run) -> None:
    assert run("relaese").returncode == 2


def test_no_server_is_one_line_with_the_remedy_and_exit_3(run: Run) -> None:
    done = run("fragment", "list", "dos_x", "--purpose", "coordination")
    assert done.returncode == 3
    assert done.stderr.startswith("gateway: no gateway answers")
    assert "gateway serve" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_misspelt_setting_is_named_and_ends_with_2(run: Run) -> None:
    done = run("fragment", "list", "dos_x", "--purpose", "coordination", GATEWAY_STATE_DIRR="/x")
    assert done.returncode == 2
    assert "GATEWAY_STATE_DIRR" in done.stderr


def test_a_dry_run_shows_the_request_and_sends_nothing(run: Run) -> None:
    done = run("stop", "p:x", "--category", "mental_health", "--dry-run")
    assert done.returncode == 0
    sent = json.loads(done.stdout)["would_send"]
    assert sent["path"] == "/v1/stops"
    assert sent["body"] == {"person": "p:x", "reach": {"kind": "category", "category": "mental_health"}}


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (ConflictError("taken"), 1),
        (MalformedError("wrong shape", field="purpose"), 2),
        (SettingsError("unknown settings"), 2),
        (KeysUnavailableError("silent"), 3),
        (TamperedError("does not open"), 4),
    ],
)
def test_the_branch_of_an_error_gives_the_exit_code(error: Exception, exit_code: int) -> None:
    assert failure_of(error).exit_code == exit_code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "exit_code"), [(401, 1), (403, 1), (404, 1), (409, 1), (422, 2), (429, 3), (503, 3), (500, 4)]
)
def test_the_status_of_an_answer_gives_the_exit_code(status: int, exit_code: int) -> None:
    assert problem_of(httpx2.Response(status, json={"title": "No"})).exit_code == exit_code


def test_what_is_malformed_is_told_by_its_field() -> None:
    problem = {"title": "Malformed", "fields": [{"name": "Gateway-Role", "code": "malformed"}]}
    assert problem_of(httpx2.Response(400, json=problem)).details == ("Gateway-Role: malformed",)


def test_a_refusal_is_told_with_its_reasons_and_remedies() -> None:
    problem = {
        "title": "Refused",
        "code": "refused",
        "reasons": [{"code": "NO_CONSENT", "text": "Nobody agreed."}],
        "remedies": [{"rel": "ask-consent", "text": "Ask the family.", "href": "/v1/consent-requests"}],
        "ledger_entry": "led_7",
    }
    told = problem_of(httpx2.Response(403, json=problem))
    assert str(told) == "Refused [refused]"
    assert told.details == (
        "NO_CONSENT: Nobody agreed.",
        "→ Ask the family. (/v1/consent-requests)",
        "ledger entry: led_7",
    )


def test_an_answer_that_is_no_problem_document_is_still_one_line() -> None:
    assert str(problem_of(httpx2.Response(502, text="<html>"))) == "Bad Gateway [502]"


def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a.b.c\n")
    token.chmod(0o644)
    with pytest.raises(CommandError, match="readable by other users"):
        read_token(token)
    token.chmod(0o600)
    assert read_token(token) == "a.b.c"


def test_a_list_follows_the_links_to_its_end() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.params.get("cursor") == "2":
            return httpx2.Response(200, json={"items": [{"id": "frg_2"}]})
        link = '</v1/dossiers/dos_x/fragments?cursor=2>; rel="next"'
        return httpx2.Response(200, json={"items": [{"id": "frg_1"}]}, headers={"Link": link})

    with httpx2.Client(base_url="http://gateway.local", transport=httpx2.MockTransport(answer)) as http:
        rows = GatewayClient(http).list_all("/v1/dossiers/dos_x/fragments", params={}, limit=10)
    assert [row["id"] for row in rows] == ["frg_1", "frg_2"]


def test_a_table_in_a_pipe_folds_no_identifier(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"id": "apv_" + "x" * 60, "digest": "d" * 64}], ["id", "digest"], as_json=False, none="")
    assert "d" * 64 in capsys.readouterr().out
