"""The words that go with a synthetic world: its README."""

import textwrap
from collections import Counter
from collections.abc import Mapping

from linkage.synth.block import Setting
from linkage.synth.submissions.habits import habits_text
from linkage.synth.truth.groups import KEYS, Cells
from linkage.synth.truth.submitted import COLUMNS as TRUTH_COLUMNS
from linkage.synth.writing import CSV

_SHOWN = ("la_code", "difficulty", "expected_outcome")

_README = """# A synthetic world ({name})

Nobody here is real. `cldlink synth` made all of it from seed {seed}: {people:,} people, {authorities} invented local authorities,
and the files that hold them, with the faults of profile `{name}`. Made again byte for byte by
(for a profile of your own, give the path of its file)

    cldlink synth --profile {name} --people {asked} --seed {seed} --absent {absent}{form} --out DIR --synthetic

**It cannot be mistaken for real people.** NHS numbers are of the 9-series, which is never issued; postcodes are in areas
that do not exist (`configs/codelists/synthetic_postcode_areas.yaml`), save a few pseudo-postcodes for people without an
address; codes of practices and small areas start with X; the authorities are invented and say so in their names.

## Its story

{story}

{habits}

{absent:.0%} of the submitted people are absent from the register, so a tracer that finds everybody is wrong. Others gave a
spouse's number, an old number, a maiden name or a nickname; some have a twin, a parent of the same name, or two identifiers.

## Files

| File | Rows |
|---|---|
{files}

- `register`: one row per NHS number and version of the record; blank `valid_to` = current; `confidentiality` S or Y =
  sensitive, I = invalidated (also the former records of people given a new identity); `superseded_by` = the number that
  replaced this one.
- `submissions/`: as the authorities would send them (UTF-8 or Windows-1252, CRLF).
- `health/`: admissions with HES column names for the year and the year before; `deaths` since two years
  before the year; one registration per person on the
  register; conditions, observations (body mass index, smoking, frailty, falls), appointments, prescribing and contacts of the
  year. They carry the true current NHS number; about one in a hundred lacks it. Codes: `configs/codelists/`.
- `reference/`: a postcode directory (small area, quintile of deprivation: 1 = most deprived) and the population at mid-year
  by authority, sex (1 male, 2 female) and age (90 = 90 and over).
- `truth/submitted_people`: {truth_columns}.
- `truth/support`: the LTS001 cell of each person with long-term support, from the true events and not from the files.
- `truth/care_home_residents`: who lived in a care home on any day of the period, service user or not.
- `truth/expected_by_group`: records by group, difficulty and expected outcome: what a tracer can reach at most.
- `truth/planted.yaml`: the effects that an analysis must find again.

## The submitted records

{tables}
"""

_REGISTER_ONLY = """# A synthetic person register ({name})

Nobody here is real. Made by

    cldlink synth --profile {name} --people {asked} --seed {seed} --absent {absent}{form} --register-only --out DIR --synthetic

{people:,} people of invented local authorities.
NHS numbers are of the 9-series, which is never issued; postcodes are in areas that do not exist; practice codes start with X.

| File | Rows |
|---|---|
{files}
"""


def readme_text(setting: Setting, counts: Mapping[str, int], groups: Cells, form: str) -> str:
    """README.md of a synthetic world; ``counts`` are rows by file, ``groups`` the records by group (none: register only)."""
    profile = setting.profile
    return (_README if groups else _REGISTER_ONLY).format(
        name=profile.name,
        seed=profile.seed,
        people=counts["people"],
        authorities=len(profile.authorities),
        asked=profile.people,
        absent=profile.register_rates.absent,
        form="" if form == CSV else f" --format {form}",
        story=textwrap.fill(profile.story, 120, break_on_hyphens=False),
        habits=_wrapped(habits_text(profile)),
        files="\n".join(f"| `{name}` | {rows:,} |" for name, rows in counts.items() if name != "people"),
        truth_columns=", ".join(f"`{column}`" for column in TRUTH_COLUMNS),
        tables="\n\n".join(_table(column, groups) for column in _SHOWN),
    )


def _wrapped(items: str) -> str:
    """The items of a Markdown list, each folded to the width of the page."""
    return "\n".join(
        textwrap.fill(item, 120, subsequent_indent="  ", break_on_hyphens=False) for item in items.splitlines()
    )


def _table(column: str, groups: Cells) -> str:
    sizes: Counter[str] = Counter()
    for key, size in groups.items():
        sizes[key[KEYS.index(column)]] += size
    rows = "\n".join(f"| {value} | {size:,} |" for value, size in sorted(sizes.items()))
    return f"| {column} | records |\n|---|---|\n{rows}"
