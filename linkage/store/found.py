"""Who is found where: the tables ``person`` and ``link_quality`` beside tables that share a pseudonym."""

from collections.abc import Sequence

from linkage.engine import Step, ident, literal

FLAGS = {
    "in_social_care": "social_care",
    "in_admissions": "admissions",
    "in_gp": "gp_registrations",
    "in_conditions": "long_term_conditions",
}
"""Column of ``person`` → the table that the person is found in."""


def person_step(further: Sequence[str] = ()) -> Step:
    """One row per person pseudonym: where the person is found, kind of id, number of authorities that know them.

    ``further`` tables have a column ``in_`` and their name each.
    """
    flagged = FLAGS | {f"in_{name}": name for name in further}
    union = "\n  union all\n".join(
        f"  select {literal(flag)} as flag, person_pseudonym, person_id_type, "
        f"{'la_code' if table == 'social_care' else 'null'} as la_code from {ident(table)}"
        for flag, table in flagged.items()
    )
    flags = ",\n  ".join(f"bool_or(flag = {literal(flag)}) as {ident(flag)}" for flag in flagged)
    sql = f"""
with mention as (
{union}
)
select person_pseudonym, min(person_id_type) as person_id_type,
  {flags},
  count(distinct la_code) as authorities
from mention where person_pseudonym is not null
group by person_pseudonym"""
    return Step("person", sql)


def link_quality_step() -> Step:
    """One row per (authority, kind of id): social care people, and how many are found in each health table. Exact."""
    found = ",\n  ".join(
        f"count(*) filter ({flag}) as {flag.replace('in_', 'found_in_', 1)}"
        for flag in FLAGS
        if flag != "in_social_care"
    )
    sql = f"""
with care_person as (
  select distinct la_code, person_pseudonym from social_care where person_pseudonym is not null
)
select la_code, person_id_type, count(*) as people,
  {found},
  count(*) filter (not in_gp and not in_admissions and not in_conditions) as found_nowhere
from care_person join person using (person_pseudonym)
group by la_code, person_id_type"""
    return Step("link_quality", sql)
