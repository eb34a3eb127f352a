"""People who are not in the register: ids of our own, typed and never twice.

The *bucket* is a table of earlier unmatched records, given in and out of a trace: ``record_number`` (1 for the oldest),
``mps_id``, ``local_patient_id``, ``given_name``, ``family_name``, ``gender``, ``date_of_birth`` (yyyymmdd), ``postcode``,
cleaned. A record is added, never changed.

An id is a prefix, sixteen letters and digits that stand for the submission, and the row in it: two rows of one
submission, or of two different ones, never share an id.
"""

import base64

from linkage.engine import Engine, Step, literal
from linkage.errors import InputError, InternalError
from linkage.trace.cascade.settings import load_cascade_settings

BUCKET_COLUMNS = (
    "record_number", "mps_id", "local_patient_id", "given_name", "family_name", "gender", "date_of_birth", "postcode",
)  # fmt: skip
SEPARATOR = "~~~"
_REFERENCE_BYTES, _ROW_DIGITS = 10, 10


def submission_reference(digest: str) -> str:
    """Sixteen letters and digits for a submission, from the SHA-256 (hex) of its file.

    >>> submission_reference("ab" * 32)
    'VOV2XK5LVOV2XK5L'
    """
    return base64.b32encode(bytes.fromhex(digest)[:_REFERENCE_BYTES]).decode("ascii")


def empty_bucket_step() -> Step:
    """An empty ``mps_bucket``."""
    columns = ", ".join(
        f"cast(null as {'bigint' if column == 'record_number' else 'varchar'}) as {column}" for column in BUCKET_COLUMNS
    )
    return Step("mps_bucket", f"select {columns} where false")


def match_bucket(engine: Engine, reference: str) -> None:
    """Make ``mps_known`` (asked row, ids found, joined), ``mps_bucket_new`` and ``mps_bucket_all`` from ``mps_open``.

    ``mps_open`` has the asked rows whose traced number is 0000000000.
    """
    engine.run(_same_local_id_step())
    engine.run(_same_details_step())
    engine.run(_known_step(reference))
    engine.run(_new_step(reference))
    engine.run(
        Step(
            "mps_bucket_all",
            "select * from mps_bucket union all by name select * exclude (asked_row) from mps_bucket_new",
        )
    )
    _refuse_repeated(engine)


def one_time_id_sql(row: str, reference: str) -> str:
    """SQL of the id of an unmatched row that is used once."""
    return _id_sql(load_cascade_settings().parameters.one_time_prefix.value, row, reference)


def _id_sql(prefix: str, row: str, reference: str) -> str:
    return f"{literal(prefix + reference)} || lpad(cast({row} as varchar), {_ROW_DIGITS}, '0')"


def _same_local_id_step() -> Step:
    """Bucket records with the query's local id and one of the five sets of fields."""
    return Step(
        "mps_bucket_local",
        """
with pair as (
  select q.asked_row, b.record_number, b.mps_id, b.given_name = q.given as given, b.family_name = q.family as family,
    b.gender = q.gender as gender, b.date_of_birth = q.dob as dob, b.postcode = q.postcode as postcode,
    q.given is null or q.family is null as unnamed
  from mps_open o join mps_query q using (asked_row) join mps_bucket b using (local_patient_id))
select asked_row, record_number, mps_id from pair
where (family and dob and postcode and (coalesce(given, false) or coalesce(gender, false)))
  or (given and dob and postcode) or (given and family and gender and postcode) or (given and family and dob)
  or (dob and unnamed)""",
    )


def _same_details_step() -> Step:
    """Where the local id led to nothing: date of birth, postcode and both names, or without both the gender."""
    return Step(
        "mps_bucket_details",
        """
select q.asked_row, b.record_number, b.mps_id
from mps_open o join mps_query q using (asked_row)
join mps_bucket b on b.date_of_birth = q.dob and b.postcode = q.postcode
where q.asked_row not in (select asked_row from mps_bucket_local)
  and case when q.given is not null and q.family is not null
    then b.given_name = q.given and b.family_name = q.family else b.gender = q.gender end""",
    )


def _known_step(reference: str) -> Step:
    """The ids found, oldest first. A row of a submission that is traced again knows its own record."""
    return Step(
        "mps_known",
        f"""
select asked_row, string_agg(mps_id, '{SEPARATOR}' order by record_number) as mps_id from (
  select * from mps_bucket_local union select * from mps_bucket_details
  union select o.asked_row, b.record_number, b.mps_id
  from mps_open o join mps_bucket b on b.mps_id = {_reusable_id_sql("o.asked_row", reference)})
group by asked_row""",
    )


def _reusable_id_sql(row: str, reference: str) -> str:
    return _id_sql(load_cascade_settings().parameters.reusable_prefix.value, row, reference)


def _new_step(reference: str) -> Step:
    """Records added: those not known with a date of birth and a local id or a postcode; one per asked query."""
    identifier = _reusable_id_sql("q.asked_row", reference)
    return Step(
        "mps_bucket_new",
        f"""
select q.asked_row, (select coalesce(max(record_number), 0) from mps_bucket) + row_number() over (order by q.asked_row)
    as record_number,
  {identifier} as mps_id, q.local_patient_id, q.given as given_name, q.family as family_name, q.gender,
  q.dob as date_of_birth, q.postcode
from mps_open o join mps_query q using (asked_row)
where q.dob is not null and coalesce(q.local_patient_id, q.postcode) is not null
  and q.asked_row not in (select asked_row from mps_known)""",
    )


def _refuse_repeated(engine: Engine) -> None:
    repeated = "select count(*) - count(distinct {column}) from {table}"
    if engine.value(Step("check_bucket", repeated.format(column="record_number", table="mps_bucket"))):
        raise InputError("The file of earlier unmatched records repeats a record number. Give it as it was written.")
    if engine.value(Step("check_new_ids", repeated.format(column="mps_id", table="mps_bucket_new"))) or engine.value(
        Step("check_known_ids", "select count(*) from mps_bucket_new semi join mps_bucket using (mps_id)")
    ):
        raise InternalError("An id of an unmatched record was given twice.")
