"""Rules about what came of an event: the outcome, the events it goes with, and what follows it."""

from functools import cache

from linkage.configs import read_packaged
from linkage.intake.dates import PARSED
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.rules.listed import listed
from linkage.intake.rules.model import Rule, all_of, found_sql
from pseudo.config_file import ConfigModel

_START, _END = f"event_start_date{PARSED}", f"event_end_date{PARSED}"
_DEATH = f"date_of_death{PARSED}"


class OutcomeEntry(ConfigModel):
    """Outcomes of one row of the matrix, and the client statuses (N new, E existing) for which each event type has them."""

    outcomes: tuple[str, ...]
    certainty: str
    Request: str = ""
    Assessment: str = ""
    Service: str = ""
    Review: str = ""


class OutcomesFile(ConfigModel):
    """The form of ``configs/rules/tables/outcomes.yaml``."""

    outcomes: tuple[OutcomeEntry, ...]


def e08_outcome(rule: Rule, context: Context) -> str:
    """An outcome from the list on every completed event, none on financial assessments; where the version has an outcome
    for services that go on, that one on open services.
    """
    field = "event_outcome"
    financial = context.is_in("financial_assessment")
    completed = f"s.{_END} is not null and s.{field} is null and s.event_type is not null and not {financial}"
    selects = [
        found_sql("missing", field, completed),
        found_sql("financial_assessment", field, f"s.{field} is not null and {financial}"),
        listed(rule, context),
    ]
    provision = context.values("outcome_provision")
    if provision:
        going_on = (
            f"{context.is_in('service')} and s.event_end_date is null and not {context.is_in('outcome_provision')}"
        )
        selects.append(found_sql("open_service", field, going_on, suggestion=f"'{provision[0]}'"))
    return all_of(*selects)


def e09_outcome_of_event(_: Rule, context: Context) -> str:
    """Outcomes that the matrix does not have for the event type, or not for clients of that status. A client is existing
    where long-term support of theirs is open when the event starts; new clients are judged only in files with services.
    """
    allowed = _allowed(context)
    with_status = {kind: [key for key, statuses in allowed.items() if statuses == kind] for kind in ("N", "E")}
    known = sorted({outcome for outcome, _ in allowed})
    judged = f"""s.event_outcome in {in_sql(known)} and {context.is_in("request", "assessment", "service", "review")}"""
    other_type = found_sql(
        "event_type", "event_outcome", f"{judged} and {_pair()} not in {in_sql(_keys(list(allowed)))}"
    )
    sent = "s.row_number {} in (select row_number from existing_clients)"
    existing = f"{_pair()} in {in_sql(_keys(with_status['N']))} and {sent.format('')}"
    new = f"""{_pair()} in {in_sql(_keys(with_status["E"]))} and {sent.format("not")}
        and exists (select 1 from submission as other where {context.is_in("service", row="other")})"""
    return all_of(
        other_type,
        found_sql("existing_client", "event_outcome", existing),
        found_sql("new_client", "event_outcome", new),
    )


def e10_nothing_further(rule: Rule, context: Context) -> str:
    """Events that ended with no further action although another event of the person starts soon after their end."""
    client = ["client_type"] if context.has("client_type") else []
    same = " and ".join(f"ended.{field} = later.{field}" for field in ["person_unique_identifier", *client])
    window = int(rule.number("window_days"))
    return f"""with ended as (
        select s.* from submission as s where {context.is_in("outcome_terminal")} and s.{_END} is not null
    )
    select ended.row_number, 'later_event' as part, 'event_outcome' as field, ended.event_outcome as value,
        'row ' || later.row_number as suggestion
    from ended asof join (
        select row_number, {_START}, person_unique_identifier{"".join(f", {field}" for field in client)} from submission
        where {_START} is not null and person_unique_identifier in (select person_unique_identifier from ended)
    ) as later on {same} and ended.{_END} < later.{_START}
    where later.{_START} - ended.{_END} <= {window}"""


def e11_deceased(_: Rule, context: Context) -> str:
    """Outcome "deceased" without a date of death; and people with one whose latest event ends that day or later, with
    another outcome.
    """
    deceased = context.is_in("outcome_deceased")
    last = f"""select s.row_number, 'last_event' as part, 'event_outcome' as field, s.event_outcome as value,
        '{(context.values("outcome_deceased") or ("",))[0]}' as suggestion
        from latest_by_person as s where s.{_DEATH} is not null and s.event_outcome is not null and not {deceased}
            and s.{_END} >= s.{_DEATH}"""
    return all_of(found_sql("no_date_of_death", "date_of_death", f"{deceased} and s.date_of_death is null"), last)


def _allowed(context: Context) -> dict[tuple[str, str], str]:
    """Statuses (N, E or NE) by outcome and event type, in the wording of the version."""
    allowed: dict[tuple[str, str], str] = {}
    for entry in _outcomes():
        for outcome in context.worded("event_outcome", entry.outcomes):
            for event_type in ("Request", "Assessment", "Service", "Review"):
                statuses = allowed.get((outcome, event_type), "") + getattr(entry, event_type)
                for value in context.worded("event_type", (event_type,)):
                    if statuses:
                        allowed[outcome, value] = "".join(status for status in "NE" if status in statuses)
    return allowed


def _pair() -> str:
    return "s.event_outcome || '|' || s.event_type"


def _keys(pairs: list[tuple[str, str]]) -> list[str]:
    return [f"{outcome}|{event_type}" for outcome, event_type in pairs]


@cache
def _outcomes() -> tuple[OutcomeEntry, ...]:
    return read_packaged("rules/tables/outcomes.yaml", OutcomesFile).outcomes


PREDICATES = {
    "E08": e08_outcome,
    "E09": e09_outcome_of_event,
    "E10": e10_nothing_further,
    "E11": e11_deceased,
}
