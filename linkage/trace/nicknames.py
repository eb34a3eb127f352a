"""Nicknames as a compatibility relation: two names are related when one is a familiar form of the other, or both of one.

The list is ``configs/codelists/nicknames.csv`` (name, nickname; many to many). It is not a mapping to one canonical form.
"""

from linkage.configs import packaged
from linkage.engine import Engine, Step
from linkage.normalise import name


def load_nicknames(engine: Engine) -> None:
    """Make table ``nickname`` (name, related), both in comparison form, symmetric, without a name's relation to itself."""
    import pyarrow.csv as csv

    engine.register("nickname_list", csv.read_csv(packaged("codelists/nicknames.csv")))
    engine.run(_relation_step())


def _relation_step() -> Step:
    full, familiar = name.comparison_sql("name"), name.comparison_sql("nickname")
    return Step(
        "nickname",
        f"""
with pair as (select distinct {full} as name, {familiar} as nickname from nickname_list),
either as (select name, nickname as related from pair union select nickname, name from pair)
select distinct name, related from either
where name is not null and related is not null and name <> related""",
    )
