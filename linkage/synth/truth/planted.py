"""The effects that a synthetic world plants, as ``truth/planted.yaml`` tells them to whoever has to find them again."""

from typing import Any

import yaml

from linkage.synth.block import Setting
from linkage.synth.care.hospital import FOLLOWED_DAYS
from linkage.synth.health.spells import URINARY_INFECTION
from linkage.synth.health.support import SUPPORT

Facts = dict[str, Any]

_START = "the first day of the period"
_EVERYBODY = "people on the register who are alive on the first day of the period"
_SUPPORT = f"long-term support open on {_START}"


def planted_text(setting: Setting) -> str:
    """The planted effects as YAML: for each the value, what is compared, among whom, over which time, and the model."""
    document = {
        "period": {
            "start": setting.profile.period_start.isoformat(),
            "end": setting.profile.period_end.isoformat(),
        },
        "emergency_admission": _emergency_admission(setting),
        "conditions": _conditions(setting),
        "use_of_care": _use_of_care(setting),
        "gp_appointments": _gp_appointments(setting),
        "frailty": _frailty(setting),
        "urinary_tract_infection": _urinary_infection(setting),
        "reablement": _reablement(setting),
        "readmission": _readmission(setting),
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _emergency_admission(setting: Setting) -> Facts:
    rates = setting.world.health
    return {
        "rate_ratio": setting.profile.planted.emergency_rate_ratio,
        "exposed": _SUPPORT,
        "unexposed": "everybody else on the register",
        "time": "the period, and the year before it; from day to day until death",
        "model": "Poisson with log person-time; rate by age, sex and broad ethnic group; readmissions count",
        "absent": "only submitted people can be absent from the register; with them go the stays that led to reablement, so "
        "absence raises the ratio a little (in the profile sample by about 1 % for one in ten, 6 % for six in ten)",
        "admission_methods": list(rates.emergency_methods),
        "first_admissions_a_year_from_age": dict(rates.emergency_a_year),
        "age_on": "period_start",
        "male_factor": rates.emergency_male_factor,
        "ethnic_group_factor": dict(rates.emergency_group_factor),
    }


def _conditions(setting: Setting) -> Facts:
    rates = setting.world.health.conditions
    return {
        "compared": f"number of long-term conditions on {_START} (all that are recorded), by age and deprivation",
        "among": _EVERYBODY,
        "model": "negative binomial, variance = mean + mean squared / shape; mean by age times factor by quintile",
        "mean_from_age": dict(rates.mean),
        "factor_by_deprivation_quintile": dict(rates.deprivation_factor),
        "deprivation": "quintile of the small area of the present postcode, 1 the most deprived",
        "shape": rates.shape,
        "highest_number": rates.most,
    }


def _use_of_care(setting: Setting) -> Facts:
    profile = setting.profile
    ratios = profile.planted.use_odds_ratio_by_conditions
    names = [str(number) for number in range(len(ratios) - 1)] + [f"{len(ratios) - 1} or more"]
    return {
        "odds_ratio_by_conditions": dict(zip(names, ratios, strict=True)),
        "compared": "being a service user in any file against not being one",
        "among": f"adults on {_START}, alive and on the register, without those of truth/care_home_residents",
        "time": "the period (and nine months before it where the files roll over twelve months)",
        "model": "logistic regression on the number of conditions and age",
        "chance_without_conditions_from_age": dict(profile.coverage.by_age),
        "chance_in_care_homes": profile.coverage.care_home,
    }


def _gp_appointments(setting: Setting) -> Facts:
    planted, rates = setting.profile.planted, setting.world.health.gp_appointments
    return {
        "rate_ratio_by_support": {name: planted.gp_rate_ratio[name] for name in SUPPORT[1:]},
        "compared": f"{_SUPPORT} (nursing before residential before Shared Lives before other community) against none",
        "among": _EVERYBODY,
        "time": "the period, until death",
        "model": "negative binomial with log person-time; rate by age and sex; robust errors for Poisson",
        "appointments_a_year_from_age": {sex: dict(table) for sex, table in rates.a_year.items()},
        "shape": rates.shape,
        "after_reablement": {
            "rate_ratio": planted.gp_rate_ratio_after_reablement,
            "compared": "days after the end of reablement against days before its start, within the person",
            "among": "people whose reablement ended within the period",
            "model": "conditional Poisson with log working days, for appointments fall on weekdays only and on none of closed_on",
            "closed_on": list(rates.closed),
        },
    }


def _frailty(setting: Setting) -> Facts:
    rates = setting.world.health.frailty
    return {
        "compared": f"score above {rates.above[1]} (moderate or severe) by {_SUPPORT}: none, community, care home",
        "among": f"people aged 60 or over on {_START} with a score in the period",
        "model": "logistic regression; the shares below are those of men, and of women without support",
        "share_from_age": {support: dict(table) for support, table in rates.moderate_or_severe.items()},
        "odds_ratio_of_women_with_support": setting.profile.planted.frailty_odds_ratio_women_with_support,
        "mild_above": rates.above[0],
        "moderate_above": rates.above[1],
        "severe_above": rates.above[2],
    }


def _urinary_infection(setting: Setting) -> Facts:
    rates = setting.world.health
    return {
        "diagnosis": f"{URINARY_INFECTION}, primary",
        "share_of_emergency_stays": dict(rates.urinary_infection),
        "same_day_share": rates.emergency_same_day,
        "factor_from_90_in_care_homes": setting.profile.planted.urinary_infection_in_care_homes_from_90,
        "compared": "that share with nursing or residential support at 90 and over, against everybody else of the same sex",
        "among": f"{_EVERYBODY}; age and support on that day",
        "model": "bed days for each person-year are lower than without support although admissions are more",
    }


def _reablement(setting: Setting) -> Facts:
    care = setting.world.care
    return {
        "after_hospital": care.reablement_from_hospital,
        "compared": "starts of reablement after the discharge from an emergency stay, against all starts",
        "days_after_discharge": f"0 to {care.reablement_wait_days}",
        "length_days": f"even from {care.reablement_days.low} to {care.reablement_days.high}",
        "leads_to_long_term_support": care.reablement_leads_to_long_term,
    }


def _readmission(setting: Setting) -> Facts:
    return {
        "share_after_discharge_to_reablement": setting.profile.planted.readmission_30_days_after_reablement,
        "compared": f"an emergency admission 1 to {FOLLOWED_DAYS} days after the discharge that led to reablement",
        "among": f"discharges followed for {FOLLOWED_DAYS} days",
        "share_of_any_emergency_discharge": setting.world.health.readmission_30_days,
        "of_any": "by readmission alone; further first admissions come on top",
    }
