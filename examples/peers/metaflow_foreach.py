"""A loop in a loop, both over items found while running, joined level by level.

The peer: Metaflow's nested foreach. It needs a step that splits and a step that joins for each level, attributes on
`self` for the items of the split, and `inputs` in each join to gather.

Try it: `sequent run examples/peers/metaflow_foreach.py:census`
"""

import json
from pathlib import Path

from sequent import container, item, outer, param, step


@container
class census:
    """Count people by district, add up by city, and name the largest."""

    file: Path = param(default=Path("people.json"), help="people of each district of each city")

    @step
    def read(self) -> dict[str, dict[str, list[str]]]:
        """Everything that was asked."""
        people: dict[str, dict[str, list[str]]] = json.loads(self.file.read_text())
        return people

    @step
    def cities(self, people: dict[str, dict[str, list[str]]] = read.result) -> list[str]:
        """The outer loop's items."""
        return sorted(people)

    @container(repeats=cities.result, parallel=0)
    class each:
        """One city."""

        city: str = item()
        people: dict[str, dict[str, list[str]]] = outer.read.result

        @step
        def districts(self) -> list[str]:
            """The inner loop's items, others in each city."""
            return sorted(self.people[self.city])

        @step(repeats=districts.result, parallel=0)
        def count(self, district: str = item()) -> int:
            """The innermost task: one district of one city."""
            return len(self.people[self.city][district])

        @step
        def add(self, counts: list[int] = count.result) -> int:
            """The inner join."""
            return sum(counts)

        result = add

    @step
    def join(self, cities: list[str] = cities.result, sums: list[int] = each.result) -> dict[str, int]:
        """The outer join."""
        return dict(zip(cities, sums, strict=True))

    result = join
