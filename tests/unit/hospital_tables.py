"""Tables of the page on hospital stays, made from ``configs/measures/hospital.yaml``."""

from linkage.cohort.hospital.settings import hospital_settings


def _table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def code_rows() -> str:
    settings = hospital_settings()
    left_out, again = settings.discharge, settings.readmission
    begins = [f"{text}…" for text in left_out.treatment_function_beginnings]
    kinds = [code for kind in again.management for code in settings.management[kind]]
    rows = [
        ["Discharges that do not count", "method of admission", ", ".join(left_out.admission_methods)],
        ["", "method of discharge", ", ".join(left_out.discharge_methods)],
        ["", "destination", ", ".join(left_out.destinations)],
        ["", "treatment function", ", ".join([*left_out.treatment_functions, *begins])],
        ["Stays that are readmissions", "method of admission", ", ".join(kinds)],
        ["but not", "method of discharge", ", ".join(again.discharge_methods)],
        ["", "patient classification", ", ".join(settings.regular_attenders)],
    ]
    return _table(["What", "Told by", "Codes"], rows)


def day_rows() -> str:
    rule = hospital_settings().reablement
    rows = [
        ["years of age at discharge, at least", rule.from_age],
        ["days from the discharge to the start of reablement, at most", rule.days_before],
        ["days from the start of reablement to the discharge, at most", rule.days_after],
        ["days between two reablement services that are one episode, at most", rule.join_days],
        ["days after the discharge in which outcomes are looked for", rule.follow_up_days],
        ["months before the year in which the stay may have begun", rule.admitted_months_before],
    ]
    return _table(["What", "Number"], [[words, str(number)] for words, number in rows])


TABLES = {"hospital_codes": code_rows, "reablement_days": day_rows}
