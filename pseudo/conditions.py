"""What a policy asks of the released rows as a whole: how many people must look alike, and what an insider knows."""

from typing import Literal

from pydantic import Field, model_validator

from pseudo.config_file import ConfigModel


class TableAnonymity(ConfigModel):
    """The released columns by which people of one table could be known, and the one that must not be told by them."""

    quasi_identifiers: list[str] = Field(min_length=1)
    sensitive: str | None = None


class Anonymity(ConfigModel):
    """A condition on the released rows of each table named.

    People who share every quasi-identifier form a class. A class is too small when fewer than ``k`` people are in it, or
    when its people have fewer than ``l`` different sensitive values. ``share_below`` is the share of the table's people
    that may be in such classes (0: nobody; 1: measured and reported only). Above it ``action`` is taken: ``fail``;
    ``drop`` these people; or ``generalise``: withhold the columns of ``generalise`` one after another from people in small
    classes, then do as ``then`` says with who is left.
    """

    k: int = Field(ge=2)
    l: int = Field(default=1, ge=1)  # noqa: E741 - its name in the literature
    share_below: float = Field(default=0.0, ge=0.0, le=1.0)
    action: Literal["fail", "generalise", "drop"] = "fail"
    generalise: list[str] = Field(default_factory=list)
    then: Literal["fail", "drop"] = "fail"
    tables: dict[str, TableAnonymity] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> "Anonymity":
        if (self.action == "generalise") != bool(self.generalise):
            raise ValueError("'generalise' names columns exactly when the action is to generalise")
        if self.action != "generalise" and self.then != "fail":
            raise ValueError("'then' says what follows 'generalise'")
        if self.l > 1 and all(table.sensitive is None for table in self.tables.values()):
            raise ValueError("'l' above 1 needs a 'sensitive' column")
        return self


class Insider(ConfigModel):
    """Released columns of one table that somebody who knows a person would know, by kind of fact."""

    birth: list[str] = Field(default_factory=list)
    sex: list[str] = Field(default_factory=list)
    area: list[str] = Field(default_factory=list)
    event_date: str | None = None

    @model_validator(mode="after")
    def _knows_something(self) -> "Insider":
        if not (self.birth or self.sex or self.area or self.event_date):
            raise ValueError("name at least one column that the insider knows")
        return self

    def facts(self) -> dict[str, list[str]]:
        """The facts and the columns of each."""
        known = {"birth": self.birth, "sex": self.sex, "area": self.area}
        known["event_date"] = [self.event_date] if self.event_date else []
        return {fact: columns for fact, columns in known.items() if columns}

    def columns(self) -> list[str]:
        """Every column named."""
        return [column for columns in self.facts().values() for column in columns]
