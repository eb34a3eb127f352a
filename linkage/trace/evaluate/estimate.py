"""Precision and recall of a whole trace, estimated from the judgements of a stratified sample.

Every stratum counts with the people it stands for. Intervals are made from the Wilson interval of each stratum by the
method of variance estimates recovery: of a weighted mean (Zou and Donner 2008; Yan and Su 2010 for strata), and of a ratio of two
independent totals (Donner and Zou 2012). They have a width even where a stratum shows no error; a stratum that was looked at
whole adds none.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from linkage.trace.evaluate.figures import Estimate, Proportion
from linkage.trace.evaluate.labels import Design, Reviewer, Stratum, Verdict

Reading = Literal["worst", "middle", "best"]
READINGS: tuple[Reading, ...] = ("worst", "middle", "best")


@dataclass(frozen=True)
class StratumFound:
    """What was found in one stratum: people judged, and of them those with a match, by reading. For people with a link a
    match is a right link; for people without one it is a person who was missed.
    """

    stratum: Stratum
    judged: int
    matches: Mapping[Reading, int]


@dataclass(frozen=True)
class Total:
    """An estimated number of people and its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Agreement:
    """How far reviewers agree on the pairs that all of them judged. ``kappa``: Cohen's for two, Fleiss' for more; None when
    nothing but one judgement was given.
    """

    pairs: int
    agreed: Proportion
    kappa: float | None
    kind: str


@dataclass(frozen=True)
class SampleEstimate:
    """What a clerical sample says of a trace.

    Readings: ``worst`` takes a link as right only if every reviewer says match, and a person as missed if anyone says match
    or is unsure; ``best`` the other way round; ``middle`` goes by more than half of the reviewers, for a missed person by at
    least half. ``covered`` people are in strata of which somebody was judged; the estimate holds for them.
    """

    precision: Mapping[Reading, Estimate]
    recall: Mapping[Reading, Estimate]
    strata: Sequence[StratumFound]
    covered: Proportion
    covered_links: Proportion
    unjudged: int
    agreement: Agreement | None
    reviewers: Sequence[Reviewer]

    def as_dict(self) -> dict[str, Any]:
        """Every figure as plain values."""
        return {
            "precision": self.precision["middle"].as_dict(),
            "recall": self.recall["middle"].as_dict(),
            "precision_by_reading": {name: self.precision[name].as_dict() for name in READINGS},
            "recall_by_reading": {name: self.recall[name].as_dict() for name in READINGS},
            "people_covered": self.covered.as_dict(),
            "links_covered": self.covered_links.as_dict(),
            "people_drawn_and_not_judged": self.unjudged,
            "reviewers": [_reviewer_row(reviewer) for reviewer in self.reviewers],
            "agreement": None
            if self.agreement is None
            else {
                "pairs": self.agreement.pairs,
                "agreed": self.agreement.agreed.as_dict(),
                "kappa": self.agreement.kappa,
                "kind": self.agreement.kind,
            },
        }

    def lines(self) -> list[str]:
        """The figures for reading, one per line."""
        shares = [
            f"{f'{name}, {reading}':<26} {by_reading[reading].shown(4)}"
            for name, by_reading in (("precision", self.precision), ("recall", self.recall))
            for reading in (READINGS if len(self.reviewers) > 1 or self._unsure() else ("middle",))
        ]
        kappa = self.agreement.kappa if self.agreement else None
        return [
            *shares,
            f"{'people it covers':<26} {self.covered.part:>8,}  of {self.covered.whole:,}",
            f"{'drawn and not judged':<26} {self.unjudged:>8,}",
            *([f"{'pairs reviewers agree on':<26} {self.agreement.agreed}"] if self.agreement else []),
            *([f"{'kappa':<26} {kappa:8.4f}"] if kappa is not None else []),
        ]

    def _unsure(self) -> bool:
        return any("unsure" in reviewer.verdicts.values() for reviewer in self.reviewers)


def estimate(design: Design, reviewers: Sequence[Reviewer]) -> SampleEstimate:
    """Precision and recall of the trace from what the reviewers said of its sample.

    Recall counts as missed only people whose own record was among the candidates shown: somebody whom the blocking did not
    find cannot be seen. A wrong link does not count as missed, for the sample does not show the person's own record.
    """
    units = _units(design, reviewers)
    strata = [_found(stratum, units) for stratum in design.strata]
    judged = sum(found.judged for found in strata)
    linked = [found for found in strata if found.stratum.linked]
    missed = [found for found in strata if not found.stratum.linked]
    right = {reading: _total(linked, reading) for reading in READINGS}
    lost = {reading: _total(missed, reading) for reading in READINGS}
    people = sum(found.stratum.people for found in linked if found.judged)
    return SampleEstimate(
        precision={reading: _share(right[reading], people) for reading in READINGS},
        recall={reading: _recall(right[reading], lost[reading]) for reading in READINGS},
        strata=strata,
        covered=_covered(strata),
        covered_links=_covered(linked),
        unjudged=sum(stratum.sampled for stratum in design.strata) - judged,
        agreement=agreement(reviewers),
        reviewers=reviewers,
    )


def agreement(reviewers: Sequence[Reviewer]) -> Agreement | None:
    """Agreement of two or more reviewers; None for one, or when no pair was judged by all."""
    if len(reviewers) < 2:
        return None
    common = sorted(set.intersection(*({*reviewer.verdicts} for reviewer in reviewers)))
    if not common:
        return None
    said = [[reviewer.verdicts[pair] for reviewer in reviewers] for pair in common]
    agreed = Proportion(sum(len({*verdicts}) == 1 for verdicts in said), len(said))
    kind = "Cohen's kappa" if len(reviewers) == 2 else "Fleiss' kappa"
    return Agreement(len(said), agreed, cohen(said) if len(reviewers) == 2 else fleiss(said), kind)


def cohen(said: Sequence[Sequence[Verdict]]) -> float | None:
    """Cohen's kappa of two reviewers over three verdicts; None when chance alone would make them agree always."""
    n = len(said)
    observed = sum(first == second for first, second in said) / n
    counts = [[column.count(verdict) / n for verdict in _VERDICTS] for column in zip(*said, strict=True)]
    chance = sum(first * second for first, second in zip(*counts, strict=True))
    return None if math.isclose(chance, 1) else (observed - chance) / (1 - chance)


def fleiss(said: Sequence[Sequence[Verdict]]) -> float | None:
    """Fleiss' kappa of any number of reviewers over three verdicts; None when nothing but one verdict was given."""
    n, raters = len(said), len(said[0])
    pairs = raters * (raters - 1) / 2
    observed = sum(sum(a == b for a, b in combinations(verdicts, 2)) / pairs for verdicts in said) / n
    chance = sum((sum(list(v).count(verdict) for v in said) / (n * raters)) ** 2 for verdict in _VERDICTS)
    return None if math.isclose(chance, 1) else (observed - chance) / (1 - chance)


_VERDICTS: tuple[Verdict, ...] = ("match", "no_match", "unsure")


def _units(design: Design, reviewers: Sequence[Reviewer]) -> dict[str, list[list[Verdict]]]:
    """By stratum, for each drawn query that anybody judged: the verdicts of the reviewers who did."""
    queries: dict[str, list[str]] = defaultdict(list)
    for name, pair in design.pairs.items():
        queries[pair.query_id].append(name)
    units: dict[str, list[list[Verdict]]] = defaultdict(list)
    for names in queries.values():
        told = [_of_query([reviewer.verdicts.get(name) for name in names]) for reviewer in reviewers]
        verdicts = [verdict for verdict in told if verdict is not None]
        if verdicts:
            units[design.pairs[names[0]].stratum].append(verdicts)
    return units


def _of_query(verdicts: Sequence[Verdict | None]) -> Verdict | None:
    """One reviewer's verdict on a query: a match with any record shown settles it, else every record must be judged."""
    if "match" in verdicts:
        return "match"
    if None in verdicts:
        return None
    return "unsure" if "unsure" in verdicts else "no_match"


def _found(stratum: Stratum, units: Mapping[str, list[list[Verdict]]]) -> StratumFound:
    judged = units.get(stratum.name, [])
    matches = {
        reading: sum(_is_match(verdicts, stratum.linked, reading) for verdicts in judged) for reading in READINGS
    }
    return StratumFound(stratum, len(judged), matches)


def _is_match(verdicts: Sequence[Verdict], linked: bool, reading: Reading) -> bool:
    matches = verdicts.count("match")
    if reading == "middle":
        return 2 * matches > len(verdicts) or (not linked and 0 < len(verdicts) == 2 * matches)
    sceptical = (reading == "worst") == linked
    return matches == len(verdicts) if sceptical else matches + verdicts.count("unsure") > 0


def _total(strata: Sequence[StratumFound], reading: Reading) -> Total:
    """People with a match in the strata that were judged."""
    value = below = above = 0.0
    for found in strata:
        if not found.judged:
            continue
        people, share = found.stratum.people, Proportion(found.matches[reading], found.judged)
        p = share.value or 0.0
        low, high = (p, p) if found.judged == people else share.interval or (p, p)
        value += people * p
        below += (people * (p - low)) ** 2
        above += (people * (high - p)) ** 2
    return Total(value, value - math.sqrt(below), value + math.sqrt(above))


def _share(total: Total, people: int) -> Estimate:
    if not people:
        return Estimate(None, None)
    return Estimate(total.value / people, (max(0.0, total.low / people), min(1.0, total.high / people)))


def _recall(right: Total, lost: Total) -> Estimate:
    """Right links among right links and missed people: 1 / (1 + lost / right), with the interval of that ratio."""
    if right.value + lost.value <= 0:
        return Estimate(None, None)
    if right.low <= 0:
        return Estimate(right.value / (right.value + lost.value), (0.0, 1.0))
    low, high = ratio_interval(lost, right)
    return Estimate(right.value / (right.value + lost.value), (1 / (1 + high), 1 / (1 + max(0.0, low))))


def ratio_interval(above: Total, below: Total) -> tuple[float, float]:
    """95% interval of ``above`` / ``below``, two independent totals (Donner and Zou 2012); ``below.low`` must be over 0."""
    product = above.value * below.value
    first = above.low * (2 * above.value - above.low) * below.high * (2 * below.value - below.high)
    second = above.high * (2 * above.value - above.high) * below.low * (2 * below.value - below.low)
    rest = below.high * (2 * below.value - below.high)
    low = (product - math.sqrt(max(0.0, product**2 - first))) / rest if rest > 0 else 0.0
    high = (product + math.sqrt(max(0.0, product**2 - second))) / (below.low * (2 * below.value - below.low))
    return low, high


def _covered(strata: Sequence[StratumFound]) -> Proportion:
    return Proportion(
        sum(found.stratum.people for found in strata if found.judged), sum(found.stratum.people for found in strata)
    )


def _reviewer_row(reviewer: Reviewer) -> dict[str, Any]:
    said = list(reviewer.verdicts.values())
    return {
        "name": reviewer.name,
        "judged": len(said),
        **{verdict: said.count(verdict) for verdict in _VERDICTS},
        "not_in_the_sample": reviewer.outside,
    }
