"""Candidates: people of a register found for queries, by NHS number and by blocking key, without reading the rest."""

from linkage.engine import Engine, Step
from linkage.trace.comparisons import FREQUENCY_COLUMNS
from linkage.trace.few_people import FEW, query_table
from linkage.trace.nicknames import load_nicknames
from linkage.trace.records import query_key_steps, query_steps
from linkage.trace.register.folder import Register, reads_register, whole_person_sql


@reads_register
def open_tables(engine: Engine, register: Register) -> None:
    """Load what every trace against a register needs: ``nickname`` and ``current_number`` (of superseded ones)."""
    load_nicknames(engine)
    # A register that was prepared before chains were judged says nothing of ``broken``.
    judged = "union all by name select cast(null as boolean) as broken where false"
    step = Step(
        "current_number", f"select * from read_parquet($file) {judged}", {"file": str(register.succession_file)}
    )
    engine.run(step)


@reads_register
def prepare_queries(engine: Engine, register: Register) -> None:
    """From ``query_source`` to ``query`` (one row per query, as compared), ``number_person`` (the people whose number was
    given) and ``query_known`` (``query``, with ``enough`` and what the register says of the number).
    """
    if engine.count("query_source") <= FEW:
        engine.register("query", query_table(engine.table("query_source").to_pylist(), register.postcode_as))
    else:
        engine.run_all(query_steps(register.postcode_as))
        engine.drop("query_normalised", "query_words")
    engine.run(Step("wanted_number", "select distinct nhs_number from query where nhs_number is not null"))
    engine.run(_numbered_step(engine, register))
    engine.run(Step("number_person", whole_person_sql("packed_person", "current_number", register.postcode_as)))
    engine.run(_known_step())


@reads_register
def find_candidates(engine: Engine, register: Register, queries: str) -> int:
    """Make ``found`` (``query_row``, ``person_id``; each pair once) for the queries of a table, a part of ``query``, and
    ``candidate_person`` (everybody found); return how many pairs. A person whose number was given is found by it.
    """
    engine.run_all(query_key_steps(queries, "query_row", small=register.small))
    files = register.key_files(register.buckets_of_keys(engine, "query_key"))
    by_key = "select k.person_id, q.row_id as query_row from read_parquet($keys) k join query_key q using (key_hash)"
    by_number = f"select p.person_id, q.query_row from {queries} q join number_person p using (nhs_number)"
    either = f"{by_key} union {by_number}" if files else by_number
    sql = f"select cast(person_id as bigint) as person_id, query_row from ({either})"
    pairs = engine.run(Step("found", sql, {"keys": files} if files else {}))
    engine.drop("query_key")
    engine.run(Step("wanted_person", "select distinct person_id from found"))
    engine.run(register.people_step(engine, "packed_person", register.person_files, "wanted_person"))
    engine.run(Step("candidate_person", whole_person_sql("packed_person", "current_number", register.postcode_as)))
    engine.drop("packed_person", "wanted_person")
    return pairs


def _numbered_step(engine: Engine, register: Register) -> Step:
    """The packed rows of the people whose number is wanted; of nobody, still with every column."""
    slices = register.slices_of_numbers(engine, "wanted_number") or [0]
    return Step(
        "packed_person",
        "select p.* from read_parquet($people) p semi join wanted_number using (nhs_number)",
        {"people": register.person_files(slices)},
    )


@reads_register
def load_versions(engine: Engine, register: Register) -> None:
    """Make ``candidate_version``: the history of everybody in ``candidate_person``."""
    engine.run(register.people_step(engine, "candidate_version", register.version_files, "candidate_person"))


@reads_register
def load_terms(engine: Engine, register: Register, queries: str) -> None:
    """Make ``term_frequency`` of the values that the queries of a table have: no other value can agree."""
    values = "\nunion ".join(
        f"select '{column}' as field, {column} as value from {queries} where {column} is not null"
        for column in FREQUENCY_COLUMNS
    )
    engine.run(
        Step(
            "term_frequency",
            f"select t.* from read_parquet($terms) t semi join ({values}) v on v.field = t.field and v.value = t.value",
            {"terms": str(register.term_file)},
        )
    )


def _known_step() -> Step:
    """``query`` plus ``enough`` (details that can identify anyone) and what the register says of the given number."""
    return Step(
        "query_known",
        """
select q.*, p.current_nhs_number,
  (q.dob is not null and coalesce(q.nhs_number, q.given, q.family, q.postcode) is not null)
  or (q.given is not null and q.family is not null and coalesce(q.nhs_number, q.postcode) is not null) as enough
from query q left join number_person p on p.nhs_number = q.nhs_number""",
    )
