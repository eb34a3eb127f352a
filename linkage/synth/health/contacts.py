"""Contacts with community health services and with mental health services within the period."""

import numpy as np

from linkage.synth.block import Block, Setting
from linkage.synth.care.clients import age_years
from linkage.synth.columns import Columns, chosen
from linkage.synth.counts import running
from linkage.synth.draws import Draws, by_age
from linkage.synth.health.coded import draw_by_age, draw_codes
from linkage.synth.health.numbers import row_numbers
from linkage.synth.health.support import in_home_from, long_term_at_start
from linkage.synth.register import on_register
from linkage.synth.source import Source
from linkage.synth.world import ContactRates

COLUMNS = ("nhs_number", "contact_date", "team_type", "contact_mode", "attended")
_PLACES = 256


def community_rows(setting: Setting, block: Block) -> Columns:
    """Contacts with community teams, in order of person and date."""
    return _contacts(setting, block, "community", setting.world.health.community_contacts)


def mental_health_rows(setting: Setting, block: Block) -> Columns:
    """Contacts with mental health teams, in order of person and date."""
    return _contacts(setting, block, "mental_health", setting.world.health.mental_health_contacts)


def _contacts(setting: Setting, block: Block, name: str, rates: ContactRates) -> Columns:
    """Some people are on a team's list; those have a Poisson number of contacts."""
    draws = Draws(setting.profile.seed)
    start, end = (np.datetime64(day, "D") for day in (setting.profile.period_start, setting.profile.period_end))
    age = age_years(block.people, start)
    share = by_age(rates.on_list, age) * np.where(long_term_at_start(setting, block), rates.with_long_term_support, 1.0)
    listed = (
        on_register(block) & ~(block.lives.death < start) & draws.chance(f"{name}_list", block.people.person_id, share)
    )
    rows = np.flatnonzero(listed & (block.people.birth <= start))
    count = draws.count(f"{name}_contacts", block.people.person_id[rows], rates.a_year)
    owner = np.repeat(rows, count)
    ids = block.people.person_id[owner] * _PLACES + running(count)
    days = int((end - start).astype(np.int64)) + 1
    table: Columns = {"row": owner, "id": ids, "contact_date": start + draws.between(f"{name}_day", ids, 0, days - 1)}
    table = chosen(table, ~(table["contact_date"] > block.lives.death[owner]))
    table = chosen(table, np.lexsort((table["id"], table["contact_date"], table["row"])))
    ids = table["id"]
    in_home = (in_home_from(block)[table["row"]] <= table["contact_date"]).astype(np.int64)
    return table | {
        "nhs_number": row_numbers(setting, block, name, table["row"], ids),
        "team_type": draw_by_age(draws, f"{name}_team", ids // _PLACES, age[table["row"]], rates.teams),
        "contact_mode": draw_codes(
            draws, f"{name}_mode", ids, in_home, (rates.modes["at_home"], rates.modes["in_care_home"])
        ),
        "attended": np.where(draws.chance(f"{name}_attended", ids, rates.attended), "Y", "N").astype(object),
    }


COMMUNITY = Source("health/community_contacts", COLUMNS, community_rows)
MENTAL_HEALTH = Source("health/mental_health_contacts", COLUMNS, mental_health_rows)
