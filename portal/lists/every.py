"""Every list by its name."""

from portal.lists.authorisations import BY_SIDE
from portal.lists.columns import by_name
from portal.lists.customers import CUSTOMERS, LOAD, PIPELINE
from portal.lists.desk import DESK
from portal.lists.logs import DISCLOSURES, USE
from portal.lists.messages import MERGES, MESSAGES, REGISTRY
from portal.lists.rounds import DESTRUCTIONS, DUTY, FINDINGS, SUSPICIONS
from portal.lists.studies import STUDIES

LISTINGS = by_name(
    (
        *(STUDIES, DESK, CUSTOMERS, PIPELINE, LOAD, DUTY),
        *(MESSAGES, REGISTRY, MERGES, DESTRUCTIONS, *FINDINGS.values()),
        *(DISCLOSURES, USE, SUSPICIONS, *BY_SIDE.values()),
    )
)
