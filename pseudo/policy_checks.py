"""What a release policy may not say. Every fault is a sentence with the table, the column and what to do."""

import re
from collections.abc import Iterator

from pseudo import together
from pseudo.policy_model import ReleasePolicy, TablePolicy
from pseudo.treatments import Area, DaysSince, Drop, Keep, Pseudonymise, Treatment, other_columns

# Names under which identifiers are known, compared without case and punctuation. It stands in code, not in a policy
# file, because a policy is what it guards against.
_IDENTIFIER_NAMES = re.compile(
    r"(traced|true|new|given)?nhs(no|number)(given)?|newnhsno|supersededby|"
    r"(other)?given(first|second)?names?|(first|last|middle|family|full|sur|fore|person|patient)names?|surname|forename|"
    r"dateofbirth|birthdate|dob|mydob|postcode|homepostcode|address(line)?[0-9]*|uprn|telephone|phone|mobile|email|"
    r"personuniqueidentifier|lapersonuniqueidentifier|adult[0-9]*linkedpersonid|linkedpersonid|"
    r"eventreference|eventdescription|gppracticename|provider(cqc)?locationname|epikey|hesid|queryid|recordid|"
    r"submission|rownumber"
)
# A pattern that takes sentences takes anything that somebody typed.
_SENTENCES = ("Lives with her sister Ann at 12 High Street", "lives with her sister", "SEE NOTES")


def is_identifier_name(column: str) -> bool:
    """Whether a column of this name holds something that identifies a person, or the place of a row in its source.

    >>> is_identifier_name("First Name"), is_identifier_name("NEWNHSNO"), is_identifier_name("gender")
    (True, True, False)
    """
    return _IDENTIFIER_NAMES.fullmatch(re.sub(r"[^a-z0-9]", "", column.lower())) is not None


def unsafe(policy: ReleasePolicy) -> list[str]:
    """Everything that would let an identifier out, put together what may not stand together, or could not be done."""
    faults = [fault for name, table in policy.tables.items() for fault in _table_faults(name, table)]
    released = {name: table.treated() for name, table in policy.tables.items()}
    columns = {name: table.columns for name, table in policy.tables.items()}
    faults += together.faults(released, columns, policy.anonymity, policy.environment or "open")
    return [*faults, *_condition_faults(policy)]


def _table_faults(name: str, table: TablePolicy) -> Iterator[str]:
    for column, treatment in _all_treatments(table):
        source = treatment.source or column
        if _lets_through(treatment) and is_identifier_name(source):
            yield f"{name}.{column}: an identifier may not be kept; drop it, pseudonymise it or make it coarser."
        if isinstance(treatment, Keep) and treatment.pattern is not None:
            yield from _pattern_faults(f"{name}.{column}", treatment.pattern)
        yield from (
            f"{name}.{column}: reads the column {other}, which the table does not name. Give that a treatment too."
            for other in other_columns(treatment)
            if other not in table.columns
        )
        if column in table.derived and isinstance(treatment, Drop | Pseudonymise):
            yield f"{name}.{column}: a derived column is neither dropped nor a pseudonym."
    for released, _ in table.released():
        if is_identifier_name(released):
            yield f"{name}: a column may not be released under the name {released}, which is the name of an identifier."
    yield from _pseudonym_faults(name, table)


def _all_treatments(table: TablePolicy) -> list[tuple[str, Treatment]]:
    return [*table.columns.items(), *table.derived.items()]


def _lets_through(treatment: Treatment) -> bool:
    """Whether the value itself, or something that gives it back, leaves."""
    coarser = isinstance(treatment, Drop | Pseudonymise | Area) or treatment.treatment.startswith(("birth_", "age_"))
    return (not coarser and treatment.treatment != "month") or isinstance(treatment, DaysSince)


def _pattern_faults(where: str, pattern: str) -> Iterator[str]:
    try:
        known = re.compile(pattern, re.ASCII)
    except re.error:
        yield f"{where}: its pattern is not a regular expression. Correct it."
        return
    if any(known.fullmatch(sentence) for sentence in _SENTENCES):
        yield f"{where}: its pattern lets free text through. Narrow it to the codes that the column holds, or drop the column."


def _pseudonym_faults(name: str, table: TablePolicy) -> Iterator[str]:
    """Pseudonym columns that would be made of the wrong thing, or would need an LA code that is not given."""
    person = {"nhs_number": table.person.nhs_number, "la_person_id": table.person.la_person_id}
    for field, column in person.items():
        treatment = table.columns[column] if column else None
        if treatment and not (isinstance(treatment, Pseudonymise) and treatment.field == field):
            yield f"{name}.{column}: holds the person's {field}; its treatment must be to pseudonymise that."
    for column, treatment in table.columns.items():
        if isinstance(treatment, Pseudonymise) and column not in person.values():
            if treatment.output is None:
                yield f"{name}.{column}: give the pseudonym an 'output' name."
            if treatment.field != "nhs_number" and table.person.la_code is None:
                yield f"{name}.{column}: a local identifier needs the role 'la_code'."


def _condition_faults(policy: ReleasePolicy) -> Iterator[str]:
    """Columns that the conditions name and the policy does not release."""
    named: list[tuple[str, str, str]] = []
    if policy.anonymity:
        for table, condition in policy.anonymity.tables.items():
            sensitive = [condition.sensitive] if condition.sensitive else []
            named += [("anonymity", table, column) for column in (*condition.quasi_identifiers, *sensitive)]
            named += [
                ("anonymity", table, column)
                for column in policy.anonymity.generalise
                if len(policy.anonymity.tables) == 1
            ]
            missing = {*policy.anonymity.generalise} - {
                column for each in policy.anonymity.tables.values() for column in each.quasi_identifiers
            }
        yield from (
            f"anonymity: {column} is to be generalised and is no quasi-identifier. Name it as one."
            for column in sorted(missing)
        )
    named += [("insider", table, column) for table, known in policy.insider.items() for column in known.columns()]
    for block, table, column in dict.fromkeys(named):
        if table not in policy.tables:
            yield f"{block}: the policy has no table {table}. Correct its name."
        elif column not in [name for name, _ in policy.tables[table].released()]:
            yield f"{block}.{table}: no column is released under the name {column}. Correct its name."
