"""A sweep: times better of each change, over the levels of each factor."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from loadtests.report.charts.base import OTHER_COLOURS, SYMBOLS, DataTable, Picture, Trace, axis, layout, log_axis, safe
from loadtests.report.document import Document

NO_CHANGE: Final = {"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": 1, "y1": 1}


def sweep_pictures(document: Document) -> Iterator[Picture]:
    run = document["report"]["further"].get("sweep")
    changes = list(dict.fromkeys(finding["comparison"] for finding in run["findings"])) if run else []
    for factor in run["factors"] if run else ():
        findings = [finding for finding in run["findings"] if finding["factor"] == factor["name"] and finding["values"]]
        if findings:
            yield _factor(factor, findings, changes)


def _factor(factor: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], changes: list[str]) -> Picture:
    title = f"{factor['title']}{',' + factor['unit'] if factor['unit'].strip() else ''}"
    levels = sorted({value["level"] for finding in findings for value in finding["values"]})
    values = [value[end] for finding in findings for value in finding["values"] for end in ("low", "high")]
    rows = [
        (finding["comparison"], value["level"], value["ratio"], value["low"], value["high"])
        for finding in findings
        for value in finding["values"]
    ]
    spread = levels[0] > 0 and levels[-1] / levels[0] > 10
    xaxis = log_axis(f"{title} (log scale)", levels) if spread else axis(title)
    return Picture(
        f"sweep-{factor['name'].replace('_', '-')}",
        f"Times better over the {factor['title']}",
        f"Above 1 the change is better. {' '.join(_capital(finding['sentence']) for finding in findings)}",
        {
            "data": [_ratios(finding, changes.index(finding["comparison"])) for finding in findings],
            "layout": layout(
                xaxis,
                log_axis("times better (log scale)", [*values, 1.0]),
                shapes=[NO_CHANGE],
                showlegend=True,
                legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "itemclick": "toggle"},
            ),
        },
        DataTable(("change", title, "times better", "from", "to"), rows),
        height=400,
    )


def _capital(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _ratios(finding: Mapping[str, Any], place: int) -> Trace:
    values = sorted(finding["values"], key=lambda value: value["level"])
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": safe(finding["comparison"]),
        "meta": {"change": finding["comparison"]},
        "x": [value["level"] for value in values],
        "y": [value["ratio"] for value in values],
        "error_y": {
            "array": [value["high"] - value["ratio"] for value in values],
            "arrayminus": [value["ratio"] - value["low"] for value in values],
        },
        "marker": {
            "color": OTHER_COLOURS[place % len(OTHER_COLOURS)],
            "symbol": SYMBOLS[place % len(SYMBOLS)],
            "size": 9,
        },
        "hovertemplate": "%{x}: %{y:.4~g} times better<extra>" + safe(finding["comparison"]) + "</extra>",
    }
