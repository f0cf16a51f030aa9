"""What the front page says is generated or true."""

from pathlib import Path

from gateway.settings import settings_markdown

ROOT = Path(__file__).parents[2]


def test_the_settings_table_of_the_readme_is_the_generated_one() -> None:
    readme = (ROOT / "README.md").read_text()
    table = readme.split("<!-- settings -->\n")[1].split("<!-- /settings -->")[0]
    assert table == settings_markdown()


def test_every_make_target_of_the_readme_exists() -> None:
    targets = {line.split(":")[0] for line in (ROOT / "Makefile").read_text().splitlines() if ":" in line}
    assert {"demo", "test", "check", "bench", "prove"} <= targets
