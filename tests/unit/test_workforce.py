"""A list of workers, read: what is understood, what is refused, and that nothing of it is repeated."""

import pytest

from gateway.domain.errors import MalformedError
from gateway.domain.workforce import LineCode, WorkerLine, parse_workers_csv, read_lines

HEADER = "id,name,roles,identity_issuer,identity_subject,active\n"


def a_line(number: int = 1, **changed: object) -> WorkerLine:
    fields: dict[str, object] = {"id": f"w:{number}", "name": "Inventée", "roles": ("caseworker",)}
    return WorkerLine(number, **{**fields, **changed})  # type: ignore[arg-type] # a test's own words


def code_of(line: WorkerLine) -> LineCode | None:
    read, refused = read_lines([line])
    assert len(read) + len(refused) == 1
    return refused[0].code if refused else None


REFUSED = {
    "an identifier of another shape": (a_line(id="w 1"), LineCode.ID),
    "no name": (a_line(name="  "), LineCode.NAME),
    "a name too long": (a_line(name="x" * 201), LineCode.NAME),
    "a name with a control sign": (a_line(name="In\x07vent"), LineCode.NAME),
    "a name that a spreadsheet would run": (a_line(name='=HYPERLINK("x")'), LineCode.FORMULA),
    "no role": (a_line(roles=()), LineCode.ROLES),
    "an unknown role": (a_line(roles=("chief",)), LineCode.ROLES),
    "a role twice": (a_line(roles=("pivot", "pivot")), LineCode.ROLES),
    "a family role": (a_line(roles=("guardian",)), LineCode.ROLES),
    "a role of the network's": (a_line(roles=("auditor",)), LineCode.NETWORK_ROLE),
    "a subject without an issuer": (a_line(identity_subject="one"), LineCode.IDENTITY),
    "an issuer with a space": (
        a_line(identity_issuer="https://a b", identity_subject="x"),
        LineCode.IDENTITY,
    ),
}


@pytest.mark.parametrize(("line", "code"), REFUSED.values(), ids=REFUSED)
def test_a_line_that_cannot_be_is_refused_with_its_code(line: WorkerLine, code: LineCode) -> None:
    assert code_of(line) is code


def test_a_line_that_can_be_is_read() -> None:
    assert code_of(a_line(identity_issuer="https://a.invalid", identity_subject="-0")) is None


def test_a_worker_or_an_identity_named_twice_is_refused_the_second_time() -> None:
    hers = {"identity_issuer": "https://a.invalid", "identity_subject": "one"}
    read, refused = read_lines([a_line(1, **hers), a_line(2, id="w:1"), a_line(3, **hers)])
    assert [one.line for one in read] == [1]
    assert [(one.line, one.code) for one in refused] == [(2, LineCode.TWICE), (3, LineCode.TWICE)]


@pytest.mark.parametrize("count", [0, 1001])
def test_a_list_has_one_to_a_thousand_lines(count: int) -> None:
    with pytest.raises(MalformedError):
        read_lines([a_line(number) for number in range(count)])


def test_a_file_is_read_with_commas_or_semicolons_in_any_order_of_columns() -> None:
    commas = parse_workers_csv((HEADER + 'w:1,"Née, Inventée",caseworker pivot,,,true\n').encode())
    columns = "name;id;active;roles;identity_issuer;identity_subject"
    other = f"{columns}\r\nNée, Inventée;w:1;TRUE;caseworker pivot;;\r\n"
    semicolons = parse_workers_csv(b"\xef\xbb\xbf" + other.encode())
    assert commas == semicolons
    assert (commas[0].line, commas[0].roles, commas[0].active) == (2, ("caseworker", "pivot"), True)


def test_empty_lines_are_passed_over_and_lines_keep_their_numbers() -> None:
    lines = parse_workers_csv((HEADER + "\n,,,,,\nw:1,Une,pivot,,,\n").encode())
    assert [(one.line, one.active) for one in lines] == [(4, None)]


SECRET = "Jeanne-Inventée-Secret"
UNREADABLE = {
    "another encoding": f"{HEADER}w:1,{SECRET},pivot,,,\n".encode("latin-1"),
    "no header": f"w:1,{SECRET},pivot,,,\n".encode(),
    "a column too many": f"{HEADER}w:1,{SECRET},pivot,,,,x\n".encode(),
    "an active that is neither": f"{HEADER}w:1,{SECRET},pivot,,,peut-être\n".encode(),
    "quotes that do not close": f'{HEADER}w:1,"{SECRET},pivot,,,\n'.encode(),
    "a NUL byte": f"{HEADER}w:1,{SECRET}\x00,pivot,,,\n".encode(),
    "a cell too long": f"{HEADER}w:1,{SECRET * 60},pivot,,,\n".encode(),
    "too many lines": (HEADER + f"w:1,{SECRET},pivot,,,\n" * 1001).encode(),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_whole_and_says_nothing_of_what_it_holds(
    content: bytes,
) -> None:
    with pytest.raises(MalformedError) as refused:
        parse_workers_csv(content)
    assert "Jeanne" not in str(refused.value)
    assert "Secret" not in str(refused.value)
