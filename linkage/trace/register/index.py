"""What is made of all slices together: the inverted index, the succession of numbers, term frequencies and u."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from linkage.engine import Engine, Step
from linkage.trace import model
from linkage.trace.comparisons import FREQUENCY_COLUMNS
from linkage.trace.nicknames import load_nicknames
from linkage.trace.records import PostcodeKind, nickname_step
from linkage.trace.register.folder import whole_person_sql
from linkage.trace.settings import RegisterSettings

_ROW_GROUP = 16_384
_LONGEST_CHAIN = 20


def write_bucket(engine: Engine, parts: Sequence[Path], path: Path, max_people_per_key: int) -> None:
    """Write one bucket of the index, sorted by key; keys that more people share than the limit are left out."""
    files = {"parts": [*map(str, parts)]}
    engine.run(Step("bucket", "select * from read_parquet($parts) order by key_hash, person_id", files))
    # In this order, a key that more rows have than the limit stands at two places or more of every half limit.
    often = "select key_hash from bucket where rowid % $step = 0 group by key_hash having count(*) > 1"
    engine.run(Step("frequent_key", often, {"step": max(1, max_people_per_key // 2)}))
    common = (
        "select key_hash from bucket semi join frequent_key using (key_hash) group by key_hash having count(*) > $limit"
    )
    engine.run(Step("common_key", common, {"limit": max_people_per_key}))
    kept = "select * from bucket anti join common_key using (key_hash) order by key_hash, person_id"
    engine.write_parquet(Step("write_bucket", kept), path, _ROW_GROUP)
    engine.drop("bucket", "frequent_key", "common_key")


def write_succession(engine: Engine, links: Sequence[Path], person_files: Sequence[str], path: Path) -> tuple[int, int]:
    """Follow every superseded number to the current one (20 steps at most); return how many there are, and how many of
    them are ``broken``: they lead in a circle, further than that, or to a number of which the register has no record.

    The current number of a circle is the least of its numbers, so that its records count as one person.
    """
    engine.run(Step("link", "select * from read_parquet($links)", {"links": [*map(str, links)]}))
    engine.run(
        Step(
            "current_number",
            f"""
with recursive hop as (select nhs_number, next from link where next is not null),
walk as (
  select nhs_number, next, 1 as steps from hop
  union all
  select walk.nhs_number, hop.next, walk.steps + 1 from walk join hop on hop.nhs_number = walk.next
  where walk.steps < {_LONGEST_CHAIN}),
ends as (
  select nhs_number, arg_max(next, steps) as reached, bool_or(next = nhs_number) as circular, min(next) as least
  from walk group by nhs_number),
named as (
  select e.nhs_number, case when r.circular then r.least else e.reached end as current_nhs_number
  from ends e left join ends r on r.nhs_number = e.reached),
there as (
  select nhs_number from read_parquet($people) where nhs_number in (select current_nhs_number from named))
select e.*, coalesce(c.sensitive, false) as current_sensitive, t.nhs_number is null or c.next is not null as broken
from named e left join link c on c.nhs_number = e.current_nhs_number
left join there t on t.nhs_number = e.current_nhs_number""",
            {"people": list(person_files)},
        )
    )
    engine.write_parquet(Step("write_succession", "select * from current_number order by nhs_number"), path)
    broken = engine.value(Step("count_broken", "select count(*) from current_number where broken"))
    return engine.count("current_number"), int(broken)


def write_terms(engine: Engine, person_files: Sequence[str], settings: RegisterSettings, path: Path) -> None:
    """One row per (column, value): its share of the people, the packaged baseline counting as some more people.

    A register of a few people would otherwise make every name look common.
    """
    more = settings.baseline_people
    parts = [
        f"select '{column}' as field, cast({column} as varchar) as value,\n"
        f"  (count(*) + {more * settings.baseline_frequency[column]}) / (sum(count(*)) over () + {more}) as frequency\n"
        f"from read_parquet($people) where {column} is not null group by {column}"
        for column in FREQUENCY_COLUMNS
    ]
    union = "\nunion all ".join(parts)
    step = Step("write_terms", f"select * from ({union}) order by field, value", {"people": list(person_files)})
    engine.write_parquet(step, path, _ROW_GROUP)


def measure_u(
    engine: Engine, person_files: Sequence[str], postcode_as: PostcodeKind, settings: RegisterSettings
) -> Mapping[str, Mapping[str, float]]:
    """u of every level, from people of the first slices: a slice is a random part of the register."""
    load_nicknames(engine)
    sample = Step(
        "sample",
        "select * from read_parquet($people) order by hash(nhs_number), person_id limit $size",
        {"people": list(person_files), "size": settings.u_sample_people},
    )
    engine.run(sample)
    person = whole_person_sql("sample", "current_number", postcode_as)
    engine.run(Step("whole_sample", f"select * exclude (given_related, family_related) from ({person})"))
    engine.run(nickname_step("u_people", "whole_sample", "person_id"))
    return model.estimate_u(engine, "u_people", settings)
