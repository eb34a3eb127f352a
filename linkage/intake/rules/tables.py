"""Tables that several rules look at, made once from the submission before the rules run.

``list_findings`` is made again, with values that are worded as in another version told apart (``other_version``, with the
wording of this one as the suggestion) from those that are near a value or no value at all.
``existing_clients``: row_number of each event other than a service that starts while its person has long-term support
· ``service_sequence``: services that another identical service of the person follows or precedes, with the end and cost
of the one before · ``service_users``: identifiers of the persons with a row as service user.
"""

from collections.abc import Sequence

import pyarrow as pa

from linkage.engine import Engine, Step, ident, literal
from linkage.intake.dates import PARSED
from linkage.intake.rules.context import Context, in_sql
from linkage.intake.values import OTHER_VERSION, SIMILAR, UNLISTED
from linkage.spec import Specification, load_specification, versions, wordings_in

TABLES = ("existing_clients", "service_sequence", "service_users")
_PERSON = "person_unique_identifier"
_START, _END = f"event_start_date{PARSED}", f"event_end_date{PARSED}"


def make_tables(engine: Engine, context: Context) -> None:
    """Make the tables; ``submission`` must be there."""
    engine.register("other_wordings", _other_wordings(context))
    engine.run(list_findings_step())
    engine.drop("other_wordings")
    engine.run_all([existing_clients_step(context), service_sequence_step(context), service_users_step(context)])


def drop_tables(engine: Engine) -> None:
    """Drop them, to give their memory back."""
    engine.drop(*TABLES)


def list_findings_step() -> Step:
    """As it was, save for values worded as in another version."""
    return Step(
        "list_findings",
        f"""select found.row_number, if(other.value is null, found.part, {literal(OTHER_VERSION)}) as part, found.field,
    found.value, if(other.value is null, found.suggestion, other.suggestion) as suggestion
from list_findings as found left join other_wordings as other
    on other.field = found.field and other.value = found.value and found.part in {in_sql((UNLISTED, SIMILAR))}""",
    )


def _other_wordings(context: Context) -> pa.Table:
    """Every wording of another version that stands for a value of this one: field, value, suggestion (null for several)."""
    specification = context.specification
    found: dict[tuple[str, str], str | None] = {}
    for version in versions():
        other = load_specification(version)
        for field in (field.id for field in other.list_fields if context.has(field.id)):
            for value in sorted(set(other.values(field)) - set(specification.values(field))):
                meant = [
                    word for word in _worded_here(specification, field, value) if word in specification.values(field)
                ]
                if meant:
                    found[field, value] = meant[0] if len(meant) == 1 else None
    names = ("field", "value", "suggestion")
    rows = [dict(zip(names, (*key, suggestion), strict=True)) for key, suggestion in found.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in names]))


def _worded_here(specification: Specification, field: str, value: str) -> Sequence[str]:
    """The wordings for a value of another version; a version of one's own knows those of the versions before it."""
    if specification.version in versions():
        return wordings_in(specification.version, field, [value])
    successors = specification.successor_wordings.get(field, {})
    return [successors[value]] if value in successors else []


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
