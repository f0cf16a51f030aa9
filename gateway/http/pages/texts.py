"""What the pages say, in both languages, read from `texts/pages.toml` and checked to be complete."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Formatter

from gateway.http.words import Language


@dataclass(frozen=True, slots=True)
class PageTexts:
    """Texts by `table.key` and language."""

    texts: Mapping[str, Mapping[Language, str]]

    def say(self, key: str, language: Language, **values: str) -> str:
        """Give one text, its `{names}` filled in.

        Raises:
            KeyError: There is no such text, or a name of it is not given.
        """
        return self.texts[key][language].format(**values)


def read_page_texts() -> PageTexts:
    """Read the catalogue that ships with the gateway.

    Raises:
        ValueError: A text is not said in both languages, or not with the same names to be filled in.
    """
    raw = files("gateway.http").joinpath("texts", "pages.toml").read_text(encoding="utf-8")
    texts: dict[str, Mapping[Language, str]] = {}
    for table, entries in tomllib.loads(raw).items():
        for key, said in entries.items():
            if set(said) != set(Language) or not all(said.values()):
                raise ValueError(f"{table}.{key} is not said in both languages")
            if _names(said[Language.FR]) != _names(said[Language.EN]):
                raise ValueError(f"{table}.{key} fills in something else in the other language")
            texts[f"{table}.{key}"] = {Language(one): text for one, text in said.items()}
    return PageTexts(texts)


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
