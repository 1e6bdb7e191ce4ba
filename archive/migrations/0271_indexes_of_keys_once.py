"""The key to another table has an index of its own, unless a longer one begins with it, as of these."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from archive.migrations._keys import KeyWithoutIndex

KEYS = (
    ("alarm", "rule", "archive_alarm_rule_id_940be099"),
    ("announcementreceipt", "announcement", "archive_announcementreceipt_announcement_id_1a8964cb"),
    ("authorisation", "organiser", "archive_authorisation_organiser_id_9add0b11"),
    ("authorisation", "producer", "archive_authorisation_producer_id_b0673396"),
    ("authorisation", "register", "archive_authorisation_register_id_5e3717f9"),
    ("authorisationdraft", "register", "archive_authorisationdraft_register_id_5225a3db"),
    ("availabilitynotice", "manifest", "archive_availabilitynotice_manifest_id_53e261b0"),
    ("batch", "case", "archive_batch_case_id_36113b9b"),
    ("batchitem", "batch", "archive_batchitem_batch_id_8fca94d2"),
    ("case", "connection", "archive_case_connection_id_776a223d"),
    ("case", "organisation", "archive_case_organisation_id_a6bbb40d"),
    ("casecomment", "case", "archive_casecomment_case_id_60eb9d83"),
    ("caseevent", "case", "archive_caseevent_case_id_2c9a154a"),
    ("caseevent", "study", "archive_caseevent_study_id_d4cc615a"),
    ("channelhour", "channel", "archive_channelhour_channel_id_594163bd"),
    ("correction", "study", "archive_correction_study_id_c8d30506"),
    ("correctionpolicy", "organisation", "archive_correctionpolicy_organisation_id_7ccd6e48"),
    ("destructionitem", "list", "archive_destructionitem_list_id_c4ed5064"),
    ("disclosurepermission", "patient", "archive_disclosurepermission_patient_id_964e8975"),
    ("explanationrequest", "organisation", "archive_explanationrequest_organisation_id_930c788f"),
    ("expressionofwill", "patient", "archive_expressionofwill_patient_id_7a86d9d2"),
    ("hl7message", "organisation", "archive_hl7message_organisation_id_d71f076a"),
    ("hl7message", "patient", "archive_hl7message_patient_id_5af79d7f"),
    ("idempotentcall", "token", "archive_idempotentcall_token_id_03597db7"),
    ("informing", "patient", "archive_informing_patient_id_309ca575"),
    ("informingend", "patient", "archive_informingend_patient_id_b9eac7a5"),
    ("instanceversion", "instance", "archive_instanceversion_instance_id_567fb73c"),
    ("membership", "user", "archive_membership_user_id_44e42f9b"),
    ("patienthistory", "patient", "archive_patienthistory_patient_id_4b51e33a"),
    ("prohibition", "patient", "archive_prohibition_patient_id_ad9a2272"),
    ("prohibitionend", "patient", "archive_prohibitionend_patient_id_1c1a2d50"),
    ("registerholding", "register", "archive_registerholding_register_id_0ca89522"),
    ("rejectedobject", "rejection", "archive_rejectedobject_rejection_id_8055bab9"),
    ("rejection", "study", "archive_rejection_study_id_77b076be"),
    ("reviewcase", "owner", "archive_reviewcase_owner_id_e24551b9"),
    ("reviewnote", "case", "archive_reviewnote_case_id_96859f86"),
    ("savedview", "owner", "archive_savedsearch_owner_id_f9ed2e46"),
    ("spentassertion", "client", "archive_spentassertion_client_id_d453f6f1"),
    ("suspicionevent", "suspicion", "archive_suspicionevent_suspicion_id_a8539ab7"),
    ("uselimit", "organisation", "archive_uselimit_organisation_id_8ebe2d19"),
    ("webhookdelivery", "webhook", "archive_webhookdelivery_webhook_id_c213b122"),
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = (("archive", "0270_steps_and_orders_of_series"),)
    operations = (
        AddIndexConcurrently(
            "informingend", models.Index(fields=["patient"], name="informing_end_patient")
        ),
        AddIndexConcurrently(
            "prohibitionend", models.Index(fields=["patient"], name="prohibition_end_patient")
        ),
        *(KeyWithoutIndex(*each) for each in KEYS),
    )
