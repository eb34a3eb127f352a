"""Tables of ``docs/reference/release_policy.md``, made from the shipped profiles and rules."""

from linkage.configs import packaged
from pseudo.policy import load_policy
from pseudo.policy_model import ReleasePolicy, TablePolicy
from pseudo.together import rules
from pseudo.treatments import Area, Keep, Pseudonymise, Treatment

PROFILES = ("cld_view", "secure", "own_bi", "open")


def profiles() -> dict[str, ReleasePolicy]:
    return {name: load_policy(packaged(f"release/{name}.yaml")).policy for name in PROFILES}


def profile_table(name: str) -> str:
    """What each profile does with each column of one table; derived columns follow their source."""
    tables = {profile: policy.tables[name] for profile, policy in profiles().items()}
    columns = list(next(iter(tables.values())).columns)
    rows = [
        f"| `{column}` | " + " | ".join(treated(table, column) for table in tables.values()) + " |"
        for column in columns
    ]
    return "\n".join(
        [f"| Column | {' | '.join(f'`{name}`' for name in tables)} |", "|---" * (len(tables) + 1) + "|", *rows]
    )


def treated(table: TablePolicy, column: str) -> str:
    derived = [treatment for treatment in table.derived.values() if treatment.source == column]
    shown = [said(treatment) for treatment in (table.columns[column], *derived)]
    return ", ".join(part for part in shown if part != "–" or len(shown) == 1)


def said(treatment: Treatment) -> str:
    if treatment.treatment == "drop":
        return "–"
    if isinstance(treatment, Area):
        return treatment.level
    if isinstance(treatment, Keep):
        return "to the day" if treatment.type == "date" else "keep"
    return "pseudonym" if isinstance(treatment, Pseudonymise) else treatment.treatment


def condition_table() -> str:
    rows = []
    for name, policy in profiles().items():
        held = policy.anonymity
        assert held
        l_said = f", l = {held.l}" if held.l > 1 else ""
        if held.share_below == 1:
            action = "measured and reported"
        else:
            action = f"for everyone: {held.action}" + (f", then {held.then}" if held.action == "generalise" else "")
        told = "; ".join(f"{table}: {', '.join(held.tables[table].quasi_identifiers)}" for table in held.tables)
        rows.append(f"| `{name}` | {policy.environment} | k = {held.k}{l_said} | {action} | {told} |")
    return "\n".join(["| Profile | Environment | Condition | Action | Over |", "|---|---|---|---|---|", *rows])


def together_table() -> str:
    rows = []
    for rule in rules().together:
        what = " with ".join(" or ".join(kind.replace("_", " ") for kind in kinds) for kinds in rule.all_of)
        where = " and ".join(rule.environments)
        unless = "k-anonymity for everyone" if rule.unless else "never"
        rows.append(f"| {what} | {where} | {unless} | {rule.instead} |")
    heading = "| What may not stand together | Environment | Allowed with | Instead |"
    return "\n".join([heading, "|---|---|---|---|", *rows])


def coarser_table() -> str:
    rows = []
    for rule in rules().coarser:
        values = "a date before the day that the policy says" if rule.before else ", ".join(rule.values)
        rows.append(
            f"| {', '.join(kind.replace('_', ' ') for kind in rule.of)} | {rule.say} | `{rule.column}`: {values} |"
        )
    return "\n".join(["| Withheld | From | Known by |", "|---|---|---|", *rows])


TABLES = {
    "profile_columns": lambda: profile_table("social_care"),
    "profile_conditions": condition_table,
    "never_together": together_table,
    "coarser": coarser_table,
}
