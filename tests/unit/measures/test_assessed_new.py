"""People assessed without support in the 12 months before: worked people for every branch of the rules."""

from datetime import date

from tests.unit.derived_events import assessment, service
from tests.unit.placed_people import figures, measured, people

ID = "assessed_new"
BORN = {"birth_month": "1980-06"}


def test_people_count_whose_assessment_follows_no_support() -> None:
    rows = [
        assessment("led to services", **BORN),
        assessment("no further action", **BORN, event_outcome="NFA - Support declined"),
        assessment("no outcome", **BORN, event_outcome=None),
        assessment("led to a hospital", **BORN, event_outcome="Admitted to hospital"),
        assessment("supported", **BORN),
        service("supported", **BORN),
        assessment("support ended a year before", **BORN),
        service("support ended a year before", **BORN, event_end_date=date(2021, 6, 1)),
        assessment("support ended longer ago", **BORN),
        service("support ended longer ago", **BORN, event_end_date=date(2021, 5, 31)),
        assessment("short term support", **BORN),
        service(
            "short term support", **BORN, service_type="Short Term Support: ST-Max", event_end_date=date(2022, 1, 1)
        ),
        assessment("support from that day", **BORN),
        service("support from that day", **BORN, event_start_date=date(2022, 6, 1)),
        assessment("support as a carer", **BORN),
        service("support as a carer", **BORN, client_type="Carer"),
        assessment("financial", **BORN, assessment_type="Financial Assessment"),
        assessment("type not valid", **BORN, assessment_type="not a listed wording"),
        assessment("ended after the year", **BORN, event_start_date=date(2023, 3, 1), event_end_date=date(2023, 4, 1)),
        assessment("began before the year", **BORN, event_start_date=date(2022, 3, 1), event_end_date=date(2022, 4, 1)),
        assessment(
            "the second one counts", **BORN, event_start_date=date(2022, 4, 10), event_outcome="NFA - Support declined"
        ),
        service("the second one counts", **BORN, event_end_date=date(2021, 5, 1)),
        assessment("the second one counts", **BORN, event_start_date=date(2022, 6, 10)),
        assessment("a child", birth_month="2008-06"),
        assessment("carer", **BORN, client_type="Carer"),
    ]
    with measured(ID, rows) as engine:
        assert people(engine, ID) == {
            "led to services": ["services"],
            "no further action": ["no_further_action"],
            "no outcome": ["other_outcome"],
            "led to a hospital": ["other_outcome"],
            "supported": ["supported_before"],
            "support ended a year before": ["supported_before"],
            "support ended longer ago": ["services"],
            "short term support": ["supported_before"],
            "support from that day": ["services"],
            "support as a carer": ["services"],
            "began before the year": ["services"],
            "the second one counts": ["services"],
            "a child": ["under_18"],
        }
        total = figures(engine, ID)[0]
    assert (total["services"], total["people_assessed"]) == (6, 9)
