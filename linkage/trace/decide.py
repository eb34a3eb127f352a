"""One decision per query: from evidence to an outcome, in one place.

A link is accepted when the best person's weight reaches ``min_weight``, lies ``min_gap`` clear of the next *different*
person, and the evidence identifies: a date of birth that agrees at least in part, or both names with the NHS number or
the postcode (``_judged_step``). Nothing is ever chosen between two close candidates. Ties are ordered by weight, then NHS number,
so that the result does not depend on threads or order.
"""

from datetime import date

from linkage.engine import Engine, Step
from linkage.trace.comparisons import COMPARISONS, comparison_of, paired_columns_sql
from linkage.trace.settings import Profile, WeightCaps

_IDENTIFYING = ("given_name", "family_name", "date_of_birth", "postcode")
# Given names that are the person's own, or may be: a familiar form may be a twin's or a spouse's of the other gender too
# (Chris), a name that is only like theirs anybody's.
_OWN = "'exact', 'shared', 'exchanged'"
_SURE = f"{_OWN}, 'nickname'"
# What the names together say of the given name. In the wrong field it is still the person's (``exchanged``), or its initial or a
# familiar form as in the right one; a given name that is only like the person's family name says nothing of it: a spouse has
# that too.
_GIVEN_NAME = """case when level_family_name = 'crossed' and coalesce(level_given_name, '') not in ('initial', 'nickname')
    then 'exchanged'
  when level_given_name = 'crossed' then case when level_family_name is null then 'missing' else 'different' end
  else coalesce(level_given_name, 'missing') end"""


# The first word of the given name is the person's: no other given name of theirs, and no form of it.
_CALLED = "coalesce(split_part(q.given, ' ', 1) = split_part(p.given, ' ', 1), false)"
# What is known of the query's date of birth where it was not given whole, or is a 1 January: that stands for the year.
_BORN = "coalesce(q.dob_part, case when ends_with(q.dob, '-01-01') then substr(q.dob, 1, 4) || '-__-__' end)"


def decide(engine: Engine, profile: Profile, caps: WeightCaps, prior_weight: float, today: date) -> None:
    """Make table ``decision`` (one row per row of ``query``) from ``cross_checked``, ``candidate_person`` and ``scored``, which
    is dropped.

    ``prior_weight`` is the weight of a person of whom nothing is known: what the best is compared with when it stands
    alone. ``today`` says who is of age.
    """
    of_age = _of_age(today)
    run = engine.run if engine.count("scored") else engine.run_empty
    run(_dated_step())
    run(_capped_step(caps, of_age))
    engine.drop("scored", "dated")
    engine.run(_settled_step())
    run(_ranked_step())
    engine.drop("capped")
    run(_best_step(prior_weight))
    run(_judged_step(profile))
    engine.run(_outcome_step(profile, of_age))


def cross_check(engine: Engine) -> None:
    """Make ``cross_checked``: queries whose valid number is in the register with the same date of birth.

    The date may be that of any version of the record. Number and date may both be a spouse's or a twin's: a query whose
    names or gender speak for that goes on to the probabilistic step; so does one whose given name is only another or a familiar
    form of the person's (``doubtful``), to see whether it is somebody else's. ``number_level`` keeps the level of every
    comparison, as the model has them.
    """
    run = engine.run if engine.count("candidate_person") else engine.run_empty
    run(_number_level_step())
    run(_cross_checked_step())


def _number_level_step() -> Step:
    levels = ", ".join(f"{comparison.level_sql} as level_{comparison.field}" for comparison in COMPARISONS)
    return Step(
        "number_level",
        f"""
select query_row, person_id, called, {levels} from (
  select q.query_row, p.person_id, {_CALLED} as called, {paired_columns_sql("p", "q")}
  from query q join candidate_person p on p.nhs_number = q.nhs_number
  where list_contains(p.dobs, q.dob) and q.dob_part is null)""",
    )


def _cross_checked_step() -> Step:
    """Needs the given name, or with the same gender a familiar form of it: one that is only like it may be a twin's. Where
    there is none it needs the gender, and a family name that does not speak against it; or nothing but number and date, as
    the national service has it.
    """
    return Step(
        "cross_checked",
        f"""
select n.query_row, n.person_id, p.current_nhs_number, p.sensitive, p.invalidated,
  p.current_nhs_number <> p.nhs_number as superseded,
  not n.called and {_GIVEN_NAME} in ('shared', 'nickname') as doubtful
from number_level n join candidate_person p using (person_id)
where case when {_GIVEN_NAME} in ({_OWN}) then true
  when {_GIVEN_NAME} = 'nickname' then coalesce(level_gender = 'exact', false)
  when {_GIVEN_NAME} = 'missing' then coalesce(level_family_name, 'exact') <> 'different'
    and (level_gender = 'exact' or coalesce(level_family_name, level_gender, level_postcode) is null)
  else false end""",
    )


def _dated_step() -> Step:
    """The scored pairs, where the query's date of birth was given in part or as 1 January: what it says is compared.

    It contradicts the person's where the year is another, or without the number anything; with the number a slip in the year
    does not, unless it is of a generation (``may_slip``). What contradicts is ``different``, whatever the model had.
    """
    digits = "case when substr(born, 1, 1) = '_' then 3 else 1 end"
    told, theirs = (f"substr({date}, {digits}, 5 - {digits})" for date in ("born", "dob"))
    slip = f"damerau_levenshtein({told}, {theirs}) <= 1 and abs(cast({told} as int) - cast({theirs} as int)) < 10"
    return Step(
        "dated",
        f"""
with told as (
  select s.*, cast(p.dob as varchar) as dob, {_BORN} as born, {_CALLED} as called
  from scored s join query q using (query_row) join candidate_person p using (person_id))
select * exclude (dob, born) replace (
  case when dob is null or born is null then level_date_of_birth
    when dob like born or ends_with(dob, '-01-01') and {told} = {theirs} then level_date_of_birth
    when coalesce(level_nhs_number = 'exact', false) and {slip} then level_date_of_birth
    else 'different' end as level_date_of_birth),
  coalesce({slip}, false) as may_slip
from told""",
    )


def _settled_step() -> Step:
    """What the cross-check settled: all but the doubtful whose given name is exactly that of somebody else born that day, of
    the family name or at the address. ``as_good``: such another has a form of the name too, and only the number decides.
    """
    return Step(
        "settled",
        f"""
with rival as (
  select s.query_row, bool_or(s.called) as better
  from capped s join cross_checked x using (query_row) join candidate_person p on p.person_id = s.person_id
  where x.doubtful and p.current_nhs_number <> x.current_nhs_number and {_GIVEN_NAME} in ({_SURE}) and {_born_there("s")}
  group by s.query_row)
select x.*, n.query_row is not null as as_good
from cross_checked x left join rival n using (query_row) where not coalesce(n.better, false)""",
    )


def _born_there(row: str) -> str:
    """Born the same day, and of the family name or at the address; there may be no family name to compare."""
    family, postcode = (
        comparison_of("family_name").names_with("full"),
        comparison_of("postcode").names_with("full", "partial"),
    )
    return f"""({row}.level_date_of_birth in ('exact', 'year') and (coalesce({row}.level_family_name in ({family}), true)
    or coalesce({row}.level_postcode in ({postcode}), false)))"""


def _of_age(today: date) -> str:
    """The latest day of birth, in ISO form, of those who are of age; adult social care is for them."""
    return f"{today.year - 18}-{today.month:02}-{today.day:02}"


def _capped_step(caps: WeightCaps, of_age: str) -> Step:
    """The scored pairs with their weight capped where the rival is no random person but a relative (``WeightCaps``).

    How likely the relative is bounds the evidence, however well the rest agrees. ``rival_weight`` is what the pair weighs
    against another candidate: uncapped where the given number is this person's, for then number and name contradict each
    other and neither may be passed over.
    """
    return Step(
        "capped",
        f"""
with told as (
  select s.*, coalesce(level_nhs_number = 'exact', false) as number_agrees,
    coalesce(p.dob > $of_age, false) as child,
    coalesce(level_gender, 'missing') as gender,
    coalesce(level_family_name = 'different', false) as family_differs,
    coalesce(level_family_name, 'missing') as family, coalesce(level_postcode, 'missing') as place,
    {_GIVEN_NAME} as given_name,
    coalesce(level_date_of_birth, 'missing') as birth
  from (select * replace (round(match_weight + {_joint_sql()}, 4) as match_weight) from dated) s
  join candidate_person p using (person_id)),
bound as (
  select * exclude (number_agrees, child, gender, family_differs, family, place, given_name, birth), least(
    case when given_name = 'different' or given_name = 'similar' and not number_agrees then $twin end,
    case when given_name = 'different' and (gender = 'different' or family_differs and number_agrees) then $copied end,
    case when given_name not in ({_OWN}) and gender = 'different' then $copied_unnamed end,
    case when given_name = 'missing' and not number_agrees then $unnamed end,
    case when number_agrees and (given_name = 'missing' and (gender = 'missing' or family_differs)
      or given_name = 'initial' and family = 'crossed' and place in ('area', 'different', 'missing')) then $copied_untold end,
    case when not number_agrees and (birth in ('different', 'two_of_three')
      or birth not in ('exact', 'year', 'missing') and given_name = 'shared'
      or birth = 'missing' and not (
        place = 'exact' and given_name in ('exact', 'exchanged') and family in ('exact', 'crossed')
        or place = 'earlier' and given_name in ({_SURE}, 'near') and family in ('exact', 'shared', 'crossed', 'near'))
      or family_differs and given_name not in ({_SURE})
      or given_name = 'shared' and family in ('shared', 'near', 'similar') and place not in ('exact', 'earlier')
      or place in ('area', 'different', 'missing') and (family = 'similar' or given_name = 'missing')) then $namesake end,
    case when birth = 'missing' and not number_agrees then $undated end,
    case when birth = 'missing' and not number_agrees and child then $undated_child end) as cap
  from told)
select * exclude (cap) replace (
  least(match_weight, cap) as match_weight,
  case when cap < match_weight then round(1 / (1 + pow(2, -cap)), 6) else match_probability end as match_probability),
  case when level_nhs_number = 'exact' then match_weight else least(match_weight, cap) end as rival_weight
from bound""",
        caps.model_dump() | {"of_age": of_age},
    )


def _joint_sql() -> str:
    """What two fields say together beyond what each says alone (``WeightCaps``): less where both names agree but neither the
    place nor the number, more where the names are exchanged.
    """
    given, family = (comparison_of(field).names_with("full") for field in ("given_name", "family_name"))
    exchanged = "level_given_name = 'crossed' and level_family_name = 'crossed'"
    named = f"(level_given_name in ({given}) and level_family_name in ({family}) or {exchanged})"
    return f"""case when {exchanged} then $exchanged else 0 end
    - case when {named} and level_nhs_number is distinct from 'exact'
      then case level_postcode when 'area' then $together_in_area when 'different' then $together else 0 end
      else 0 end"""


def _ranked_step() -> Step:
    """One row per (query, person): superseded records of one chain count once, by their best record."""
    return Step(
        "ranked",
        """
with pair as (
  select s.*, p.nhs_number, p.current_nhs_number, p.sensitive, p.invalidated, p.given_tokens
  from capped s join candidate_person p using (person_id)
  where s.query_row not in (select query_row from settled)),
once as (
  select * from pair
  qualify row_number() over (partition by query_row, current_nhs_number
    order by match_weight desc, nhs_number) = 1)
select *, row_number() over (partition by query_row order by match_weight desc, current_nhs_number) as place
from once""",
    )


def _best_step(prior_weight: float) -> Step:
    """The best person of each query with the distance to the next; ``alike`` when both fit names and date of birth;
    ``anothers`` when it may be a relative: the given number is the best person's, but the date of birth is wholly another and
    no slip in a year alone (a parent of the same name; the national service does not link it either), or the given name is
    only like theirs, or another or a form of theirs, and is that of another person born that day (a twin); or without the
    number, another born that day and of the family name has a given name of the query's that the best has not.
    """
    family = comparison_of("family_name").names_with("full")

    def alike(row: str) -> str:
        named = f"{row}.level_given_name in ('exact', 'shared', 'nickname') and {row}.level_family_name in ({family})"
        return f"({named} and {row}.level_date_of_birth = 'exact')"

    other_word = """len(list_filter(list_intersect(q.given_tokens, r.given_tokens),
      lambda word: not list_contains(b.given_tokens, word))) > 0"""

    return Step(
        "best",
        f"""
with rival as (
  select query_row, max(r.rival_weight) as next_weight,
    bool_or(r.level_given_name in ({_OWN}) and {_born_there("r")}) as fits,
    bool_or(r.called and {_born_there("r")}) as called,
    bool_or(r.level_date_of_birth = 'exact' and r.level_family_name in ({family}) and {other_word}) as otherwise
  from ranked r join query q using (query_row) join ranked b using (query_row)
  where r.place > 1 and b.place = 1 group by query_row)
select b.* exclude (rival_weight), n.next_weight,
  coalesce({alike("b")} and {alike("s")}, false) as alike,
  case when coalesce(b.level_nhs_number = 'exact', false)
    then coalesce(b.level_date_of_birth = 'different' and not ({_BORN} is not null and b.may_slip), false)
      or coalesce(n.fits and b.level_given_name not in ({_OWN}), false)
      or coalesce(n.called and not b.called and b.level_given_name = 'shared', false)
    else coalesce(n.otherwise, false) end as anothers,
  round(b.match_weight - greatest(coalesce(n.next_weight, $prior), $prior), 4) as gap
from ranked b join query q using (query_row) left join rival n using (query_row)
  left join ranked s on s.query_row = b.query_row and s.place = 2
where b.place = 1""",
        {"prior": prior_weight},
    )


def _judged_step(profile: Profile) -> Step:
    """Whether the best person is strong, and identified: by the date of birth in full; or by it in part with the NHS number
    or, at least in part, a name; or by both names in full with the NHS number or, at least in part, the postcode; or by one
    name in full and the other in part with the NHS number or the postcode in full. Exchanged names agree in full together.
    A query whose names are all placeholders is identified by the number only.
    """
    full = {field: comparison_of(field).names_with("full") for field in _IDENTIFYING}
    partly = comparison_of("postcode").names_with("full", "partial")
    return Step(
        "judged",
        f"""
with named as (
  select *, coalesce(level_nhs_number = 'exact', false) as number_agrees,
    coalesce(level_given_name in ({full["given_name"]}), false) as given,
    coalesce(level_family_name in ({full["family_name"]}), false) as family,
    coalesce(level_given_name = 'crossed' and level_family_name = 'crossed', false) as exchanged,
    coalesce(level_given_name <> 'different' and level_family_name <> 'different', false) as related,
    coalesce(level_given_name <> 'different', false) or coalesce(level_family_name <> 'different', false) as named
  from best)
select * exclude (number_agrees, given, family, exchanged, related, named), match_weight >= $min_weight as strong,
  (number_agrees or query_row not in (select query_row from query where nameless)) and (
  coalesce(level_date_of_birth in ({full["date_of_birth"]}), false)
  or coalesce(level_date_of_birth <> 'different', false) and (named or number_agrees)
  or (given and family or exchanged) and (number_agrees or coalesce(level_postcode in ({partly}), false))
  or related and (given or family) and (number_agrees or coalesce(level_postcode in ({full["postcode"]}), false)))
    as identified,
  coalesce(level_given_name = 'exact' and level_family_name in ('exact', 'shared')
    and level_date_of_birth in ('exact', 'year'), false) as exact
from named""",
        {"min_weight": profile.min_weight},
    )


def _outcome_step(profile: Profile, of_age: str) -> Step:
    return Step(
        "decision",
        """
select q.query_row,
  case
    when x.invalidated then 'invalidated'
    when x.query_row is not null and x.superseded then 'superseded'
    when x.query_row is not null then 'confirmed'
    when not q.enough then 'not_enough_data'
    when j.strong and j.identified and j.gap >= $min_gap and not j.anothers then
      case when j.invalidated then 'invalidated'
        when q.nhs_number is null then 'found'
        when q.nhs_number = j.current_nhs_number then 'confirmed'
        when q.nhs_number = j.nhs_number or q.current_nhs_number = j.current_nhs_number then 'superseded'
        when j.match_weight >= $min_correct and (q.current_nhs_number is not null or j.exact) then 'corrected'
        else 'conflict' end
    when q.current_nhs_number is not null then 'conflict'
    when j.strong and j.identified and j.next_weight is not null then 'multiple'
    else 'not_found' end as outcome,
  x.query_row is not null as exact, coalesce(x.person_id, j.person_id) as person_id,
  coalesce(x.current_nhs_number, j.current_nhs_number) as best_nhs_number,
  coalesce(x.sensitive, j.sensitive, false) as sensitive,
  j.match_weight, j.match_probability, j.gap, coalesce(j.alike, x.as_good, false) as alike,
  q.nhs_number is not null and u.nhs_number is null as unknown_number,
  coalesce(p.dob > $of_age, false) as child
from query_known q
left join settled x using (query_row)
left join judged j using (query_row)
left join candidate_person p on p.person_id = coalesce(x.person_id, j.person_id)
left join (select distinct nhs_number from candidate_person) u on u.nhs_number = q.nhs_number""",
        {
            "min_gap": profile.min_gap,
            "min_correct": profile.min_weight_to_correct,
            "of_age": of_age,
        },
    )
