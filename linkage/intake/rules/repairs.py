"""Rules about what was done to read the file, of which the reader tells (``linkage.intake.repairs``), and about what is left
of it.
"""

from linkage.intake.rules.context import Context
from linkage.intake.rules.model import Rule

LEFT_OUT = "left_out_rows"
"""The table of rows that other rules leave out; see ``linkage.intake.findings``."""


def told(rule: Rule, _: Context) -> str:
    """What the reader tells of this rule: a finding for each field, or for each cell that lost something."""
    return f"select row_number, part, field, value, suggestion from repairs where rule = '{rule.code}'"


def rows_left(rule: Rule, _: Context) -> str:
    """No row left, or few: rows that could not be read and rows left out by a rule against all that are not blank."""
    return f"""select cast(null as bigint) as row_number, case when rejected = given then 'none_left' else 'few_left' end as part,
        cast(null as varchar) as field, rejected || ' of ' || given || ' rows' as value, cast(null as varchar) as suggestion
    from (
        select unreadable + (select count(*) from {LEFT_OUT}) as rejected, unreadable + facts.rows as given
        from submission_facts as facts cross join (select count(*) as unreadable from unreadable_rows)
    ) where rejected > 0 and (rejected = given or rejected > given * {rule.number("most_rejected")})"""


PREDICATES = {"R01": told, "R02": told, "R03": told, "R04": told, "R05": rows_left}
