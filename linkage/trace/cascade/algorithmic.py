"""The algorithmic step: four blocks, at most 50 candidates, a score of 0 to 100, and a gap to the runner-up."""

from linkage.engine import Engine, Step
from linkage.trace.cascade.scores import date_score_sql, gender_score_sql, name_score_sql, postcode_score_sql
from linkage.trace.cascade.settings import load_cascade_settings

SCORES = ("family", "given", "dob", "gender", "postcode")


def algorithmic(engine: Engine) -> None:
    """Make ``mps_scored`` (one row per query and candidate) and ``mps_algorithmic`` (one row per query that has any).

    ``close``: the runner-up, another person, is too close. The scores are those of the best; the score of the given name
    is that of the other given name where that is higher.
    """
    engine.run(_block_step())
    engine.run(_name_step())
    engine.run(_scored_step())
    engine.run(_decided_step())


def _block_step() -> Step:
    """Pairs of a query and a record that share a block, the most blocks first, then by number."""
    return Step(
        "mps_block",
        """
with shared as (
  select p.asked_row, p.as_at, p.person_id, p.current_nhs_number, r.nhs_number,
    coalesce(list_contains(r.family_block_sounds, q.family_block_sound), false) as family,
    coalesce(list_contains(r.given_block_sounds, q.given_block_sound), false) as given,
    coalesce(r.gender = q.gender, false) as gender,
    coalesce(list_contains(r.postcodes, q.postcode), false) as postcode
  from mps_pair p join mps_record r using (as_at, person_id) join mps_query q on q.asked_row = p.asked_row
  where q.may_score and not r.invalidated and list_contains(r.dobs, q.dob)),
counted as (
  select *, (family and given)::int + (family and gender and postcode)::int + (given and gender and postcode)::int
    + (gender and postcode)::int as blocks
  from shared)
select asked_row, as_at, person_id, current_nhs_number, nhs_number, blocks from counted where blocks > 0
qualify row_number() over (partition by asked_row order by blocks desc, nhs_number) <= $limit""",
        {"limit": load_cascade_settings().parameters.max_candidates.value},
    )


def _name_step() -> Step:
    """The best name instance of each pair: the version, begun by the as-at date, with the highest total."""
    parts = {form: name_score_sql(f"q.{form}_at", f"v.{form}_at") for form in ("given", "other_given", "family")}
    listed = ",\n    ".join(f"{sql} as {form}" for form, sql in parts.items())
    return Step(
        "mps_name_score",
        f"""
with instance as (
  select b.asked_row, b.person_id, v.begins, v.version_row,
    {listed}
  from mps_block b join mps_query q using (asked_row) join mps_version v on v.person_id = b.person_id
  where coalesce(v.begins <= q.as_at, true))
select * from instance
qualify row_number() over (partition by asked_row, person_id
  order by coalesce(given, 0) + coalesce(other_given, 0) + coalesce(family, 0) desc,
    begins desc nulls last, version_row desc) = 1""",
    )


def _scored_step() -> Step:
    return Step(
        "mps_scored",
        f"""
with part as (
  select b.*, n.given, n.other_given, n.family, {date_score_sql("q.dob", "r.dob")} as dob,
    {gender_score_sql("q.gender", "coalesce(r.gender, '0')")} as gender,
    {postcode_score_sql("q.postcode", "r.postcode", "r.postcodes")} as postcode
  from mps_block b join mps_record r using (as_at, person_id) join mps_query q on q.asked_row = b.asked_row
  left join mps_name_score n on n.asked_row = b.asked_row and n.person_id = b.person_id)
select *, round(list_avg([given, other_given, family, dob, gender, postcode]), 2) as score from part""",
    )


def _decided_step() -> Step:
    scores = ", ".join(
        f"any_value(round({'greatest(given, coalesce(other_given, given))' if s == 'given' else s}, 2)) "
        f"filter (where place = 1) as {s}"
        for s in SCORES
    )
    return Step(
        "mps_algorithmic",
        f"""
with person as (
  select * from mps_scored
  qualify row_number() over (partition by asked_row, current_nhs_number order by score desc, nhs_number) = 1),
ranked as (
  select *, row_number() over (partition by asked_row order by score desc, current_nhs_number) as place from person)
select asked_row, any_value(current_nhs_number) filter (where place = 1) as current_nhs_number,
  any_value(nhs_number) filter (where place = 1) as found_nhs_number, max(score) as score,
  coalesce(round(max(score) - max(score) filter (where place = 2), 2) < $gap, false) as close, {scores}
from ranked where place <= 2 group by asked_row""",
        {"gap": load_cascade_settings().parameters.min_gap.value},
    )
