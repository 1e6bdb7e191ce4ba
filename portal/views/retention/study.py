"""The part of a study's page that tells how long it is kept."""

from typing import Any

from archive.models import RetentionRule, Study, StudyState
from archive.queries import destruction, retention
from archive.values import today
from portal.pages import BY_NAME
from portal.retention_words import standing_words
from portal.staff import Request


def told(request: Request, study: Study) -> dict[str, Any]:
    day = today()
    standing = retention.standing_of(study, day)
    decisive = standing.permanent or (standing.term.rule if standing.term else None)
    rule = RetentionRule.objects.filter(id=decisive).first() if decisive else None
    may_change = BY_NAME["retention-hold-change"].may_open(request.person.roles)
    return {
        "said": standing_words(standing, rule),
        "holds": destruction.holds_of(study, day),
        "may_hold": may_change and study.state != StudyState.DESTROYED,
    }
