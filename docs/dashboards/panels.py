"""Dashboards as Grafana wants them: panels in rows of a grid, each with its queries."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# Grafana's grid is so wide; the figures stand four, six or eight to a row, the curves three.
_GRID_WIDTH = 24
_FIGURE_HEIGHT = 4
_CURVES_HEIGHT = 8
_CURVES_WIDTH = 8
_SCHEMA_VERSION = 39
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


class Unit(StrEnum):
    """What a value is, by Grafana's name."""

    COUNT = "short"
    SECONDS = "s"
    BYTES = "bytes"
    PER_SECOND = "ops"
    BYTES_PER_SECOND = "Bps"
    SHARE = "percentunit"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of Prometheus, and how each answer is called; `{{label}}` stands for a label's value."""

    expression: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a figure is looked at with care, and from where on with worry; more is worse unless said."""

    warning: float
    critical: float | None = None
    less_is_worse: bool = False

    def steps(self) -> list[dict[str, Any]]:
        """Give colours from below to above."""
        if self.less_is_worse:
            worst = [] if self.critical is None else [(None, "red"), (self.critical, "orange")]
            colours = [*(worst or [(None, "orange")]), (self.warning, "green")]
        else:
            worst = [] if self.critical is None else [(self.critical, "red")]
            colours = [(None, "green"), (self.warning, "orange"), *worst]
        return [{"value": value, "color": colour} for value, colour in colours]


@dataclass(frozen=True, slots=True)
class Panel:
    """A question with its answer: one figure where there are limits, else curves over time."""

    title: str
    #: What it means, and what to do when it is not as it should be.
    description: str
    unit: Unit
    queries: tuple[Query, ...]
    limits: Limits | None = None
    #: Curves that add up are stacked.
    stacked: bool = False

    def as_json(self, number: int, place: dict[str, int]) -> dict[str, Any]:
        """Write it as Grafana reads it."""
        is_figure = self.limits is not None
        defaults: dict[str, Any] = {"unit": self.unit.value, "min": 0}
        if self.unit is Unit.SHARE:
            defaults["max"] = 1
        if self.limits is not None:
            defaults["thresholds"] = {"mode": "absolute", "steps": self.limits.steps()}
            options: dict[str, Any] = {
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "colorMode": "background",
                "graphMode": "area",
            }
        else:
            defaults["custom"] = {
                "fillOpacity": 20 if self.stacked else 5,
                "showPoints": "never",
                "stacking": {"mode": "normal" if self.stacked else "none"},
            }
            options = {
                "legend": {"displayMode": "list", "placement": "bottom"},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        return {
            "id": number,
            "type": "stat" if is_figure else "timeseries",
            "title": self.title,
            "description": self.description,
            "datasource": _DATASOURCE,
            "gridPos": place,
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": options,
            "targets": [
                {
                    "refId": chr(ord("A") + position),
                    "datasource": _DATASOURCE,
                    "expr": query.expression,
                    "legendFormat": query.legend or self.title,
                    "range": True,
                }
                for position, query in enumerate(self.queries)
            ],
        }


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Panels about one subject; figures come first."""

    name: str
    title: str
    description: str
    panels: tuple[Panel, ...]

    def as_json(self) -> str:
        """Write it as Grafana reads it."""
        document = {
            "uid": f"axial-{self.name}",
            "title": f"Axial: {self.title}",
            "description": self.description,
            "tags": ["axial"],
            "schemaVersion": _SCHEMA_VERSION,
            "editable": False,
            "refresh": "30s",
            "time": {"from": "now-3h", "to": "now"},
            "timezone": "browser",
            "links": [
                {
                    "type": "dashboards",
                    "title": "Axial",
                    "tags": ["axial"],
                    "asDropdown": True,
                    "keepTime": True,
                }
            ],
            "templating": {
                "list": [
                    {
                        "name": "datasource",
                        "label": "Prometheus",
                        "type": "datasource",
                        "query": "prometheus",
                    }
                ]
            },
            "annotations": {"list": []},
            "panels": [
                panel.as_json(number, place)
                for number, (panel, place) in enumerate(
                    zip(self.panels, self._places(), strict=True), start=1
                )
            ],
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    def _places(self) -> list[dict[str, int]]:
        """Lay figures out in rows of equal ones, and curves below, three to a row."""
        figures = sum(panel.limits is not None for panel in self.panels)
        rows = -(-figures // 8)
        per_row = -(-figures // rows) if rows else 0
        places = []
        for position in range(figures):
            row, column = divmod(position, per_row)
            width = _GRID_WIDTH // per_row
            places.append(_place(column * width, row * _FIGURE_HEIGHT, width, _FIGURE_HEIGHT))
        for position in range(len(self.panels) - figures):
            row, column = divmod(position, _GRID_WIDTH // _CURVES_WIDTH)
            y = rows * _FIGURE_HEIGHT + row * _CURVES_HEIGHT
            places.append(_place(column * _CURVES_WIDTH, y, _CURVES_WIDTH, _CURVES_HEIGHT))
        return places


def _place(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "w": width, "h": height}
