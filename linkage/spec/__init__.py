"""Submission specifications as data: fields, lists, aliases and versions; local authorities; age."""

from linkage.spec.age import age_years, age_years_sql
from linkage.spec.authorities import Authority, Successor, authorities, successors
from linkage.spec.choice import Choice, choose
from linkage.spec.headings import Heading, HeadingMatch, detect_version, heading_key, match_headings
from linkage.spec.load import canonical_ids, load_specification, version_of_period, versions
from linkage.spec.mapping import Meaning, in_every_version, mapping, other_wordings, wordings_in, wordings_of, words_in
from linkage.spec.specification import Change, Field, ListValue, Specification, ValueList

__all__ = [
    "Authority",
    "Change",
    "Choice",
    "Field",
    "Heading",
    "HeadingMatch",
    "ListValue",
    "Meaning",
    "Specification",
    "Successor",
    "ValueList",
    "age_years",
    "age_years_sql",
    "authorities",
    "canonical_ids",
    "choose",
    "detect_version",
    "heading_key",
    "in_every_version",
    "load_specification",
    "mapping",
    "match_headings",
    "other_wordings",
    "successors",
    "version_of_period",
    "versions",
    "wordings_in",
    "wordings_of",
    "words_in",
]
