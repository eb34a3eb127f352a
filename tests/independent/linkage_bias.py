"""Linked and unlinked people, and how sure the links are, in pandas."""

import pandas as pd

from tests.independent.tables import Derived

BANDS = (
    (95, "95+"),
    (85, "85-94"),
    (75, "75-84"),
    (65, "65-74"),
    (45, "45-64"),
    (25, "25-44"),
    (18, "18-24"),
    (0, "0-17"),
)
SETTINGS = ("nursing", "residential", "community", "prison")
REASONS = {
    "Physical": "physical",
    "Sensory": "sensory",
    "Support with memory": "memory",
    "Learning": "learning_disability",
    "Mental": "mental_health",
    "Social": "social",
}


def confidences(derived: Derived) -> dict[tuple[str, str], str]:
    """Authority and pseudonym → high, where every outcome that is stated is a sure one."""
    found = {}
    for who, rows in derived.submitted.groupby(["la_code", "person_pseudonym"]):
        stated = set(rows.link_quality.dropna())
        found[who] = "high" if stated and stated <= {"confirmed", "superseded"} else "other"
    return found


def people(derived: Derived) -> pd.DataFrame:
    of_person, sure = derived.of_person, confidences(derived)
    event = derived.event[derived.event.client_type_group == "service_user"]
    event = event[(event.start_date <= derived.last) & (event.end_date.isna() | (event.end_date >= derived.first))]
    rows = []
    for (la_code, key), events in derived.events(event):
        one = of_person[(la_code, key)]
        age = one["age"]
        band = "not known" if age is None or pd.isna(age) else next(name for first, name in BANDS if age >= first)
        gender = one["gender"] if one["gender"] in ("Female", "Male") else "Not known"
        ethnic = (
            one["ethnic_group"] if one["ethnic_group"] in ("asian", "black", "mixed", "white", "other") else "unknown"
        )
        said = str(one["primary_support_reason"] or "")
        reason = next((group for begins, group in REASONS.items() if said.startswith(begins)), "unknown")
        setting = min((row["setting"] for row in events if row["setting"]), key=SETTINGS.index, default="none")
        column = "high_confidence" if sure[(la_code, one["person_pseudonym"])] == "high" else "other_link"
        if any(row["person_key_source"] == "la_person_id" for row in events):
            column = "not_linked"
        rows.append((la_code, key, band, gender, ethnic, reason, setting, column, None))
    names = ["age_band", "gender", "ethnic_group", "support_reason", "setting", "column_id", "reason"]
    return pd.DataFrame(rows, columns=["la_code", "person_key", *names])
