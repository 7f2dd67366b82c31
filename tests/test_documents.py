"""The documents keep in step with what they describe."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
README = (ROOT / "README.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
FOLDERS = ("config", "newsletter", "zero2prod", "templates", "tests", "benchmarks", "docs", "ops")
PICTURE_LIMIT = 150_000


def name(path: Path) -> str:
    return path.name


def table() -> dict[str, tuple[str, str]]:
    """Return the local and production values of the README's variables."""
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in README.splitlines()
        if re.match(r"\| `[A-Z_]+` \|", line)
    ]
    return {row[0].strip("`"): (row[2], row[3]) for row in rows}


def example() -> dict[str, str]:
    lines = re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", EXAMPLE, flags=re.MULTILINE)
    return {variable: value.strip('"') for variable, value in lines}


def required_by_the_example() -> Iterator[str]:
    """Yield the variables whose comment says that production needs them."""
    comment = ""
    for line in EXAMPLE.splitlines():
        if line.startswith("#"):
            comment += line
        else:
            if "Required in production" in comment:
                yield line.partition("=")[0]
            comment = ""


def named_paths(text: str) -> Iterator[str]:
    """Yield what a document links to or names in backticks, where it is a file of ours."""
    yield from re.findall(r"\]\(([^)#:]+)\)", text)
    for words in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(rf"(?:{'|'.join(FOLDERS)})/[\w./-]*", words):
            yield words


def test_the_readme_has_every_variable_of_the_example():
    """tests/test_project_rules.py holds the example to what the configuration reads."""
    assert set(table()) == set(example())


def test_the_readme_and_the_example_give_the_same_defaults():
    for variable, (local, _) in table().items():
        if local.startswith("`") and example()[variable]:
            assert local.strip("`") == example()[variable], variable


def test_the_readme_says_required_where_the_example_does():
    required = {
        variable for variable, (_, production) in table().items() if "required" in production
    }
    assert required == set(required_by_the_example())


def test_the_readme_has_every_command():
    files = ROOT.glob("*/management/commands/[a-z]*.py")
    commands = {file.stem for file in files}
    table_rows = re.findall(r"^\| `([a-z_]+)[ `]", README, flags=re.MULTILINE)
    assert commands - set(table_rows) == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_what_a_document_names_is_there(document):
    paths = set(named_paths(document.read_text()))
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_a_document_knows_no_machine(document):
    assert not re.search(r"(?<![\w.])/(?:home|root|work|tmp|Users)/", document.read_text())


@pytest.mark.parametrize("target", ["run", "test"])
def test_the_readme_has_the_two_commands_of_the_makefile(target):
    assert f"```\nmake {target}\n```" in README
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("picture", sorted((ROOT / "docs").glob("**/*.png")), ids=name)
def test_a_picture_is_small_and_shown(picture):
    assert picture.stat().st_size <= PICTURE_LIMIT
    assert str(picture.relative_to(ROOT)) in README
