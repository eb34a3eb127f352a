"""The form of a release policy: tables, who a row is about, and the treatment of every column."""

from typing import Literal

from pydantic import Field, model_validator

from pseudo.conditions import Anonymity, Insider
from pseudo.config_file import ConfigModel
from pseudo.treatments import Treatment, output_name

PERSON_PSEUDONYM = "person_pseudonym"
PERSON_ID_TYPE = "person_id_type"
LA_PERSON_PSEUDONYM = "la_person_pseudonym"
PERSON_INT63 = "person_pseudonym_int63"
LA_PERSON_INT63 = "la_person_pseudonym_int63"


class PersonRoles(ConfigModel):
    """Which columns say who a row is about.

    ``nhs_number`` holds the number of an accepted link. Where ``link_quality`` is given, a number counts only in rows
    whose link quality is one of ``accepted_links``. ``text`` is the form of every pseudonym of the table; ``integers``
    adds the person's as a whole number from 0 to 2^63 - 1 (``person_pseudonym_int63``), for BIGINT columns.
    """

    nhs_number: str | None = None
    la_code: str | None = None
    la_person_id: str | None = None
    record_id: str | None = None
    link_quality: str | None = None
    accepted_links: list[str] = Field(default_factory=list)
    text: Literal["base32", "hex"] = "base32"
    integers: bool = False

    @model_validator(mode="after")
    def _complete(self) -> "PersonRoles":
        if self.nhs_number is None and self.la_person_id is None:
            raise ValueError("give 'nhs_number', 'la_person_id' or both")
        if self.la_person_id is not None and self.la_code is None:
            raise ValueError("'la_person_id' means something within one authority only: give 'la_code'")
        if (self.link_quality is None) != (not self.accepted_links):
            raise ValueError("'link_quality' and 'accepted_links' go together")
        return self

    def columns(self) -> list[str]:
        """The columns named."""
        names = (self.nhs_number, self.la_code, self.la_person_id, self.record_id, self.link_quality)
        return [name for name in names if name is not None]


class TablePolicy(ConfigModel):
    """The treatment of every column of one table. Column names are lower case and match any case in the source.

    ``derived`` are further released columns, each made from the column that it names as ``source``.
    """

    description: str
    person: PersonRoles
    columns: dict[str, Treatment]
    derived: dict[str, Treatment] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> "TablePolicy":
        untreated = [name for name in self.person.columns() if name not in self.columns]
        if untreated:
            raise ValueError(f"no treatment for the person columns {', '.join(untreated)}")
        if any(name != name.lower() for name in (*self.columns, *self.derived)):
            raise ValueError("column names are written in lower case")
        if any(treatment.source not in self.columns for treatment in self.derived.values()):
            raise ValueError("a derived column names its 'source', one of the columns of the table")
        if any(treatment.source is not None for treatment in self.columns.values()):
            raise ValueError("'source' is for derived columns")
        released = [name for name, _ in self.released()]
        twice = sorted({name for name in released if released.count(name) > 1})
        if twice:
            raise ValueError(f"two columns would be released as {', '.join(twice)}; give one an 'output' name")
        return self

    def treated(self) -> list[tuple[str, str | None, Treatment | None]]:
        """Released columns in order as (released name, source column, treatment).

        Source column and treatment are None for the columns that stand for the person. Derived columns come last.
        """
        integers = self.person.integers
        first = [PERSON_PSEUDONYM, *([PERSON_INT63] if integers else []), PERSON_ID_TYPE]
        if self.person.la_person_id:
            first += [LA_PERSON_PSEUDONYM, *([LA_PERSON_INT63] if integers else [])]
        person = {self.person.nhs_number, self.person.la_person_id}
        rest = [
            (output_name(name, treatment), name, treatment)
            for name, treatment in self.columns.items()
            if treatment.treatment != "drop" and name not in person
        ]
        derived = [(name, treatment.source, treatment) for name, treatment in self.derived.items()]
        return [*((name, None, None) for name in first), *rest, *derived]

    def released(self) -> list[tuple[str, str | None]]:
        """Released column names in order, each with its source column (None for the columns that stand for the person)."""
        return [(released, name) for released, name, _ in self.treated()]


class ReleasePolicy(ConfigModel):
    """A named, versioned set of table policies, and what is asked of the released rows as a whole.

    ``environment`` is where the recipient works: ``secure`` (a place that is watched and lets nothing out unseen) or
    ``open`` (anywhere else). Without it a policy is held to the rules of both.
    """

    name: str
    version: str
    description: str
    environment: Literal["secure", "open"] | None = None
    anonymity: Anonymity | None = None
    insider: dict[str, Insider] = Field(default_factory=dict)
    tables: dict[str, TablePolicy]

    @model_validator(mode="after")
    def _tables_join(self) -> "ReleasePolicy":
        if len({table.person.text for table in self.tables.values()}) > 1:
            raise ValueError("every table has one form of pseudonym ('text'), or its people would not join")
        return self
