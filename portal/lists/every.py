"""Every list by its name."""

from typing import Any

from portal.lists.authorisations import (
    ASSIGNMENTS,
    AUTHORISATIONS,
    FOLLOW_UP,
    FOLLOW_UP_PRODUCED,
    ORDERS,
)
from portal.lists.columns import Listing
from portal.lists.corrections import CORRECTIONS, REJECTIONS, REVIEW_CASES
from portal.lists.customers import CUSTOMERS, DECIDED, LOAD, PIPELINE, TERMS
from portal.lists.dated import ACCESS_RULES, API_CLIENTS, ISSUERS, RETENTION_RULES
from portal.lists.desk import BATCHES, DESK
from portal.lists.jobs import DEAD, STUCK
from portal.lists.keeping import HOLDS, TAKEOVERS
from portal.lists.laws import CODES, POLICIES
from portal.lists.logs import DISCLOSURES, USE
from portal.lists.messages import MERGES, MESSAGES, REGISTRY, XDS_MESSAGES
from portal.lists.people import PEOPLE
from portal.lists.programs import DELIVERIES, TOKENS, WEBHOOKS
from portal.lists.reviews import LOG_REQUESTS, REVIEW_RULES, WATCHED
from portal.lists.rollouts import ROLLOUTS
from portal.lists.rounds import DAMAGED, DESTRUCTIONS, DUTY, FINDINGS, SUSPICIONS
from portal.lists.studies import STUDIES
from portal.lists.watching import ALARM_RULES, ALARMS, CLEARED_ALARMS, INTERFACES, LEARNINGS

EVERY: tuple[Listing[Any], ...] = (
    *(STUDIES, DESK, CUSTOMERS, PIPELINE, DECIDED, TERMS, LOAD, DUTY),
    *(BATCHES, MESSAGES, REGISTRY, XDS_MESSAGES, MERGES, DESTRUCTIONS),
    *(HOLDS, TAKEOVERS, REVIEW_RULES, WATCHED, LOG_REQUESTS),
    *(CORRECTIONS, REJECTIONS, REVIEW_CASES),
    *(DISCLOSURES, USE, SUSPICIONS, AUTHORISATIONS, ORDERS, ASSIGNMENTS),
    *(FOLLOW_UP, FOLLOW_UP_PRODUCED, ROLLOUTS, CODES, POLICIES),
    *(STUCK, DEAD, DAMAGED),
    *(TOKENS, WEBHOOKS, DELIVERIES, API_CLIENTS),
    *(ACCESS_RULES, RETENTION_RULES, ISSUERS),
    *(PEOPLE, INTERFACES, LEARNINGS, ALARMS, CLEARED_ALARMS, ALARM_RULES),
    *FINDINGS.values(),
)
LISTINGS = {listing.name: listing for listing in EVERY}
