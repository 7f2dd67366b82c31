"""spec.yaml tells each component what config/ asks for, and nothing that config/ does not read."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.config.test_environment import DOORS, PRODUCTION, run

ROOT = Path(__file__).parents[2]
SPEC: dict[str, Any] = yaml.safe_load((ROOT / "spec.yaml").read_text())
COMPONENTS = {
    component["name"]: component
    for kind in ("services", "workers", "jobs")
    for component in SPEC[kind]
}
DATABASE = SPEC["databases"][0]
BINDABLE = {"USERNAME", "PASSWORD", "HOSTNAME", "PORT", "DATABASE", "DATABASE_URL", "CA_CERT"}
SECRETS = {
    "APP_APPLICATION__SECRET_KEY",
    "APP_APPLICATION__SECRET_KEY_FALLBACKS",
    "APP_EMAIL__URL",
}
ENTERED = {
    "APP_APPLICATION__SECRET_KEY": PRODUCTION["APP_APPLICATION__SECRET_KEY"],
    "APP_EMAIL__URL": PRODUCTION["APP_EMAIL__URL"],
    "APP_EMAIL__SENDER": PRODUCTION["APP_EMAIL__SENDER"],
    "${APP_URL}": PRODUCTION["APP_APPLICATION__BASE_URL"],
    "${newsletter.PORT}": "25060",
}
"""What the operator and the platform fill in; the rest of the bindable variables is text."""


def variables(component: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {variable["key"]: variable for variable in [*SPEC["envs"], *component["envs"]]}


def as_the_platform_sets_them(component: dict[str, Any]) -> dict[str, str]:
    found = {}
    for key, variable in variables(component).items():
        value = variable.get("value", "")
        found[key] = ENTERED.get(value or key, re.sub(r"\$\{.*\.(.*)\}", r"\1", value))
    return found


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_variable_is_one_that_is_read(name):
    config = "\n".join(path.read_text() for path in (ROOT / "config").rglob("*.py"))
    unread = [key for key in variables(COMPONENTS[name]) if f'"{key}"' not in config]
    # The parts of the database's address are put together from a prefix.
    assert [key for key in unread if not key.startswith("APP_DATABASE__")] == []


@pytest.mark.parametrize(
    ("name", "door"), [("zero2prod", "gunicorn"), *[("delivery", "manage.py")]]
)
def test_a_component_starts_with_what_it_is_told(name, door):
    result = run(
        *DOORS[door], APP_ENVIRONMENT="production", **as_the_platform_sets_them(COMPONENTS[name])
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", COMPONENTS)
def test_each_component_is_told_all_that_production_requires(name):
    told = as_the_platform_sets_them(COMPONENTS[name])
    result = run(*DOORS["wsgi"], APP_ENVIRONMENT="production", **told)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", COMPONENTS)
def test_nothing_is_known_while_the_image_is_built_and_secrets_are_never_shown(name):
    for key, variable in variables(COMPONENTS[name]).items():
        assert variable["scope"] == "RUN_TIME"
        assert (variable.get("type") == "SECRET") == (key in SECRETS)
        assert "value" not in variable or key not in SECRETS


def test_bindable_variables_are_those_of_the_database():
    text = (ROOT / "spec.yaml").read_text()
    for owner, variable in re.findall(r"\$\{(\w+)\.(\w+)\}", text):
        assert owner == DATABASE["name"]
        assert variable in BINDABLE


def test_the_components_are_built_from_one_dockerfile_and_one_branch():
    keys = ("dockerfile_path", "source_dir", "github")
    first, *others = [[component[key] for key in keys] for component in COMPONENTS.values()]
    assert [other for other in others if other != first] == []
    assert (ROOT / first[0]).exists()


def test_both_versions_fit_into_the_database_during_a_deployment():
    web, worker = variables(COMPONENTS["zero2prod"]), variables(COMPONENTS["delivery"])
    threads = int(web["APP_APPLICATION__WORKERS"]["value"]) * int(
        web["APP_APPLICATION__THREADS"]["value"]
    )
    connections = threads + int(worker["APP_DELIVERY__CONNECTIONS"]["value"]) + 2
    assert 2 * connections + 1 <= 22
