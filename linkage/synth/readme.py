"""The words that go with a synthetic world: its README."""

import textwrap

from linkage.synth.block import Setting
from linkage.synth.planted import planted_text as planted_text
from linkage.synth.truth import COLUMNS as TRUTH_COLUMNS

_README = """# A synthetic world ({name})

Nobody here is real. `cldlink synth` made all of it from seed {seed}: {people:,} adults, two invented local authorities, and
the files that hold those people, with the faults that real files have. Made again byte for byte by

    cldlink synth --profile {name} --people {asked} --seed {seed} --out DIR --synthetic

**It cannot be mistaken for real people.** NHS numbers are of the 9-series, which is never issued; postcodes are in areas
that do not exist (`configs/codelists/synthetic_postcode_areas.yaml`), save a few pseudo-postcodes for people without an
address; practice codes start with X; the authorities are invented and say so in their names.

## Its story

{story}

{share_absent:.0%} of the submitted people are absent from the register, so a tracer that finds everybody is wrong. Others gave a
spouse's number, an old number, a maiden name or a nickname; some have a twin, a parent of the same name, or two identifiers.

## Files

| File | Rows |
|---|---|
{files}

- `register.csv`: one row per NHS number and version of the record; blank `valid_to` = current; `confidentiality` S or Y =
  sensitive, I = invalidated; `superseded_by` = the number that replaced this one.
- `submissions/`: as the authorities would send them (UTF-8 or Windows-1252, CRLF).
- `health/`: admissions with HES column names for the year and the year before, one registration per person on the register,
  and long-term conditions. They carry the true current NHS number; about one in a hundred lacks it.
- `truth/submitted_people.csv`: {truth_columns}.
- `truth/planted.yaml`: the effects that an analysis must find again.

## The submitted records

{tables}
"""


def readme_text(setting: Setting, counts: dict[str, int], story: dict[str, dict[str, int]]) -> str:
    """README.md of a synthetic world."""
    profile = setting.profile
    return _README.format(
        name=profile.name,
        seed=profile.seed,
        people=counts["people"],
        asked=profile.people,
        story=textwrap.fill(profile.story, 120, break_on_hyphens=False),
        share_absent=profile.register_rates.absent,
        files="\n".join(f"| `{name}` | {rows:,} |" for name, rows in counts.items() if name != "people"),
        truth_columns=", ".join(f"`{column}`" for column in TRUTH_COLUMNS),
        tables="\n\n".join(_table(column, sizes) for column, sizes in story.items()),
    )


def _table(column: str, sizes: dict[str, int]) -> str:
    rows = "\n".join(f"| {value} | {size:,} |" for value, size in sizes.items())
    return f"| {column} | records |\n|---|---|\n{rows}"
