"""The server's side of a cell."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from loadtests.observe.processes import Sample, Samples, by_program, usage_between
from loadtests.targets.prometheus import increase, parsed


def test_use_between_two_times_is_interpolated_between_samples() -> None:
    samples = [Sample(0, 1.0, 10), Sample(2, 3.0, 30), Sample(4, 3.0, 20)]
    usage = usage_between(samples, 1, 3)
    assert usage is not None
    assert (usage.cpu_s, usage.peak_rss_mb) == (1.0, 30)


def test_a_program_without_samples_has_no_use() -> None:
    assert usage_between([], 0, 1) is None


BURNER = """
import subprocess, sys, time
from pathlib import Path

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

folder, generations = Path(sys.argv[1]), int(sys.argv[2])
if generations:
    subprocess.Popen([sys.executable, __file__, sys.argv[1], str(generations - 1)])
(folder / f"ready{generations}").touch()
while not (folder / "go").exists():
    time.sleep(0.01)
burn(0.4)
(folder / f"done{generations}").touch()
while (folder / "go").exists():
    time.sleep(0.01)
"""


def wait_for(*paths: Path) -> None:
    end = time.monotonic() + 30
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_cpu_time_of_a_process_and_its_child_is_measured_from_outside(tmp_path: Path) -> None:
    script = tmp_path / "burner.py"
    script.write_text(BURNER)
    process = subprocess.Popen([sys.executable, str(script), str(tmp_path), "1"])
    try:
        wait_for(tmp_path / "ready0", tmp_path / "ready1")
        samples = Samples([process.pid])
        start = time.time()
        samples.take(whole=True)
        (tmp_path / "go").touch()
        wait_for(tmp_path / "done0", tmp_path / "done1")
        samples.take(whole=True)
        usage = by_program(samples.between({"program": process.pid}, start, time.time()))["program"]
        assert usage.cpu_s == pytest.approx(0.8, rel=0.25)
        assert usage.peak_rss_mb > 1
    finally:
        (tmp_path / "go").unlink(missing_ok=True)
        process.kill()
        process.wait(10)


def test_counters_are_read_by_name_and_labels_and_grow() -> None:
    text = (
        "# TYPE cache_events counter\n"
        'cache_events_total{event="hit"} 3.0\n'
        "# TYPE python_gc counter\npython_gc_total 9.0\n"
    )
    assert parsed(text) == {"cache_events_total{event=hit}": 3.0}
    assert increase({"a": 1.0}, {"a": 4.0, "b": 2.0}) == {"a": 3.0, "b": 2.0}
