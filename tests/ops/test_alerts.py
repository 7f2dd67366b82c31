"""Alerts and dashboard name metrics that exist, in expressions that Prometheus understands."""

import importlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from newsletter import metrics
from newsletter.models import IssueCount, Provider
from newsletter.state_metrics import DATABASE_STATE
from tests.factories import make_issue

OPS = Path(__file__).parents[2] / "ops"
RULES = (OPS / "prometheus/rules.yml").read_text()
DASHBOARD = json.loads((OPS / "grafana/dashboard.json").read_text())
EXPRESSIONS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
ALERTS = re.findall(r"alert: (\w+)", RULES)

IS_REQUIRED = os.environ.get("CI", "").lower() == "true"


@pytest.fixture
def promtool():
    """Return a function that runs Prometheus' own tool and returns what it says."""
    fetched = OPS.parent / ".local" / "promtool"
    program = str(fetched) if fetched.exists() else shutil.which("promtool")
    if not program:
        (pytest.fail if IS_REQUIRED else pytest.skip)("No promtool: `.ci/promtool` fetches it.")

    def run(*arguments: str, folder: Path = OPS, given: str = "") -> str:
        done = subprocess.run(
            [program, *arguments],
            cwd=folder,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture
def exposed(client, db) -> set[str]:
    """Return the names of all samples once everything has happened."""
    issue = make_issue(state="sending")
    IssueCount.objects.refresh()
    assert IssueCount.objects.get().issue == issue
    Provider.objects.create(name="p")
    metrics.handed_over("p", ["sent"], 0.1)
    metrics.flush()
    body = "name=Ursula&email=ursula@example.org"
    client.post("/subscriptions", body, content_type="application/x-www-form-urlencoded")
    DATABASE_STATE.forget()
    families = text_string_to_metric_families(client.get("/metrics").text)
    names = {sample.name for family in families for sample in family.samples}
    DATABASE_STATE.forget()
    return names


def test_every_metric_that_is_named_exists(exposed):
    named = set(re.findall(r"zero2prod_\w+", RULES + " ".join(EXPRESSIONS)))
    assert len(named) > 20
    assert named - exposed == set()


def test_every_metric_is_on_the_dashboard_or_under_guard(exposed):
    shown = RULES + " ".join(EXPRESSIONS)
    hidden = {name for name in exposed if name not in shown}
    assert {name for name in hidden if not re.search("_(sum|count)$", name)} == set()


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_its_paragraph_and_its_trial(alert):
    assert f"\n## {alert}\n" in (OPS / "runbooks.md").read_text()
    assert f"runbook: ops/runbooks.md#{alert.lower()}\n" in RULES
    assert f"name: {alert} fires" in (OPS / "prometheus/tests.yml").read_text()


def test_every_paragraph_has_its_alert():
    found = re.findall(r"^## (\w+)$", (OPS / "runbooks.md").read_text(), re.MULTILINE)
    assert found == ALERTS


@pytest.mark.filterwarnings("ignore:Prefer using dashboardv2:DeprecationWarning")
def test_the_dashboard_is_as_grafana_would_write_it():
    """Nothing is lost or changed on the way through the types of Grafana's own SDK."""
    encoder = importlib.import_module("grafana_foundation_sdk.cog.encoder")
    plugins = importlib.import_module("grafana_foundation_sdk.cog.plugins")
    models = importlib.import_module("grafana_foundation_sdk.models.dashboard")
    plugins.register_default_plugins()
    written = encoder.JSONEncoder().encode(models.Dashboard.from_json(DASHBOARD))
    assert json.loads(written) == DASHBOARD


def test_the_rules_are_valid(promtool):
    promtool("check", "rules", "prometheus/rules.yml")


def test_each_alert_fires_for_its_fault_and_on_a_good_day_none(promtool):
    promtool("test", "rules", "tests.yml", folder=OPS / "prometheus")


def test_the_expressions_of_the_dashboard_are_valid(promtool, tmp_path):
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(EXPRESSIONS)
    ]
    file = tmp_path / "dashboard.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", str(file))


def test_prometheus_finds_nothing_to_say_of_the_metrics(promtool, client, db):
    assert promtool("check", "metrics", given=client.get("/metrics").text) == ""
