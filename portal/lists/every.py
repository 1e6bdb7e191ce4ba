"""Every list by its name."""

from portal.lists.columns import by_name
from portal.lists.customers import CUSTOMERS, LOAD, PIPELINE
from portal.lists.desk import DESK
from portal.lists.logs import DISCLOSURES, USE
from portal.lists.studies import STUDIES

LISTINGS = by_name((STUDIES, DESK, CUSTOMERS, PIPELINE, LOAD, DISCLOSURES, USE))
