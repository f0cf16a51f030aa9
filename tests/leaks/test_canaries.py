"""Whatever a request carries, and wherever it carries it, is in no answer and in no log line at debug."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.leak_canaries import Carrying, carrying
from tests.support.leak_stage import Answer, Stage

CALLERS = {
    "a worker": "bob@client:clinic",
    "nobody": None,
    "an administrator": "fil@client:clinic",
    "an officer": "eva@client:clinic",
    "a guardian": "conte@client:family+guardian",
}


CALLED = ("/v1/passkeys/challenges", "body label")
"""The authenticator is told what to call the passkey, as its holder has typed it (WebAuthn, 5.4.3)."""


def is_repeated(one: Carrying, answer: Answer) -> bool:
    if (one.path.rstrip("?"), one.place) == CALLED:
        return False
    # The address of a list's next page repeats its own question, which was well formed.
    headers = [(name, value) for name, value in answer.headers if name != "link" or one.method != "GET"]
    return one.mark in (repr(headers) + answer.body.decode("latin-1")).lower()


@pytest.mark.parametrize(
    "who",
    ["a worker", "nobody", *(pytest.param(one, marks=pytest.mark.prove) for one in list(CALLERS)[2:])],
)
def test_nothing_that_a_request_carries_is_in_an_answer_or_in_the_log(who: str, stage: Stage) -> None:
    asked = list(carrying(stage.ask(None, "GET", "/openapi.json").said))
    assert len(asked) > 1500
    with ThreadPoolExecutor(4) as lanes:
        answers = list(
            lanes.map(lambda one: stage.ask(CALLERS[who], one.method, one.path, one.body, one.headers), asked)
        )
    found = [
        (one.method, one.path, one.place, answer.status)
        for one, answer in zip(asked, answers, strict=True)
        if answer.status >= 500 or is_repeated(one, answer)
    ]
    assert found == []
    log = stage.log.read_text(encoding="utf-8").lower()
    assert [one for one in asked if one.mark in log] == []
