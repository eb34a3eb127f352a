"""Tables that several rules look at, made once from the submission before the rules run.

``existing_clients``: row_number of each event other than a service that starts while its person has long-term support
· ``service_sequence``: services that another identical service of the person follows or precedes, with the end and cost
of the one before · ``service_users``: identifiers of the persons with a row as service user.
"""

from linkage.engine import Engine, Step, ident
from linkage.intake.dates import PARSED
from linkage.intake.rules.context import Context

TABLES = ("existing_clients", "service_sequence", "service_users")
_PERSON = "person_unique_identifier"
_START, _END = f"event_start_date{PARSED}", f"event_end_date{PARSED}"


def make_tables(engine: Engine, context: Context) -> None:
    """Make the tables; ``submission`` must be there."""
    engine.run_all([existing_clients_step(context), service_sequence_step(context), service_users_step(context)])


def drop_tables(engine: Engine) -> None:
    """Drop them, to give their memory back."""
    engine.drop(*TABLES)


def existing_clients_step(context: Context) -> Step:
    """A client is existing where a long-term service of theirs started before the event and had not ended by then."""
    user = context.is_in("service_user") if context.has("client_type") else "true"
    return Step(
        "existing_clients",
        f"""with support as (
    select s.{_PERSON} as person, s.{_START} as first_day, coalesce(s.{_END}, date '9999-12-31') as last_day
    from submission as s where {context.is_in("long_term")} and {user} and s.{_START} is not null
), events as (
    select s.row_number, s.{_PERSON} as person, s.{_START} as day from submission as s
    where {context.is_in("request", "assessment", "review")} and {user} and s.{_START} is not null
)
select distinct events.row_number from events join support using (person)
where support.first_day < events.day and support.last_day >= events.day""",
    )


def service_sequence_step(context: Context) -> Step:
    """``row_before`` and ``end_before`` are those of the person's service before, by start and row, that is the same in
    type, component, mechanism, provider and description; services without one are left out.
    """
    same = ["service_type", "service_component", "delivery_mechanism", "provider_cqc_location_id"]
    same += [
        "provider_cqc_location_name",
        "event_description",
        *(["client_type"] if context.has("client_type") else []),
    ]
    identity = ", ".join(f"s.{ident(field)}" for field in (_PERSON, *same))
    cost = "s.unit_cost || ' ' || coalesce(s.cost_frequency, '')"
    return Step(
        "service_sequence",
        f"""with keyed as (
    select s.row_number, hash({identity}) as key from submission as s
    where {context.is_in("service")} and s.{_PERSON} is not null and s.{_START} is not null
), alike as (
    select row_number from keyed where key in (select key from keyed group by key having count(*) > 1)
), services as (
    select s.row_number, s.event_start_date, s.unit_cost, s.{_START}, s.{_END}, {cost} as cost,
        lag(s.row_number) over same_service as row_before, lag(s.{_END}) over same_service as end_before,
        lag(s.{_START}) over same_service as start_before, lag({cost}) over same_service as cost_before
    from submission as s where s.row_number in (select row_number from alike)
    window same_service as (partition by {identity} order by s.{_START}, s.row_number)
)
select * from services where row_before is not null""",
    )


def service_users_step(context: Context) -> Step:
    """Each identifier once; everybody in versions without a client type."""
    user = context.is_in("service_user") if context.has("client_type") else "true"
    return Step(
        "service_users", f"select distinct {_PERSON} from submission as s where {user} and {_PERSON} is not null"
    )
