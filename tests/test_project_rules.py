"""The rules of the code that a machine can hold: sizes, directions of imports, configuration."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = [
    path
    for folder in ("config", "newsletter", "zero2prod")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))

DOORS = {
    "admin",
    "archive",
    "clients",
    "counting_pages",
    "feeds",
    "front_door",
    "management",
    "pictures",
    "own_pages",
    "privacy_pages",
    "templatetags",
    "token_pages",
    "urls",
    "views",
    "webhooks",
}
"""What translates for somebody outside; nothing inside the newsletter imports it."""

LAYERS = [
    {"models"},
    {"links", "rendering", "guarding"},
    {"signing_up", "subscribing", "publishing", "delivery"},
]
"""Lower first. A module may import its own layer and what is below; others are not ranked."""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports: for `from a import b` both a and a.b."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(path: Path) -> str:
    """Return the module or package directly below the application."""
    return path.relative_to(ROOT).parts[1].removesuffix(".py")


def test_every_folder_of_tests_is_a_package():
    """Without it, `import newsletter` finds tests/newsletter."""
    folders = {path.parent for path in TESTS}
    assert [name(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("path", [*SOURCE, *TESTS], ids=name)
def test_a_file_has_at_most_300_lines(path):
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", SOURCE, ids=name)
def test_a_function_has_at_most_50_lines(path):
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 50]
    assert long == []


@pytest.mark.parametrize("path", SOURCE, ids=name)
def test_a_module_says_what_it_owns(path):
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCE if "newsletter" in path.parts and part(path) not in DOORS],
    ids=name,
)
def test_nothing_inside_the_newsletter_knows_its_doors(path):
    found = [module for module in imports(path) if module.startswith("newsletter.")]
    assert [module for module in found if module.split(".")[1] in DOORS] == []


@pytest.mark.parametrize("path", SOURCE, ids=name)
def test_imports_point_from_verbs_to_rendering_to_models(path):
    rank = {member: number for number, layer in enumerate(LAYERS) for member in layer}
    own = rank.get(part(path), len(LAYERS)) if "newsletter" in path.parts else len(LAYERS)
    found = [module.split(".")[1] for module in imports(path) if module.startswith("newsletter.")]
    assert [module for module in found if rank.get(module, -1) > own] == []


@pytest.mark.parametrize("path", [path for path in SOURCE if "zero2prod" in path.parts], ids=name)
def test_the_site_knows_the_newsletter_by_its_models_only(path):
    """Its health and its checks ask them; routes are named as strings."""
    found = [module for module in imports(path) if module.split(".")[0] == "newsletter"]
    assert [module for module in found if not module.startswith("newsletter.models")] == []


@pytest.mark.parametrize("path", [*SOURCE, ROOT / "manage.py"], ids=name)
def test_only_the_environment_module_reads_the_environment(path):
    if name(path) != "config/environment.py":
        assert not re.search(r"\bos\.(environ|getenv)\b|from os import", path.read_text())


def test_the_example_lists_exactly_the_variables_that_are_read():
    config = "\n".join(path.read_text() for path in SOURCE if "config" in path.parts)
    ours = "APP_[A-Z_]+__|APP_ENVIRONMENT|DATABASE_URL|SENTRY_D|OTEL_E"
    read = set(re.findall(rf'"((?:{ours})[A-Z_]*)"', config))
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)) == read


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_no_test_patches_our_own_code(path):
    assert not [module for module in imports(path) if "mock" in module.split(".")]
    ours = r"setattr\(\s*[\"']?(config|newsletter|zero2prod)\b"
    assert not re.search(ours, path.read_text())


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/static/**/*.css")), ids=name)
def test_a_style_sheet_closes_what_it_opens(path):
    """A browser drops without a word what follows a brace that is missing."""
    depth = 0
    for letter in re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        assert 0 <= depth <= 2
    assert depth == 0
