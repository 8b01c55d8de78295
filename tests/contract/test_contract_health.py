"""The routes for operators of the service."""

from tests.support.combination import Combination


def test_a_live_process_reports_its_name(combination: Combination) -> None:
    assert combination.body("/health/live") == {"status": "ok", "combination": combination.name}


def test_a_ready_service_reports_its_database_and_cache(combination: Combination) -> None:
    assert combination.body("/health/ready") == {
        "status": "ok",
        "combination": combination.name,
        "database": "ok",
        "cache": "ok" if combination.cached else "off",
    }


def test_metrics_are_prometheus_text(combination: Combination) -> None:
    answer = combination.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert 'http_requests_total{route="metrics"' in combination.get("/metrics").text
