"""Codes on paper: what is forgiven, what is not, and how tries are counted."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.enrolments import CODE_SIGNS, SIGNS, PaperCode, code_of, parse_born, parse_code
from gateway.domain.errors import MalformedError
from gateway.domain.instants import HOUR_US, MINUTE_US, Instant
from gateway.domain.tries import NONE_YET, OF_A_CODE, OF_A_LOSS, OF_AN_ADDRESS, Tries
from tests.support.registry import AT

CODE = PaperCode("7K0M1V2X")

FORGIVEN = [
    "7K0M-1V2X",
    "7k0m-1v2x",
    "7K0M1V2X",
    "7K0M 1V2X",
    "  7K0M   1V2X \t",
    "7 K 0 M - 1 V 2 X",
    "7KOM-IV2X",
    "7kom-lv2x",
    "7KOM-LU2X",
    "7K0M\u20131V2X",
    "7K0M\u20141V2X",
    "7K0M\u22121V2X",
    "7K0M_1V2X",
    "7K0M.1V2X",
    "7K0M/1V2X",
    "\uff17\uff2b\uff10\uff2d\uff0d\uff11\uff36\uff12\uff38",
    "7K0M\u00a01V2X",
    "7K0M\n1V2X",
]


@pytest.mark.parametrize("text", FORGIVEN)
def test_what_cannot_be_meant_otherwise_is_forgiven(text: str) -> None:
    assert parse_code(text) == CODE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7K0M-1V2",
        "7K0M-1V2XX",
        "7K0M-1V2*",
        "7K0M-1V2É",
        "7K0M-1V2\u0000",
        " " * 65 + "7K0M1V2X",
        "\u0667K0M-1V2X",
        None,
        70,
        ["7K0M-1V2X"],
    ],
)
def test_what_is_no_code_is_said_to_be_none_and_not_repeated(text: object) -> None:
    with pytest.raises(MalformedError) as refused:
        parse_code(text)
    assert refused.value.field == "code"
    assert "7K0M" not in str(refused.value)


@given(st.binary(min_size=5, max_size=5))
def test_whatever_is_printed_is_read_again(noise: bytes) -> None:
    code = code_of(noise)
    assert len(code.signs) == CODE_SIGNS
    assert set(code.signs) <= set(SIGNS)
    assert parse_code(code.printed) == parse_code(code.printed.lower().replace("-", " ")) == code


def test_two_noises_are_two_codes() -> None:
    assert len({code_of(n.to_bytes(5, "big")) for n in range(0, 2**40, 2**30 + 1)}) == 1024


def test_a_code_has_no_face() -> None:
    assert "7K0M" not in repr(CODE)


@pytest.mark.parametrize(
    "text",
    [
        "1988-05-01",
        "1988/05/01",
        "1988 05 01",
        "1988.5.1",
        "19880501",
        " 1988-5-01 ",
        "\uff11\uff19\uff18\uff18-05-01",
    ],
)
def test_a_day_of_birth_is_read_as_people_write_it(text: str) -> None:
    assert parse_born(text) == date(1988, 5, 1)


@pytest.mark.parametrize(
    "text",
    ["", "01-05-1988", "1988-13-01", "1988-02-30", "1888-05-01", "1988-05", "88-05-01", None, 19880501],
)
def test_a_day_that_is_none_is_said_to_be_none(text: object) -> None:
    with pytest.raises(MalformedError):
        parse_born(text)


def after(failures: int, apart_us: int = 0) -> Tries:
    """The count after so many failures, each as soon as it may be."""
    known, at = NONE_YET, AT
    for _ in range(failures):
        at = Instant(max(at + apart_us, known.until_at))
        known = known.counted(OF_A_CODE, at)
    return known


@pytest.mark.parametrize(
    ("failures", "wait_us"),
    [
        (1, 0),
        (4, 0),
        (5, 15 * MINUTE_US),
        (6, 30 * MINUTE_US),
        (7, HOUR_US),
        (8, 2 * HOUR_US),
        (11, 16 * HOUR_US),
        (12, 24 * HOUR_US),
        (60, 24 * HOUR_US),
    ],
)
def test_five_tries_are_free_and_then_each_waits_twice_as_long(failures: int, wait_us: int) -> None:
    known = after(failures)
    assert known.wait_us(known.last_at) == wait_us
    assert known.wait_us(Instant(known.last_at + wait_us)) == 0


def test_no_wait_of_any_rule_is_for_ever() -> None:
    for rule in (OF_A_CODE, OF_AN_ADDRESS, OF_A_LOSS):
        known = Tries(10**9, AT, AT).counted(rule, AT)
        assert 0 < known.wait_us(AT) <= rule.longest_us <= 24 * HOUR_US


def test_a_count_that_nobody_added_to_is_forgotten() -> None:
    known = after(9)
    later = Instant(known.last_at + OF_A_CODE.forgotten_us)
    assert known.counted(OF_A_CODE, later) == Tries(1, later, later)


def test_who_has_the_paper_and_not_the_day_gets_few_tries_a_month() -> None:
    known, at, tried = NONE_YET, AT, 0
    while at < AT + 30 * 24 * HOUR_US:
        known, tried = known.counted(OF_A_CODE, at), tried + 1
        at = Instant(max(known.until_at, at + 1))
    assert tried < 45
