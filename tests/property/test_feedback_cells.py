"""Whatever the trace, every cell of a pack comes from the person's own row or from an accepted link that may be told.

Every value of the register and of the authorities' files occurs once in the world, so that each shows whose it is.
"""

import csv
import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from linkage.audited import Asked
from linkage.feedback.pack import PackSources, write_feedback
from linkage.trace.outcomes import accepted_outcomes, outcomes
from tests.unit.traced_people import linked, write_current, write_register, write_trace

PEOPLE = 60
AUTHORITIES = ("991", "992", "993")


class World:
    """People of three authorities, a register, a trace of them and one before it; ``owner`` says whose each value is."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.owner: dict[str, str] = {}
        self.register = [self._registered(n) for n in range(PEOPLE)]
        self.sensitive = {person[0] for person in self.register if chance.random() < 0.1}
        self.invalidated = {person[0] for person in self.register if chance.random() < 0.1}
        self.ids = [f"{AUTHORITIES[n % 3]}/person{n:03}x" for n in range(PEOPLE)]
        self.current = [self._given(n) for n in range(PEOPLE)]
        self.before, self.now = (
            [self._traced(chance, place) for place in range(PEOPLE) if chance.random() < 0.9] for _ in range(2)
        )

    def _registered(self, n: int) -> tuple[str, str, str, str]:
        number, birth, death = f"9{n:09}", date(1901, 1, 1) + timedelta(n), date(2001, 1, 1) + timedelta(n)
        for value in (
            number,
            f"{birth:%d/%m/%Y}",
            birth.isoformat(),
            f"GPR{n:03}",
            f"{death:%d/%m/%Y}",
            death.isoformat(),
        ):
            self.owner[value] = number
        return number, birth.isoformat(), f"GPR{n:03}", death.isoformat()

    def _given(self, n: int) -> dict[str, object]:
        birth, death = date(1931, 1, 1) + timedelta(n), date(2011, 1, 1) + timedelta(n)
        for value in (self.ids[n].split("/")[1], f"{birth:%d/%m/%Y}", f"GPG{n:03}", f"{death:%d/%m/%Y}", f"8{n:09}"):
            self.owner[value] = self.ids[n]
        return {"query_id": self.ids[n], "date_of_birth": f"{birth:%d/%m/%Y}", "gp_practice_code": f"GPG{n:03}",
                "date_of_death": death}  # fmt: skip

    def _traced(self, chance: random.Random, place: int) -> dict[str, object]:
        outcome = chance.choice(list(outcomes()))
        number = chance.choice(self.register)[0] if outcome in accepted_outcomes() else None
        marked = number in self.sensitive and chance.random() < 0.8
        return linked(self.ids[place], number, outcome, nhs_number_given=f"8{place:09}", sensitive=marked)

    def may_see(self, query_id: str, *traces: list[dict[str, object]]) -> Iterator[str]:
        """Whose values may stand in the row of a query: its own, its links', its authority's others with the same number."""
        yield query_id
        for trace in traces:
            numbers = {
                str(row["query_id"]): row["nhs_number"] for row in trace if row["nhs_number"] and not row["sensitive"]
            }
            if query_id in numbers:
                yield str(numbers[query_id])
                yield from (o for o, n in numbers.items() if o[:3] == query_id[:3] and n == numbers[query_id])


@pytest.mark.parametrize("seed", range(3))
def test_every_cell_is_the_persons_own_or_that_of_an_accepted_link(tmp_path: Path, seed: int) -> None:
    world = World(seed)
    register = write_register(
        tmp_path / "register", world.register, sensitive=world.sensitive, invalidated=world.invalidated
    )
    current, now = write_current(tmp_path / "current", world.current), write_trace(tmp_path / "now", world.now)
    before = write_trace(tmp_path / "before", world.before)
    for out, previous, traces in (("all", None, (world.now,)), ("changed", before, (world.now, world.before))):
        write_feedback(
            PackSources(now, current, register, previous=previous), tmp_path / out, asked=Asked(synthetic=True)
        )
        seen = 0
        for code in AUTHORITIES:
            with (tmp_path / out / code / f"{code}_feedback_IDENTIFIABLE.csv").open(encoding="utf-8-sig") as handle:
                for row in csv.DictReader(handle):
                    query = f"{code}/{row['person_unique_identifier']}"
                    values = {
                        value for cell in row.values() for value in re.split(r"[ ;]+", cell) if value in world.owner
                    }
                    assert {world.owner[value] for value in values} <= {*world.may_see(query, *traces)}
                    told = {world.owner[row[name]] for name in row if name.endswith("_traced") and row[name]}
                    assert not told & world.invalidated or row["gp_practice_code_traced"] == ""
                    seen += 1
        assert seen > PEOPLE / 3
