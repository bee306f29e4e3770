"""The alert rules that are shipped, against the figures that are served."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import ROOT, Clock
from tracker.scheduler import LEASE
from tracker.service import Service
from tracker.web.app import create_app

RULES = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
CASES = ROOT / "tests" / "samples" / "alerts"
PROMETHEUS_OWN = {"up"}

promtool = shutil.which("promtool")

_SELECTED = re.compile(r"\b(openlines_\w+|up)\b(\{[^}]*\})?")


def selected(expression: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The figures that an expression names, with the labels that it asks for."""
    for name, labels in _SELECTED.findall(expression):
        yield name, dict(re.findall(r'(\w+)="([^"]*)"', labels))


def served(service: Service) -> str:
    response = create_app(service).test_client().get("/metrics")
    assert response.status_code == 200
    return response.text


def samples(told: str) -> dict[str, list]:
    """Every sample by name; a figure that has nothing to tell yet is there with none."""
    found: dict[str, list] = {}
    for family in text_string_to_metric_families(told):
        found.setdefault(family.name, [])
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_figure_that_a_rule_names_is_served_with_the_labels_it_asks_for(service: Service, rule: dict) -> None:
    found, named = samples(served(service)), list(selected(rule["expr"]))
    assert named
    for name, labels in named:
        if name in PROMETHEUS_OWN:
            continue
        assert name in found, f"{rule['alert']} asks for {name}"
        assert not labels or any(labels.items() <= one.labels.items() for one in found[name]), labels
    for label in re.findall(r"\bby \((\w+)\)", rule["expr"]):
        assert f'{label}="' in served(service) or label == "kind"


def test_rules_have_one_name_each_and_say_what_is_wrong_and_what_to_do() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert len(names) == len(set(names))
    for rule in ALERTS:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert all(rule["annotations"][part].strip() for part in ("summary", "do"))
        assert re.fullmatch(r"\d+[mhd]", rule.get("for", "1m"))
        # A label that a summary shows is one that the expression leaves.
        for label in re.findall(r"\$labels\.(\w+)", str(rule["annotations"])):
            assert f"by ({label})" in rule["expr"]


def test_what_the_rules_watch_moves_when_something_happens(service: Service, clock: Clock) -> None:
    app = create_app(service).test_client()
    before = samples(app.get("/metrics").text)
    with service.store.writing() as db:
        db.feeds.take_lease(LEASE, "somebody", now=clock(), until=clock() + timedelta(minutes=1))
        slug = next(feed.slug for feed in service.feeds if feed.enabled)
        db.feeds.record_fault(slug, next_poll=clock(), kind="timeout", fault="It did not answer.")
        db.record.bump("polls")
    clock.advance(minutes=20)
    after = samples(app.get("/metrics").text)

    def value(name: str, **labels: str) -> float:
        return next(one.value for one in after[name] if labels.items() <= one.labels.items())

    assert before["openlines_scheduler_age_seconds"] == []
    assert value("openlines_scheduler_age_seconds") == value("openlines_oldest_unpolled_seconds") == 1200
    assert value("openlines_feeds_failing_by_kind", kind="timeout") == 1
    assert value("openlines_database_ready") == 1
    assert value("openlines_write_seconds_count") == before["openlines_write_seconds_count"][0].value + 1
    assert value("openlines_write_seconds_bucket", le="+Inf") == value("openlines_write_seconds_count")


@pytest.mark.sqlite
def test_a_database_that_cannot_serve_is_a_figure_and_no_failure(service: Service) -> None:
    app = create_app(service).test_client()
    with service.store.writing() as db:
        db.record._db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm0001_the_record'")
    found = samples(app.get("/metrics").text)
    assert found["openlines_database_ready"][0].value == 0
    assert "openlines_candidates_pending" not in found


@pytest.mark.skipif(promtool is None, reason="promtool is not installed; on Debian: apt-get install prometheus")
@pytest.mark.parametrize("cases", ["minutes", pytest.param("days", marks=pytest.mark.long)])
def test_prometheus_itself_fires_each_rule_when_it_should_and_not_before(cases: str) -> None:
    command = [promtool, "test", "rules", CASES / f"{cases}.yml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_has_a_case_in_which_it_fires() -> None:
    cases = "".join(path.read_text() for path in CASES.iterdir())
    assert {rule["alert"] for rule in ALERTS} == set(re.findall(r'alertname(?:: |=")(OpenLines\w+)', cases))


@pytest.mark.sqlite
def test_a_record_that_cannot_be_read_is_one_line_of_the_log_and_no_trace(service: Service, caplog) -> None:
    service.store.close()
    service.store.path.unlink()
    assert samples(served(service))["openlines_database_ready"][0].value == 0
    (line,) = (line for line in caplog.records if line.message.startswith("the figures cannot be read"))
    assert line.exc_info is None
