"""Submission specifications as data: fields, lists, aliases and versions; local authorities; age."""

from linkage.spec.age import age_years, age_years_sql
from linkage.spec.authorities import Authority, authorities
from linkage.spec.headings import Heading, HeadingMatch, detect_version, heading_key, match_headings
from linkage.spec.load import canonical_ids, load_specification, version_of_period, versions
from linkage.spec.mapping import mapping, wordings_in
from linkage.spec.specification import Change, Field, ListValue, Specification, ValueList

__all__ = [
    "Authority",
    "Change",
    "Field",
    "Heading",
    "HeadingMatch",
    "ListValue",
    "Specification",
    "ValueList",
    "age_years",
    "age_years_sql",
    "authorities",
    "canonical_ids",
    "detect_version",
    "heading_key",
    "load_specification",
    "mapping",
    "match_headings",
    "version_of_period",
    "versions",
    "wordings_in",
]
