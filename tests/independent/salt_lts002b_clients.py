"""People with reviews of SALT LTS002b, in pandas."""

import pandas as pd

from tests.independent.salt_lts002a import reviews_of
from tests.independent.salt_lts002a_clients import clients_of
from tests.independent.salt_lts002b import longer
from tests.independent.tables import Derived


def people(derived: Derived) -> pd.DataFrame:
    return clients_of(reviews_of(derived, longer(derived), homes_only=False))
