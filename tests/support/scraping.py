"""What `/metrics` says, as numbers."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class Figures:
    """One scrape, or several processes' scrapes together."""

    families: tuple[Metric, ...]

    def of(self, name: str, **labels: str) -> float:
        """The sum of all samples of that name with these labels."""
        return sum(
            sample.value
            for family in self.families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def names(self) -> set[str]:
        return {sample.name for family in self.families for sample in family.samples}

    def label_values(self) -> Iterator[str]:
        for family in self.families:
            for sample in family.samples:
                yield from sample.labels.values()


async def scraped(*urls: str) -> Figures:
    families: list[Metric] = []
    async with httpx.AsyncClient(timeout=40) as http:
        for url in urls:
            answer = await http.get(f"{url}/metrics")
            assert answer.status_code == 200, answer.text
            families += text_string_to_metric_families(answer.text)
    return Figures(tuple(families))
