"""The key to another table has an index of its own, unless a longer one begins with it, as of these."""

from django.db import migrations

from archive.migrations._keys import KeyWithoutIndex

KEYS = (
    ("acceptance", "document", "onboarding_acceptance_document_id_a8b1a9a3"),
    ("contact", "organisation", "onboarding_contact_organisation_id_f166bdd4"),
    ("evidence", "joining", "onboarding_evidence_joining_id_0276485d"),
    ("rolloutrun", "organisation", "onboarding_rolloutrun_organisation_id_a5320a68"),
    ("rolloutstep", "run", "onboarding_rolloutstep_run_id_980c1657"),
    ("transition", "joining", "onboarding_transition_joining_id_62da93d3"),
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = (("onboarding", "0080_systems_taken_off"),)
    operations = (*(KeyWithoutIndex(*each) for each in KEYS),)
