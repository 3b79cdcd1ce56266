"""Grafana's dashboards, written in code: what is asked of which metric, in which unit, and what to do about the answer.

They are few and alike, so the little of Grafana's JSON that they need is built here; grafana-foundation-sdk numbers its
releases so that the newest is the one for the oldest Grafana, which no lock can follow.
"""

from docs.dashboards.dicom import DICOM
from docs.dashboards.engines import ENGINES
from docs.dashboards.feeds import FEEDS
from docs.dashboards.ingest import INGEST
from docs.dashboards.overview import OVERVIEW
from docs.dashboards.panels import Dashboard
from docs.dashboards.reading import READING
from docs.dashboards.routing import ROUTING
from docs.dashboards.storage import STORAGE

DASHBOARDS: tuple[Dashboard, ...] = (
    OVERVIEW,
    INGEST,
    DICOM,
    READING,
    FEEDS,
    ROUTING,
    STORAGE,
    ENGINES,
)
