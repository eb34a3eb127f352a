"""The records of a prepared register that a cascade needs: of the numbers given, and of candidates by blocking key."""

from linkage.engine import Engine, Step
from linkage.trace.candidates import find_candidates
from linkage.trace.register import Register
from linkage.trace.register.folder import reads_register

_CHUNK = 100_000


def load_given_records(engine: Engine, register: Register) -> None:
    """``candidate_version`` of everybody whose number was given; needs ``number_person``."""
    _load_versions(engine, register, "select nhs_number from number_person")


def load_candidates(engine: Engine, register: Register) -> None:
    """``found`` and ``candidate_version`` for ``mps_left``: people with the query's date of birth in any version.

    Every block and the alphanumeric filter have the date of birth with the family name's sound or with the postcode: the
    sounds of given names are not looked for. In chunks of queries, so that memory is bounded.
    """
    engine.run(
        Step("mps_found", "select cast(null as bigint) as query_row, cast(null as bigint) as person_id where false")
    )
    engine.run(Step("mps_candidate", "select cast(null as varchar) as nhs_number where false"))
    left = engine.count("mps_left")
    for first in range(0, left, _CHUNK):
        engine.run(
            Step(
                "asked",
                """
select q.* replace ([]::varchar[] as given_tokens) from query q
semi join (select * from mps_left order by query_row limit $size offset $first) using (query_row)""",
                {"size": _CHUNK, "first": first},
            )
        )
        find_candidates(engine, register, "asked")
        engine.run(_dated_step())
        engine.run(Step("mps_found", "select * from mps_found union all select query_row, person_id from mps_dated"))
        engine.run(Step("mps_candidate", "select * from mps_candidate union select nhs_number from mps_dated"))
    engine.run(Step("found", "select * from mps_found"))
    _load_versions(engine, register, "select nhs_number from mps_candidate", known="select nhs_number from mps_holder")


def _dated_step() -> Step:
    return Step(
        "mps_dated",
        """
select f.query_row, f.person_id, p.nhs_number from found f join candidate_person p using (person_id)
join query q using (query_row) where list_contains(p.dobs, q.dob) and q.dob_part is null""",
    )


@reads_register
def _load_versions(engine: Engine, register: Register, numbers: str, known: str | None = None) -> None:
    """``candidate_version``: all versions of the records of ``numbers`` and of every record of the same succession.

    Records of ``known`` are left out.
    """
    engine.run(
        Step(
            "mps_member",
            f"""
with wanted as ({numbers}),
ends as (
  select coalesce(c.current_nhs_number, w.nhs_number) as nhs_number
  from wanted w left join current_number c using (nhs_number))
select nhs_number from (
  select nhs_number from wanted union select nhs_number from ends
  union select c.nhs_number from current_number c join ends e on e.nhs_number = c.current_nhs_number)
{f"where nhs_number not in ({known})" if known else ""}""",
        )
    )
    files = register.version_files(register.slices_of_numbers(engine, "mps_member") or [0])
    engine.run(
        Step(
            "candidate_version",
            "select v.* from read_parquet($versions) v semi join mps_member using (nhs_number)",
            {"versions": files},
        )
    )
