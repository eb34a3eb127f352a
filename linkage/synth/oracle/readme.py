"""The README of a written oracle."""

from collections.abc import Mapping

from linkage.synth.oracle.settings import OracleSettings

_README = """# The LTS001 oracle ({kind}): synthetic

Nobody here is real. `cldlink synth lts001` made all of it from seed {seed}: people, services and a submission of an invented
authority (specification {spec}, {start:%d/%m/%Y} to {end:%d/%m/%Y}), built backwards from three published
tables. NHS numbers are of the 9-series, which is never issued; postcodes are in areas that do not exist. Made again byte
for byte by

    cldlink synth lts001 --seed {seed}{option} --out DIR --synthetic

**What it is for.** Counting LTS001a, b and c from this submission must give the tables in `truth/lts001.csv`{promise}
How: `docs/explanation/lts001.md`.

| File | Rows |
|---|---|
{files}

- `submissions/`: one file for the whole year. {counted:,} people stand in the tables; the other {others:,} have only what must
  not count. {dirt}
- `register.csv`: everybody once, for tracing.
- `truth/people.csv`: one row per local identifier: the person, the true NHS number, the columns where the person stands, faults.
- `truth/lts001.csv`: every figure of the three tables, exact (`people`) and as printed, to the nearest 5 (`printed`).
"""


def readme_text(settings: OracleSettings, counts: Mapping[str, int], *, dirty: bool) -> str:
    """README.md of the folder, ``counts`` as ``synth_lts001`` returns them."""
    people, counted = counts["people"], counts["people_in_the_tables"]
    return _README.format(
        kind="dirty" if dirty else "clean",
        seed=settings.seed,
        spec=settings.spec,
        start=settings.period_start,
        end=settings.period_end,
        option=" --dirty" if dirty else "",
        promise=", within the tolerance of `configs/synth/lts001/dirty.yaml`."
        if dirty
        else ", every printed figure of them.",
        files="\n".join(f"| `{name}` | {rows:,} |" for name, rows in counts.items() if name.endswith(".csv")),
        counted=counted,
        others=people - counted,
        dirt="The faults are those of `configs/synth/lts001/dirty.yaml`." if dirty else "It has no faults.",
    )
