"""Splink as its documentation has it, on a register extract and a file of people: what tracing is compared with.

``python -m tests.benchmarks.plain_splink REGISTER QUERIES`` prints a line as each stage ends: tables, prior, u, EM,
prediction. Names are compared by Jaro-Winkler, dates and postcodes by Splink's own comparisons; the blocking rules are those
that give few candidates: date of birth with either name or the postcode, both names with the postcode district.
"""

import sys
import time
from pathlib import Path

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

_MOST_PAIRS = 1e6
_RULES = [
    block_on("date_of_birth", "family_name"),
    block_on("date_of_birth", "given_name"),
    block_on("postcode", "date_of_birth"),
    block_on("given_name", "family_name", "split_part(postcode, ' ', 1)"),
    block_on("family_name", "postcode"),
]
_COLUMNS = "upper(given_name) as given_name, upper(family_name) as family_name, cast(date_of_birth as varchar) as date_of_birth"


def run(register: Path, queries: Path) -> None:
    """Link the two tables, from reading them to the predictions; the NHS number is not compared."""
    start = time.perf_counter()

    def said(stage: str) -> None:
        print(f"{stage} {time.perf_counter() - start:.0f} s", flush=True)

    con = duckdb.connect()
    con.execute(
        f"create table a_register as select nhs_number as row_id, {_COLUMNS}, postcode, gender from read_parquet($file)"
        " where valid_to is null qualify row_number() over (partition by nhs_number order by valid_from desc) = 1",
        {"file": str(register)},
    )
    con.execute(
        f"create table b_query as select query_id as row_id, {_COLUMNS}, postcode, gender from read_parquet($file)",
        {"file": str(queries)},
    )
    said("tables")
    api = DuckDBAPI(con)
    frames = [api.register(name, dataset_display_name=name) for name in ("a_register", "b_query")]
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="row_id",
        blocking_rules_to_generate_predictions=_RULES,
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("family_name"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True),
            cl.PostcodeComparison("postcode"),
            cl.ExactMatch("gender"),
        ],
    )
    linker = Linker(frames, settings, log_level="ERROR")
    deterministic = [block_on("given_name", "family_name", "date_of_birth")]
    linker.training.estimate_probability_two_random_records_match(deterministic, recall=0.8)
    said("prior")
    linker.training.estimate_u_using_random_sampling(max_pairs=_MOST_PAIRS, seed=1)
    said("u")
    for rule in (block_on("date_of_birth", "gender"), block_on("given_name", "family_name")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=_MOST_PAIRS)
    said("EM")
    predicted = linker.inference.predict(threshold_match_weight=-5)
    pairs = con.sql(f"select count(*), count(distinct row_id_r) from {predicted.physical_name}").fetchall()[0]
    said(f"prediction of {pairs[0]} pairs for {pairs[1]} people")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
