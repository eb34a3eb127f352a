"""Field scores (0 to 100) and the partial date of birth of the national cascade, in Python and in SQL.

Dates are yyyymmdd, both sides present; postcodes have one space; genders are codes. Names are scored in SQL alone, with
the engine's Jaro-Winkler.

>>> date_score("19450612", "19720612"), round(postcode_score("LS1", "LS1 4AP"), 2), gender_score("1", "9")
(66, 42.86, 50)
>>> date_elements("19450612", "19540621"), date_elements("19450612", "19450713")
(3, 1)
"""

from linkage.trace.cascade.cleaning import at_form_sql

FULL, TWO, ONE, HALF = 100, 66, 33, 50
_KNOWN = ("1", "2")


def date_score(query: str, reference: str) -> int:
    """100 for the same date, 66 for two parts, or the same year with day and month exchanged, 33 for the year, else 0."""
    year, month, day = (query[a:b] == reference[a:b] for a, b in ((0, 4), (4, 6), (6, 8)))
    crossed = query[4:6] == reference[6:8] and query[6:8] == reference[4:6]
    if year and month and day:
        return FULL
    if month + day + year > 1 or (year and crossed):
        return TWO
    return ONE if year else 0


def date_score_sql(query: str, reference: str) -> str:
    """SQL of ``date_score``; null when either side is null."""
    same = _same_parts_sql(query, reference)
    crossed = (
        f"(substr({query}, 5, 2) = substr({reference}, 7, 2) and substr({query}, 7, 2) = substr({reference}, 5, 2))"
    )
    return f"""case when {query} is null or {reference} is null then null
        when {query} = {reference} then {FULL}
        when {same["year"]}::int + {same["month"]}::int + {same["day"]}::int > 1 or ({same["year"]} and {crossed}) then {TWO}
        when {same["year"]} then {ONE} else 0 end"""


def date_elements(query: str, reference: str) -> int:
    """How many of day, month and year agree, exchanged day and month, day digits or last year digits allowed for."""
    year = reference[:4] in (query[:4], query[:2] + query[3] + query[2])
    if query[4:6] == reference[6:8] and query[6:8] == reference[4:6]:
        return year + 2
    month = query[4:6] == reference[4:6]
    day = reference[6:8] in (query[6:8], query[7] + query[6])
    return year + month + day


def date_elements_sql(query: str, reference: str) -> str:
    """SQL of ``date_elements``; null when either side is null."""
    year = (
        f"(substr({reference}, 1, 4) in (substr({query}, 1, 4), "
        f"substr({query}, 1, 2) || substr({query}, 4, 1) || substr({query}, 3, 1)))"
    )
    crossed = crossed_sql(query, reference)
    month = f"(substr({query}, 5, 2) = substr({reference}, 5, 2))"
    day = f"(substr({reference}, 7, 2) in (substr({query}, 7, 2), substr({query}, 8, 1) || substr({query}, 7, 1)))"
    return f"({year}::int + case when {crossed} then 2 else {month}::int + {day}::int end)"


def crossed_sql(query: str, reference: str) -> str:
    """SQL true when day and month are exchanged, whatever the year."""
    return f"(substr({query}, 5, 2) = substr({reference}, 7, 2) and substr({query}, 7, 2) = substr({reference}, 5, 2))"


def gender_score(query: str, reference: str) -> int:
    """100 for the same code, 0 for male against female, 50 when one of them says nothing."""
    if query == reference:
        return FULL
    return 0 if query in _KNOWN and reference in _KNOWN else HALF


def gender_score_sql(query: str, reference: str) -> str:
    """SQL of ``gender_score``; null when the query has no gender."""
    return f"""case when {query} is null then null when {query} = {reference} then {FULL}
        when {query} in {_KNOWN} and {reference} in {_KNOWN} then 0 else {HALF} end"""


def postcode_score(query: str, reference: str) -> float:
    """100 for the same postcode; for the beginning of one, the share of its characters (the space counts); else 0."""
    return FULL * len(query) / len(reference) if reference.startswith(query) else 0


def postcode_score_sql(query: str, current: str, historic: str) -> str:
    """SQL: the score of the current postcode or, when it is 0, the best of the list of historic ones.

    Null when the query has no postcode; 0 when the register has none.
    """

    def one(reference: str) -> str:
        return f"case when starts_with({reference}, {query}) then {FULL} * length({query}) / length({reference}) else 0 end"

    best = f"coalesce(list_max(list_transform({historic}, lambda _p: {one('_p')})), 0)"
    now = f"coalesce({one(current)}, 0)"
    return f"case when {query} is null then null when {now} > 0 then {now} else {best} end"


def name_score_sql(query: str, reference: str) -> str:
    """SQL: Jaro-Winkler x 100 of two names in the form of ``at_form``; null without a query name, 0 without the other."""
    return f"100 * jaro_winkler_similarity({query}, coalesce({reference}, ''))"


def cleaned_name_score_sql(query: str, reference: str) -> str:
    """``name_score_sql`` from cleaned names."""
    return name_score_sql(at_form_sql(query), at_form_sql(reference))


def _same_parts_sql(query: str, reference: str) -> dict[str, str]:
    places = {"year": (1, 4), "month": (5, 2), "day": (7, 2)}
    return {
        part: f"(substr({query}, {start}, {size}) = substr({reference}, {start}, {size}))"
        for part, (start, size) in places.items()
    }
