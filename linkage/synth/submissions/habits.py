"""The habits of the case systems and exports of a profile in plain words, for the README of a world."""

from linkage.spec import authorities, load_specification
from linkage.synth.profile import AuthorityProfile, SynthProfile
from linkage.synth.submissions.damage import date_form_names
from linkage.synth.submissions.quarters import QUARTERS, ROLLING


def habits_text(profile: SynthProfile) -> str:
    """A few lines per authority, as a Markdown list."""
    return "\n".join(f"- {_authority(profile, authority)}" for authority in profile.authorities)


def _authority(profile: SynthProfile, authority: AuthorityProfile) -> str:
    name = next(entry.name for entry in authorities() if entry.code == authority.la_code)
    spec = load_specification(authority.spec)
    covers = (
        "the twelve months to the end of its quarter" if spec.period == ROLLING else "1 April to the end of its quarter"
    )
    said = [f"**{name}, {authority.la_code}** sends {spec.title}; each file covers {covers}."]
    return " ".join([*said, *_system(profile, authority), *_exports(authority)])


def _system(profile: SynthProfile, authority: AuthorityProfile) -> list[str]:
    rates, said = profile.submission, []
    if not authority.carers:
        said.append("It reports no carers.")
    if authority.renumbered_from_quarter:
        form = authority.new_identifier.format(123)
        said.append(
            f"From Q{authority.renumbered_from_quarter} a new case system gives everybody another identifier (such as {form})."
        )
    if authority.uplift_from and rates.uplift_rows:
        said.append(
            f"From {authority.uplift_from:%d/%m/%Y} {rates.uplift_rows:.0%} of the long-term services with a cost have a second "
            f"row with a price {rates.uplift_percent:g}% higher; of the rows before it, {rates.uplift_left_open:.0%} are left as "
            "they were."
        )
    if authority.never_closed:
        said.append(f"The end of {100 * authority.never_closed:g}% of its services never reaches a file.")
    return said


def _exports(authority: AuthorityProfile) -> list[str]:
    said = []
    if authority.upper_case_names:
        said.append("Names are in capitals." if authority.upper_case_names == 1 else "Some names are in capitals.")
    if authority.midnight_event_types:
        said.append(f"Dates of {_listed(authority.midnight_event_types).lower()} events carry a midnight time.")
    if authority.windows_1252_quarters:
        said.append(f"{_quarters(authority.windows_1252_quarters)} in Windows-1252.")
    if authority.byte_order_mark_quarters:
        said.append(f"{_quarters(authority.byte_order_mark_quarters)} preceded by a byte order mark.")
    if authority.excel_quarters:
        forms = "; ".join(f"Q{quarter}: {_forms(authority, quarter)}" for quarter in authority.excel_quarters)
        said.append(
            f"{_quarters(authority.excel_quarters)} saved by a spreadsheet: identifiers without leading zeros, some numbers in "
            f"scientific notation or with .0, some no-break spaces, and dates as it left them ({forms})."
        )
    if authority.sql_export_quarters:
        said.append(
            f"{_quarters(authority.sql_export_quarters)} written by a database tool: NULL for blanks, a time on every date, "
            "padded text."
        )
    return said


def _forms(authority: AuthorityProfile, quarter: int) -> str:
    forms = date_form_names(load_specification(authority.spec), quarter)
    return ", ".join(f"{heading} {form}" for heading, form in forms.items())


def _quarters(numbers: tuple[int, ...]) -> str:
    if set(numbers) == set(QUARTERS):
        return "Every file is"
    return f"The {_listed(tuple(f'Q{number}' for number in numbers))} file{'s are' if len(numbers) > 1 else ' is'}"


def _listed(words: tuple[str, ...]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
