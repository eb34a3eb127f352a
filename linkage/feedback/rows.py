"""The rows of feedback: one per person, every value from the authority's own file or from an accepted link.

Candidates, conflicts and other authorities' people never appear; of a record marked sensitive nothing but that it is.
"""

from dataclasses import dataclass

from linkage.engine import Engine, Step, ident, literal
from linkage.feedback.columns import feedback_columns
from linkage.feedback.details import DETAILS
from linkage.trace.outcomes import accepted_outcomes, outcomes

_DIAGNOSTICS = tuple(name for name in feedback_columns() if name.startswith("mps_") or name.endswith("_match_score"))
_DIFFERING = "Check the details that differ from the register's."
_DUPLICATE = "Check whether your identifiers with this number are one person."
_OF_PREVIOUS = ("change", "nhs_number_told_before")
_NOTHING = "select cast(null as varchar) as query_id"


# Of a person of the earlier trace who is not in this one: their authority's own identifier, and what it was told.
_GONE = {
    "person_unique_identifier": "b.person_unique_identifier",
    "change": "'gone_person'",
    "nhs_number_given": "b.nhs_number_given",
    "nhs_number_told_before": "case when not b.sensitive then b.nhs_number end",
    "reason": "'The person is not in your file any more; nothing was traced.'",
    "what_to_do": "'Nothing to do, unless the person should be in it.'",
}


@dataclass(frozen=True)
class Sources:
    """What a run has besides the trace: details to compare (tables ``given`` and ``known``), an earlier trace (``before``)."""

    details: bool
    previous: bool


def feedback_names(engine: Engine, sources: Sources) -> list[str]:
    """The columns of this run's feedback, in order."""
    told = {*engine.columns("person")}
    absent = {name for name in _DIAGNOSTICS if name not in told}
    if not sources.previous:
        absent |= {*_OF_PREVIOUS}
    if not sources.details:
        absent |= {f"{name}_{end}" for name in DETAILS for end in ("given", "traced")} | {"nhs_number_history_list"}
    return [name for name in feedback_columns() if name not in absent]


def make_link(engine: Engine) -> None:
    """Table ``link``: query_id and number of the accepted links that may be told, from ``person``."""
    engine.run(Step("link", f"select query_id, nhs_number from person where {_told_sql()}"))


def make_feedback(engine: Engine, sources: Sources) -> None:
    """Table ``feedback`` from ``person`` and the tables of ``sources``: all people, or with an earlier trace the changed."""
    if not sources.details:
        for name in ("given", "known"):
            dates = ", ".join(f"cast(null as date) as {detail}" for detail in ("date_of_birth", "date_of_death"))
            texts = "cast(null as varchar) as gp_practice_code, cast(null as varchar) as date_of_birth_text"
            earlier = "cast(null as varchar) as earlier_nhs_numbers"
            engine.run(Step(name, f"{_NOTHING}, {dates}, {texts}, {earlier} where false"))
    if not sources.previous:
        engine.run(Step("before", "select *, true as linked from person where false"))
    engine.run(_duplicate_step())
    present = {*engine.columns("person")}
    engine.run(_feedback_step([name for name in _DIAGNOSTICS if name in present], previous=sources.previous))


def before_step() -> Step:
    """``before`` from ``person_before``: what was told last time, by query_id."""
    return Step(
        "before",
        """
select query_id, la_code, person_unique_identifier, nhs_number_given, nhs_number, outcome, sensitive,
  nhs_number is not null or sensitive as linked
from person_before""",
    )


def _told_sql() -> str:
    accepted = ", ".join(literal(outcome) for outcome in accepted_outcomes())
    return f"outcome in ({accepted}) and not sensitive and nhs_number is not null"


def _duplicate_step() -> Step:
    """By query: how many ids of the same authority have its number, and which others."""
    return Step(
        "duplicate",
        """
select p.query_id, count(*) as ids, string_agg(o.person_unique_identifier, ' ; ' order by o.person_unique_identifier)
  filter (o.query_id <> p.query_id) as others
from person p join link on link.query_id = p.query_id
join (select person.*, link.nhs_number as told from person join link using (query_id)) o
  on o.la_code = p.la_code and o.told = link.nhs_number
group by 1""",
    )


def _feedback_step(diagnostics: list[str], *, previous: bool) -> Step:
    actions = " ".join(f"when {literal(name)} then {literal(o.action)}" for name, o in outcomes().items())
    codes = " ".join(f"when {literal(name)} then {literal(o.status_indicator)}" for name, o in outcomes().items())
    columns = dict.fromkeys(feedback_columns(), "null") | _own(codes, actions) | _details()
    columns |= {name: f"case when {_shown(name)} then p.{ident(name)} end" for name in diagnostics}
    listed, gone = (
        ",\n  ".join(f"cast({sql} as varchar) as {name}" for name, sql in each.items())
        for each in (columns, dict.fromkeys(columns, "null") | _GONE)
    )
    return Step(
        "feedback",
        f"""
select p.la_code, p.query_id, {listed}
from (select *, nhs_number is not null or sensitive as linked from person) p
left join link using (query_id) left join duplicate d using (query_id)
left join given g using (query_id) left join known k using (query_id) left join before b using (query_id)
{f"where {_change_sql()} is not null" if previous else ""}
union all
select b.la_code, b.query_id, {gone}
from before b where b.query_id not in (select query_id from person)
  and b.la_code in (select la_code from person)""",
    )


def _shown(diagnostic: str) -> str:
    """A step is told of everybody who is not sensitive, a score of accepted links only."""
    return "not p.sensitive" if diagnostic.endswith(("attempted", "step")) else "link.nhs_number is not null"


def _own(codes: str, actions: str) -> dict[str, str]:
    """Values that need nothing but the trace."""
    return {
        "person_unique_identifier": "p.person_unique_identifier",
        "change": _change_sql(),
        "nhs_number_given": "p.nhs_number_given",
        "nhs_number_traced": "link.nhs_number",
        "nhs_number_told_before": f"case when {_change_sql()} in ('changed_link', 'withdrawn_link') and not p.sensitive "
        "then b.nhs_number end",
        "outcome": "p.outcome",
        "nhs_number_status_indicator": f"case p.outcome {codes} end",
        "basis": "case when link.nhs_number is null then null when p.step = 'cross_check' then 'exact' "
        "when p.step = 'accepted' then 'authority' else 'scored' end",
        "confidence": "case when link.nhs_number is not null then p.match_probability end",
        "ids_with_this_number": "coalesce(d.ids, 1)",
        "other_ids_with_this_number": "d.others",
        "person_id_type": "case when link.nhs_number is not null then 'NHSNUMBER' end",
        "superseded_nhs_number_flag": "p.outcome = 'superseded'",
        "nhs_number_history_list": "k.earlier_nhs_numbers",
        "multiple_pds_matches_flag": "p.outcome = 'multiple'",
        "reason": "p.reason",
        "what_to_do": f"case when p.sensitive then 'Ask the tracing team.' else {_to_do_sql(actions)} end",
    }


def _to_do_sql(actions: str) -> str:
    """The action of the outcome, and what differing details and duplicates ask for besides."""
    differing = " or ".join(f"({sql}) is not null" for name, sql in _details().items() if name.endswith("_traced"))
    more = f"[case when {differing} then {literal(_DIFFERING)} end, case when d.ids > 1 then {literal(_DUPLICATE)} end]"
    also = f"list_filter({more}, lambda t: t is not null)"
    nothing = f"p.outcome = 'confirmed' and len({also}) > 0"
    return f"array_to_string(list_concat(case when {nothing} then [] else [case p.outcome {actions} end] end, {also}), ' ')"


def _details() -> dict[str, str]:
    """What was given, and what the register says where that differs. Days are written dd/mm/yyyy."""
    values = {
        "date_of_birth_given": "g.date_of_birth_text",
        "gp_practice_code_given": "g.gp_practice_code",
        "gp_practice_code_traced": "case when upper(trim(k.gp_practice_code)) is distinct from upper(trim(g.gp_practice_code)) "
        "then k.gp_practice_code end",
        "date_of_death_given": "strftime(g.date_of_death, '%d/%m/%Y')",
    }
    for name in ("date_of_birth", "date_of_death"):
        values[f"{name}_traced"] = (
            f"case when k.{name} is distinct from g.{name} then strftime(k.{name}, '%d/%m/%Y') end"
        )
    return values


def _change_sql() -> str:
    """What changed since the earlier trace, for ``p`` (now) and ``b`` (before); null for nothing."""
    return (
        "case when b.query_id is null then case when p.linked then 'new_link' else 'new_person' end "
        "when p.linked and not b.linked then 'new_link' when b.linked and not p.linked then 'withdrawn_link' "
        "when p.nhs_number is distinct from b.nhs_number then 'changed_link' "
        "when p.outcome <> b.outcome then 'new_outcome' end"
    )
