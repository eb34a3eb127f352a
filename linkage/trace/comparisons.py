"""What is compared, and the levels of each comparison: the evidence of a trace.

A comparison is a list of levels, best first; the first level whose condition is true holds, the last is "different".
In every condition ``_l`` is the register's person and ``_r`` the query. How likely each level is for the same person
(m) is in the model file; how likely for two random people (u) is measured in the register.
"""

from dataclasses import dataclass
from typing import Literal

Agreement = Literal["full", "partial", "none"]


@dataclass(frozen=True)
class Level:
    """One level. ``says`` is the plain-words fragment of a reason; ``frequency`` the column whose rarity counts."""

    name: str
    sql: str
    agreement: Agreement
    says: str
    frequency: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One compared field: missing when ``null_sql`` holds, else the first level that is true, else "different"."""

    field: str
    columns: tuple[str, ...]
    null_sql: str
    levels: tuple[Level, ...]

    @property
    def level_names(self) -> tuple[str, ...]:
        """Names of all levels, best first, "different" last."""
        return (*(level.name for level in self.levels), "different")

    @property
    def level_sql(self) -> str:
        """The name of the level that holds for a pair of records ``_l`` and ``_r``; null when a value is missing."""
        cases = " ".join(f"when {level.sql} then '{level.name}'" for level in self.levels)
        return f"case when {self.null_sql} then null {cases} else 'different' end"

    def names_with(self, *agreements: Agreement) -> str:
        """The names of the levels of some agreements, as an SQL list of constants."""
        return ", ".join(f"'{level.name}'" for level in self.levels if level.agreement in agreements)


def _similar(column: str, threshold: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {threshold}"


def _near_one_of(column: str, words: str) -> str:
    """The query's ``column`` is, nearly, one of the words in list ``words`` of the person."""
    likeness = f"list_transform({words}_l, lambda word: jaro_winkler_similarity(word, {column}_r))"
    return f"coalesce(list_max({likeness}) >= 0.92, false)"


def _one_slip(one: str, other: str) -> str:
    """Texts that differ by no more than one letter wrong, missing, added or exchanged with its neighbour. Counting these
    edits is slow, and one of them leaves the first or the last letter of three or more, so that these are looked at first.
    """
    ends = f"starts_with({one}, left({other}, 1)) or ends_with({one}, right({other}, 1))"
    return f"(length({one}) < 3 or length({other}) < 3 or {ends}) and damerau_levenshtein({one}, {other}) <= 1"


def _slip_in_one_of(column: str, words: str) -> str:
    """The query's ``column`` is one of the words in list ``words`` of the person with a slip: one letter wrong, missing, added
    or exchanged with its neighbour, or two in a long name: ROY and RIY, MOHAMMED and MUHAMMAD, but not AL and ED or NITA
    and NISHA. Long names with two slips are never less than 0.6 alike, which is soon known.
    """
    shorter = f"least(length(word), length({column}_r))"
    two_slips = f"jaro_similarity(word, {column}_r) >= 0.6 and damerau_levenshtein(word, {column}_r) <= 2"
    slip = f"""case when {shorter} < 3 then false when {shorter} >= 7 then case when {two_slips} then true else false end
      when {_one_slip("word", f"{column}_r")} then true else false end"""
    return f"coalesce(list_bool_or(list_transform({words}_l, lambda word: {slip})), false)"


# The names stand in each other's field, and the person's given name is only in part in the query's family name.
_GIVEN_CROSSED = _near_one_of("given", "family_tokens")
_CROSSED_NICKNAME = f"(list_has_any(given_tokens_l, family_related_r) and {_GIVEN_CROSSED})"
_CROSSED_INITIAL = f"(family_r = substr(given_l, 1, 1) and {_GIVEN_CROSSED})"

# The query's family name is, nearly, a given name of the person; or, while its given name is their family name, one with a slip,
# a short or familiar form of it or its initial.
_FAMILY_CROSSED = (
    f"({_near_one_of('family', 'given_tokens')}"
    f" or {_GIVEN_CROSSED} and {_slip_in_one_of('family', 'given_tokens')} or {_CROSSED_NICKNAME} or {_CROSSED_INITIAL})"
)

# Two of day, month and year agree, on ISO text. The elements are compared in place.
_TWO_OF_THREE = (
    "(cast(substr(dob_l, 1, 4) = substr(dob_r, 1, 4) as int) + cast(substr(dob_l, 6, 2) = substr(dob_r, 6, 2) as int)"
    " + cast(substr(dob_l, 9, 2) = substr(dob_r, 9, 2) as int)) >= 2"
)
_DAY_MONTH_SWAPPED = (
    "substr(dob_l, 1, 4) = substr(dob_r, 1, 4) and substr(dob_l, 6, 2) = substr(dob_r, 9, 2)"
    " and substr(dob_l, 9, 2) = substr(dob_r, 6, 2)"
)
# A slip changes two digits of a date at most, and counting those is fast.
_DIGIT_WRONG = "hamming(dob_l, dob_r) <= 2 and damerau_levenshtein(dob_l, dob_r) <= 1"
# 1 January is written when only the year is known: the same year is all that it says.
_FIRST_OF_JANUARY = "'01-01' in (substr(dob_l, 6), substr(dob_r, 6))"
_SAME_YEAR = "substr(dob_l, 1, 4) = substr(dob_r, 1, 4)"

COMPARISONS: tuple[Comparison, ...] = (
    Comparison(
        "nhs_number",
        ("nhs_number",),
        "nhs_number_r is null",
        (Level("exact", "nhs_number_l = nhs_number_r", "full", "the NHS number agrees"),),
    ),
    Comparison(
        "given_name",
        ("given", "given_tokens", "given_related", "family", "family_tokens", "family_related"),
        "given_l is null or given_r is null",
        (
            Level("exact", "given_l = given_r", "full", "the given name agrees", "given"),
            Level(
                "shared",
                "list_has_any(given_tokens_l, given_tokens_r)",
                "full",
                "one of the given names agrees",
            ),
            Level(
                "nickname",
                f"(list_has_any(given_tokens_l, given_related_r) or {_CROSSED_NICKNAME})",
                "full",
                "the given name is a short or familiar form",
            ),
            Level(
                "initial",
                "((length(given_r) = 1 or length(given_l) = 1) and substr(given_l, 1, 1) = substr(given_r, 1, 1)"
                f" or {_CROSSED_INITIAL})",
                "partial",
                "the initial of the given name agrees",
            ),
            Level("crossed", _GIVEN_CROSSED, "partial", "given and family name are exchanged"),
            Level(
                "near",
                f"({_near_one_of('given', 'given_tokens')} or {_slip_in_one_of('given', 'given_tokens')})",
                "full",
                "the given name is nearly the same",
            ),
            Level("similar", _similar("given", 0.8), "partial", "the given name is similar"),
        ),
    ),
    Comparison(
        "family_name",
        ("family", "family_tokens", "family_related", "given", "given_tokens"),
        "family_l is null or family_r is null",
        (
            Level("exact", "family_l = family_r", "full", "the family name agrees", "family"),
            Level(
                "shared",
                "list_has_any(family_tokens_l, family_tokens_r)",
                "full",
                "a part of the family name or an earlier one agrees",
            ),
            Level("crossed", _FAMILY_CROSSED, "partial", "given and family name are exchanged"),
            Level(
                "near",
                f"({_near_one_of('family', 'family_tokens')} or {_slip_in_one_of('family', 'family_tokens')})",
                "full",
                "the family name is nearly the same",
            ),
            Level("similar", _similar("family", 0.8), "partial", "the family name is similar"),
        ),
    ),
    Comparison(
        "date_of_birth",
        ("dob",),
        "dob_l is null or dob_r is null",
        (
            Level(
                "exact",
                "dob_l = dob_r and substr(dob_l, 6) <> '01-01'",
                "full",
                "the date of birth agrees",
                "dob",
            ),
            Level(
                "year",
                f"{_SAME_YEAR} and {_FIRST_OF_JANUARY}",
                "partial",
                "the year of birth agrees",
            ),
            Level("swapped", _DAY_MONTH_SWAPPED, "full", "day and month of birth are exchanged"),
            Level("near", _DIGIT_WRONG, "full", "the date of birth differs by one digit"),
            Level("two_of_three", _TWO_OF_THREE, "partial", "two of day, month and year of birth agree"),
        ),
    ),
    Comparison(
        "postcode",
        ("postcode", "postcodes", "postcode_sector", "postcode_district", "postcode_area"),
        "postcode_l is null or postcode_r is null",
        (
            Level("exact", "postcode_l = postcode_r", "full", "the postcode agrees", "postcode"),
            Level("earlier", "list_contains(postcodes_l, postcode_r)", "full", "an earlier postcode agrees"),
            Level(
                "near",
                _one_slip("postcode_l", "postcode_r"),
                "partial",
                "the postcode differs by one character",
            ),
            Level("sector", "postcode_sector_l = postcode_sector_r", "partial", "the postcode sector agrees"),
            Level("district", "postcode_district_l = postcode_district_r", "partial", "the postcode district agrees"),
            Level("area", "postcode_area_l = postcode_area_r", "none", "only the postcode area agrees"),
        ),
    ),
    Comparison(
        "gender",
        ("gender",),
        "gender_l is null or gender_r is null",
        (Level("exact", "gender_l = gender_r", "full", "the gender agrees"),),
    ),
)

COMPARED_FIELDS: tuple[str, ...] = tuple(comparison.field for comparison in COMPARISONS)
FREQUENCY_COLUMNS: tuple[str, ...] = tuple(
    level.frequency for comparison in COMPARISONS for level in comparison.levels if level.frequency
)
MODEL_COLUMNS: tuple[str, ...] = tuple(
    dict.fromkeys(column for comparison in COMPARISONS for column in comparison.columns)
)


def comparison_of(field: str) -> Comparison:
    """The comparison of a field."""
    return next(comparison for comparison in COMPARISONS if comparison.field == field)


def paired_columns_sql(left: str, right: str) -> str:
    """Select items that put the model's columns of two tables side by side as ``_l`` and ``_r``."""
    return ", ".join(
        f'{side}."{column}" as "{column}_{suffix}"'
        for side, suffix in ((left, "l"), (right, "r"))
        for column in MODEL_COLUMNS
    )
