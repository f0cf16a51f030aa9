"""Small wrongs put into the policies, one at a time: a rule that no table notices is a rule nobody holds."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.adapters.policy.bundle import Bundle

_SWAPS = (
    (" == ", " != "),
    (" != ", " == "),
    (" < ", " <= "),
    (" <= ", " < "),
    (" > ", " >= "),
    (" >= ", " > "),
)
_LEFT_OUT = ("gateway/language/", "gateway/selftest/", "gateway/wire/", "gateway/explanation/")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One file of the bundle with one line changed."""

    path: str
    line: str
    change: str
    count: int
    """How often this line of the file has been changed so."""
    text: str

    @property
    def name(self) -> str:
        again = f" ({self.count})" if self.count > 1 else ""
        return f"{self.path.removeprefix('gateway/')} | {self.line} | {self.change}{again}"

    def put_into(self, bundle: Bundle) -> Bundle:
        files: Mapping[str, bytes] = {
            path: content for path, content in bundle.files.items() if not path.startswith(_LEFT_OUT)
        }
        return Bundle.of({**files, self.path: self.text.encode()})


def mutants(bundle: Bundle) -> Iterator[Mutant]:
    """Every mutant of every rule and every table, in the order of files and lines."""
    for path, content in bundle.files.items():
        if path.startswith(_LEFT_OUT) or not path.endswith((".rego", "data.yaml")):
            continue
        lines = content.decode().splitlines()
        changes = _of_rule if path.endswith(".rego") else _of_table
        seen: Counter[tuple[str, str]] = Counter()
        for number, line in enumerate(lines):
            if not line.strip() or line.lstrip().startswith(("#", "package ")):
                continue
            for change, new in changes(line):
                if change == "left out" and _is_the_value_of(line, lines[number - 1]):
                    continue  # `x := y if { y }` asks twice for the same.
                text = "\n".join([*lines[:number], *new, *lines[number + 1 :]])
                seen[line, change] += 1
                yield Mutant(path, line.strip(), change, seen[line, change], text + "\n")


def _is_the_value_of(line: str, before: str) -> bool:
    return re.search(rf":= {re.escape(line.strip())} if {{$", before) is not None


def _plain(line: str) -> str:
    """The line with its raw texts blanked: a pattern has tests of its own."""
    return re.sub(r"`[^`]*`", lambda raw: "`" + " " * (len(raw[0]) - 2) + "`", line)


def _of_rule(line: str) -> Iterator[tuple[str, list[str]]]:
    for old, new in _SWAPS:
        if old in line:
            yield f"{old.strip()} becomes {new.strip()}", [line.replace(old, new, 1)]
    if re.search(r"\bnot (?=[\w\"])", line):
        yield "without not", [re.sub(r"\bnot (?=[\w\"])", "", line, count=1)]
    for old, new in (("true", "false"), ("false", "true")):
        if re.search(rf"\b{old}\b", line):
            yield f"{old} becomes {new}", [re.sub(rf"\b{old}\b", new, line, count=1)]
    for found in re.finditer(r'"(\w+)"', _plain(line)):
        yield f"{found[0]} becomes another word", [line[: found.start()] + '"altered"' + line[found.end() :]]
    for found in re.finditer(r"(?<![\w.\"-])\d+(?![\w.\"])", _plain(line)):
        yield (
            f"{found[0]} becomes one more",
            [line[: found.start()] + str(int(found[0]) + 1) + line[found.end() :]],
        )
    if re.match(r"^\S.* if [^{]*$", line):
        yield "left out", []
        yield "without its condition", [re.sub(r" if [^{]*$", " if true", line)]
    elif re.match(r"^\t+[^}\])]", line) and not line.rstrip().endswith(("{", "[", "(", ",", "|")):
        yield "left out", []


def _of_table(line: str) -> Iterator[tuple[str, list[str]]]:
    if re.match(r"^\s+- \w+$", line):
        yield "left out", []
    listed = re.search(r"\[([^\]]*)\]", line)
    for word in re.findall(r"[\w.]+", listed[1]) if listed else ():
        rest = [other for other in re.findall(r"[\w.]+", listed[1]) if other != word] if listed else []
        yield f"without {word}", [re.sub(r"\[[^\]]*\]", "[" + ", ".join(rest) + "]", line)]
    for found in re.finditer(r"(?<=: )\d+\b", line):
        yield (
            f"{found[0]} becomes one more",
            [line[: found.start()] + str(int(found[0]) + 1) + line[found.end() :]],
        )
