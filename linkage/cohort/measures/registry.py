"""Every measure by its id."""

from collections.abc import Mapping, Sequence

from linkage.cohort.measures import (
    ascof_2a,
    ascof_2d,
    ascof_2d_salt,
    ascof_2e,
    ascof_3d,
    ascof_admissions,
    assessed_new,
    linkage,
    long_term_monthly,
    long_term_support,
    package_costs,
    review_type,
    reviewed,
    salt_lts002,
    salt_lts003,
    salt_lts004,
    salt_sts,
    short_term,
    waiting_times,
)
from linkage.cohort.measures.measure import Measure
from linkage.errors import UsageError

MEASURES: Mapping[str, Measure] = {
    measure.id: measure
    for measure in (
        ascof_2a.MEASURE,
        ascof_2d.OUTCOMES,
        ascof_2d.PROVISION,
        ascof_2d_salt.MEASURE,
        linkage.HIGH_CONFIDENCE,
        linkage.BIAS,
        ascof_admissions.YOUNGER_ADULTS,
        ascof_admissions.OLDER_ADULTS,
        ascof_2e.EVERYBODY,
        ascof_2e.LEARNING_DISABILITY,
        ascof_3d.CLIENTS,
        ascof_3d.CARERS,
        long_term_support.MEASURE,
        long_term_monthly.MEASURE,
        assessed_new.MEASURE,
        reviewed.MEASURE,
        salt_sts.REQUESTS,
        salt_sts.NEW_CLIENTS,
        salt_sts.EXISTING_CLIENTS,
        short_term.MONTHLY,
        short_term.YEARLY,
        short_term.STARTS,
        package_costs.BY_SETTING,
        package_costs.GROSS,
        review_type.MEASURE,
        salt_lts002.SUPPORTED,
        salt_lts002.SUPPORTED_CLIENTS,
        salt_lts002.LONGER,
        salt_lts002.LONGER_CLIENTS,
        salt_lts003.MEASURE,
        salt_lts003.ASSESSED,
        salt_lts004.EMPLOYMENT,
        salt_lts004.ACCOMMODATION,
        salt_lts004.PAID,
        salt_lts004.SETTLED,
        waiting_times.MEASURE,
    )
}  # fmt: skip


def chosen_measures(ids: Sequence[str]) -> list[Measure]:
    """The measures of these ids, each once; all of them when none is named. Raises UsageError, listing what there is."""
    unknown = [name for name in ids if name not in MEASURES]
    if unknown:
        raise UsageError(f"There is no measure {', '.join(unknown)}. Known: {', '.join(MEASURES)}.")
    return [MEASURES[name] for name in dict.fromkeys(ids or MEASURES)]
