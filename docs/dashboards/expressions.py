"""Expressions of PromQL that come again and again."""

# Grafana puts in what fits the scrape interval, and the time that is shown.
_OVER = "[$__rate_interval]"

#: All that answer /metrics, by the names of their jobs.
SERVICES = 'job=~"ingest|index|changefeed|router|dicom-gateway"'

# Asked by probes, not by users.
USERS = 'route!~"/readyz|/healthz|/metrics"'


def rate(counter: str, by: str = "", where: str = "") -> str:
    """How much a counter grows in a second, summed over replicas."""
    grouped = f" by ({by})" if by else ""
    selector = f"{{{where}}}" if where else ""
    return f"sum{grouped} (rate({counter}{selector}{_OVER}))"


def quantile(share: float, histogram: str, by: str = "", where: str = "") -> str:
    """The value below which a share of the observations is."""
    labels = f"{by}, le" if by else "le"
    selector = f"{{{where}}}" if where else ""
    return f"histogram_quantile({share}, sum by ({labels}) (rate({histogram}_bucket{selector}{_OVER})))"


def mean(histogram: str, by: str = "") -> str:
    """The mean of the observations."""
    return f"{rate(f'{histogram}_sum', by)} / {rate(f'{histogram}_count', by)}"


def worst(gauge: str, by: str = "", where: str = "") -> str:
    """What the worst replica says; all tell of the same, or but one tells anything."""
    grouped = f" by ({by})" if by else ""
    selector = f"{{{where}}}" if where else ""
    return f"max{grouped} ({gauge}{selector})"


def or_zero(expression: str) -> str:
    """0 where there is nothing to tell of."""
    return f"{expression} or vector(0)"
