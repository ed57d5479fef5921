"""How the service is doing, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from broker.reporting.figures.service import Service


@frozen(eq=False)
class _Collector(Collector):
    service: Service

    def collect(self) -> Iterable[Metric]:
        """All metrics, as they are now."""
        service, counts = self.service, self.service.counts
        age = service.age
        gauges = {
            "age_seconds": ("How old the figures are; -1 before there are any.", age),
            "streams": ("Readers that are pushed to.", counts.streams * 1_000_000),
        }
        for name, (text, micros) in gauges.items():
            value = -1.0 if micros is None else micros / 1e6
            yield GaugeMetricFamily(f"parley_figures_{name}", text, value)
        totals = {
            "looks": ("Looks at the store.", counts.looks),
            "failures": ("Looks that failed.", counts.failures),
            "entries": ("Entries of the log that were folded.", counts.entries),
            "folded_anew": ("How often everything was read.", service.follower.begun),
            "look_seconds": ("Time that looks took.", counts.look_seconds),
        }
        for name, (text, total) in totals.items():
            yield CounterMetricFamily(f"parley_figures_{name}", text, total)
        requests = CounterMetricFamily(
            "parley_figures_requests", "Requests by status.", labels=("path", "status")
        )
        for (path, status), number in counts.requests.items():
            requests.add_metric((path, str(status)), number)
        yield requests


def registry_of(service: Service) -> CollectorRegistry:
    """What is read at `/metrics`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(service))
    ProcessCollector(registry=registry)
    return registry
