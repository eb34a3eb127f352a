"""What follows a request for support, and short-term support to maximise independence (``configs/measures/sequels.yaml``).

Steps for the measures STS001 and STS002 and for the derived variables 19 and 20. They look at service users' events only.
"""

from collections.abc import Callable, Iterable
from functools import cache

from pydantic import Field

from linkage.cohort.derive.client_status import existing_clients_sql
from linkage.cohort.derive.period import Period
from linkage.cohort.derive.run import NamedStep
from linkage.cohort.derive.spells import OPEN_END
from linkage.configs import read_packaged
from linkage.engine import Step, Value, literal
from pseudo.config_file import ConfigModel

SHORT_TERM_MAX = "short_term_max"
EXISTING = "existing_client"
NO_REQUEST = "no_request"
WITH_ANOTHER = "with_another"


class SequelRule(ConfigModel):
    """How an episode is made and what follows it. ``services`` and ``outcomes``: group → column; services in order of rank."""

    episode_gap_days: int = Field(ge=0)
    first_within_days: int = Field(ge=0)
    chain_gap_days: int = Field(ge=0)
    services: dict[str, str]
    outcomes: dict[str, str]
    later_outcomes: tuple[str, ...]
    only_when_nothing_follows: tuple[str, ...] = ()
    several: str
    not_told: str


class SequelRules(ConfigModel):
    """The rules of both tables. ``outcome_hierarchy``: which outcome an episode has when several rows end it."""

    outcome_hierarchy: tuple[str, ...]
    rules: dict[str, SequelRule]


@cache
def sequel_rules() -> SequelRules:
    """The packaged rules."""
    return read_packaged("measures/sequels.yaml", SequelRules)


def request_steps(period: Period) -> list[Step]:
    """What follows requests that end in the period: ``request_sequel`` is the last of the steps."""
    gap = sequel_rules().rules["request"].episode_gap_days
    return [
        request_member(period, gap),
        _episode("request", period),
        new_request(),
        _chain("request", "new_request", "event_type = 'request'", period),
        _sequel("request", "new_request"),
    ]


def short_term_steps(period: Period) -> list[Step]:
    """What follows short-term support to which requests led; after ``request_steps``. ``short_term_sequel`` is the last."""
    gap = sequel_rules().rules["short_term"].episode_gap_days
    return [
        short_term_member(gap),
        _episode("short_term", period),
        led_to_short_term(),
        _chain("short_term", "led_to_short_term", f"service_group = {literal(SHORT_TERM_MAX)}", period),
        _sequel("short_term", "led_to_short_term"),
    ]


def existing_short_term_steps(period: Period) -> list[Step]:
    """Short-term support, whoever asked: ``any_short_term_episode`` with those of existing clients marked (``is_existing``)."""
    gap = sequel_rules().rules["short_term"].episode_gap_days
    rows = f"""(
    select la_code, person_key, event_id, start_date, end_date, outcome_group, null::varchar as place
    from event where service_group = {literal(SHORT_TERM_MAX)} and client_type_group = 'service_user')"""
    existing = existing_episodes("any_short_term_episode")
    return [
        Step("any_short_term_member", _members(rows, "la_code, person_key"), {"gap": gap}),
        _episode("any_short_term", period),
        Step(
            "existing_short_term",
            f"select *, event_id in ({existing}) as is_existing from any_short_term_episode",
        ),
    ]


def sequel_steps(period: Period) -> list[Step]:
    """``sts001_sequel`` and ``sts002_sequel``: one row per request, or service, of an episode that ends in the period."""
    return [*request_steps(period), *short_term_steps(period), sts001_sequel(), sts002_sequel()]


def sequel_steps_shown(period: Period) -> list[NamedStep]:
    """The steps of ``sequel_steps``, to be read."""
    own = (request_member, short_term_member, new_request, led_to_short_term, sts001_sequel, sts002_sequel)
    about: dict[str, Callable[..., Step]] = {function.__name__: function for function in own}
    shared: dict[str, Callable[..., Step]] = {"episode": _episode, "chain": _chain, "sequel": _sequel}
    return [
        NamedStep("sequels", step, about.get(step.name) or shared[step.name.rpartition("_")[2]])
        for step in sequel_steps(period)
    ]


def request_member(period: Period, gap: int) -> Step:
    """One row per request of a service user, with its ``episode``: requests at most four days apart are one.

    An episode is named by the event that began it. A request that ends after the period is not looked at. Source: NHS
    England's replication of STS001.
    """
    rows = """(
    select la_code, person_key, event_id, start_date, end_date, outcome_group, route_group as place
    from event where event_type = 'request' and client_type_group = 'service_user' and end_date <= $last)"""
    return Step("request_member", _members(rows, "la_code, person_key"), {"last": period.end, "gap": gap})


def short_term_member(gap: int) -> Step:
    """One row per service that maximises independence, with its ``episode``: services at most one day apart are one.

    Services in the chain of a new client's request (``has_request``) make episodes of their own; ``place`` is the request's
    route of access. Source: NHS England's replication of STS002a, whose services are those that STS001 found.
    """
    rows = f"""(
    select event.la_code, event.person_key, event.event_id, event.start_date, event.end_date, event.outcome_group,
      request.place, request_chain.event_id is not null as has_request
    from event left join request_chain using (event_id) left join request_episode as request using (episode)
    where event.service_group = {literal(SHORT_TERM_MAX)} and event.client_type_group = 'service_user')"""
    return Step("short_term_member", _members(rows, "la_code, person_key, has_request"), {"gap": gap})


def _members(rows: str, by: str) -> str:
    """SQL: ``rows`` with the ``episode`` of each, named by the event that began it; open ones end on ``OPEN_END``.

    An event joins the episode when it starts at most ``$gap`` days after the latest end so far.
    """
    return f"""
with reached as (
  select * replace (coalesce(end_date, {OPEN_END}) as end_date),
    max(coalesce(end_date, {OPEN_END})) over (partition by {by} order by start_date, event_id
      rows between unbounded preceding and 1 preceding) as reached_date
  from {rows}
)
select * exclude (reached_date),
  last_value(case when reached_date is null or start_date - reached_date > $gap then event_id end ignore nulls)
    over (partition by {by} order by start_date, event_id rows unbounded preceding) as episode
from reached"""


def _episode(name: str, period: Period) -> Step:
    """One row per episode that ends in the period: the event that ends last decides, of several the one whose outcome stands
    first in the hierarchy, then the highest row. ``place``: the route of access, of short-term support that of the request
    before its first service.

    End, outcome and row are one number, so that the event that decides is found without sorting.
    """
    hierarchy = _list(sequel_rules().outcome_hierarchy)
    place = "place" if name == "request" else "first_place"
    sql = f"""
with ranked as (
  select *, ((end_date - date '0001-01-01') * 128 + 127 - coalesce(list_position([{hierarchy}], outcome_group::varchar), 99))
    * {2**34} + event_id as rank
  from {name}_member
),
decided as (
  select episode, max(rank) as rank, min(start_date) as began, max(place) filter (event_id = episode) as first_place
  from ranked group by episode having max(end_date) between $first and $last
)
select ranked.* exclude (rank) replace ({place} as place, began as start_date)
from ranked join decided using (episode, rank)"""
    return Step(f"{name}_episode", sql, {"first": period.start, "last": period.end})


def new_request() -> Step:
    """One row per request episode of a client who has no long-term support on its first day. Source: STS001."""
    return Step(
        "new_request", f"select * from request_episode where event_id not in ({existing_episodes('request_episode')})"
    )


def existing_episodes(episodes: str) -> str:
    """SQL: the deciding event of each episode on whose first day the client has long-term support."""
    return existing_clients_sql(f"(select *, null as setting from {episodes})")


def led_to_short_term() -> Step:
    """One row per episode of short-term support to which a new client's request led."""
    return Step("led_to_short_term", "select * from short_term_episode where has_request")


def _chain(name: str, episodes: str, kind: str, period: Period) -> Step:
    """One row per (episode, event of its chain): what begins from its end on, without a break, before the next of its kind.

    The first event of a chain begins within 28 days after a request, 3 days after short-term support; each other one at most
    3 days after the latest end so far. Source: NHS England's replication of STS001 and STS002a; running maximum: design.
    """
    rule = sequel_rules().rules[name]
    sql = f"""
with next_one as (
  select asked.episode, min(member.start_date) as next_date
  from {episodes} as asked join {name}_member as member using (la_code, person_key)
  where member.start_date >= asked.end_date and member.episode <> asked.episode group by asked.episode
),
later as (
  select asked.episode, event.event_id, event.start_date, coalesce(event.end_date, {OPEN_END}) as end_date,
    event.service_group, event.outcome_group, event.start_date - asked.end_date as days_after
  from {episodes} as asked left join next_one using (episode) join event using (la_code, person_key)
  where event.client_type_group = 'service_user' and event.start_date between asked.end_date and $last
    and (next_date is null or event.start_date < next_date) and not coalesce({kind}, false)
),
reached as (
  select *, max(end_date) over (partition by episode order by start_date
    range between unbounded preceding and interval 1 day preceding) as reached_date
  from later
),
broken as (
  select *, min(start_date) filter (case when reached_date is null then days_after > $first_within
      else start_date - cast(reached_date as date) > $gap end) over (partition by episode) as break_date
  from reached
)
select episode, event_id, start_date, end_date, service_group, outcome_group
from broken where break_date is null or start_date < break_date"""
    values: dict[str, Value] = {"last": period.end, "first_within": rule.first_within_days, "gap": rule.chain_gap_days}
    return Step(f"{name}_chain", sql, values)


def _sequel(name: str, episodes: str) -> Step:
    """One row per episode: ``column_id``, what followed, and ``told_by``: a service, a later outcome, its own outcome, nothing.

    The first service in the order of the table; else the outcome of the other events that ended last; else the episode's own;
    else not classified. Which outcome stands for which column is in ``configs/measures/sequels.yaml``. Source: as the chain.
    """
    rule = sequel_rules().rules[name]
    services = _list(rule.services)
    sql = f"""
with ended as (
  select *, list_position([{services}], service_group::varchar) as rank,
    coalesce(outcome_group::varchar in ({_list(rule.later_outcomes)}), false) as is_final,
    max(nullif(end_date, {OPEN_END})) filter (is_final) over (partition by episode) as last_end
  from {name}_chain
),
followed as (
  select episode, min(rank) as rank,
    count(distinct outcome_group) filter (is_final and nullif(end_date, {OPEN_END}) is not distinct from last_end) as finals,
    min(outcome_group::varchar) filter (is_final and nullif(end_date, {OPEN_END}) is not distinct from last_end) as final
  from ended group by episode
)
select asked.*,
  case when rank is not null then [{_list(rule.services.values())}][rank] when finals > 1 then {literal(rule.several)}
    when finals = 1 then {_column_of("final", rule.outcomes)}
    when followed.episode is null then {_column_of("asked.outcome_group", rule.outcomes)}
    else {_column_of("asked.outcome_group", _own_outcomes(rule))} end as found,
  coalesce(found, {literal(rule.not_told)}) as column_id,
  case when found is null then 'nothing' when rank is not null then 'service' when finals > 0 then 'later_outcome'
    else 'own_outcome' end as told_by
from {episodes} as asked left join followed using (episode)"""
    return Step(f"{name}_sequel", sql)


def sts001_sequel() -> Step:
    """One row per request of an episode that ends in the period: its sequel, or why it has none of its own."""
    sql = f"""
select member.event_id, case when found.event_id is null then {literal(EXISTING)}
  when member.event_id = found.event_id then found.column_id else {literal(WITH_ANOTHER)} end as sequel
from request_member as member join request_episode using (episode)
  left join request_sequel as found using (episode)"""
    return Step("sts001_sequel", sql)


def sts002_sequel() -> Step:
    """One row per short-term service of an episode that ends in the period: its sequel, or why it has none of its own."""
    sql = f"""
with existing as ({existing_episodes("short_term_episode")})
select member.event_id, case when found.event_id is not null and member.event_id = found.event_id then found.column_id
  when found.event_id is not null then {literal(WITH_ANOTHER)}
  when existing.event_id is not null then {literal(EXISTING)} else {literal(NO_REQUEST)} end as sequel
from short_term_member as member join short_term_episode as ended using (episode)
  left join short_term_sequel as found using (episode) left join existing on existing.event_id = ended.event_id"""
    return Step("sts002_sequel", sql)


def _own_outcomes(rule: SequelRule) -> dict[str, str]:
    """The outcomes of an episode that tell what followed where it has a chain."""
    return {group: column for group, column in rule.outcomes.items() if group not in rule.only_when_nothing_follows}


def _column_of(outcome: str, columns: dict[str, str]) -> str:
    whens = " ".join(f"when {literal(group)} then {literal(column)}" for group, column in columns.items())
    return f"case {outcome}::varchar {whens} end"


def _list(names: Iterable[str]) -> str:
    return ", ".join(literal(name) for name in names)
