"""The alphanumeric step: exactly one person agrees on every field that the query supplies."""

from linkage.engine import Step


def alphanumeric_step(*, whole_register: bool) -> Step:
    """``mps_alphanumeric``: one row per eligible query with exactly one surviving person.

    Records of one succession chain are one person. Unless the candidates are the ``whole_register``, a query without a
    family name or a whole date of birth is not answered: others could fit that are no candidates.
    """
    return Step(
        "mps_alphanumeric",
        f"""
select p.asked_row, any_value(p.current_nhs_number) as current_nhs_number, min(r.nhs_number) as found_nhs_number
from mps_pair p join mps_record r using (as_at, person_id) join mps_query q on q.asked_row = p.asked_row
where q.may_filter and {covered_sql(whole_register=whole_register)} and not r.invalidated
  and (q.family_sound is null or r.family_sound = q.family_sound)
  and (q.gender is null or r.gender = q.gender)
  and (q.dob is null or list_contains(r.dobs, q.dob))
  and (q.dob_part is null or len(list_filter(r.dobs, lambda d: starts_with(d, q.dob_part))) > 0)
  and (q.given_sound is null or list_contains(r.given_sounds, q.given_sound))
  and (q.postcode is null or list_contains(r.postcodes, q.postcode))
  and (q.gp is null or list_contains(r.gps, q.gp))
  and (q.death is null or r.death = q.death)
  and (q.death_part is null or starts_with(r.death, q.death_part))
group by p.asked_row having count(distinct p.current_nhs_number) = 1""",
    )


def covered_sql(*, whole_register: bool) -> str:
    """SQL true when everybody who could survive the filter is among a query's candidates."""
    return "true" if whole_register else "(q.dob is not null and q.family_sound is not null)"
