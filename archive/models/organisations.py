"""Organisations, their registers, and the connections by which their systems are known."""

from datetime import date

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language

from archive.models.choices import (
    ConnectionKind,
    CustomerState,
    RegisterType,
    Role,
    Sector,
    XdsRole,
)
from archive.models.dated import Dated
from archive.models.fields import environment_field, oid_field, uuid_key
from archive.values import mask


class Organisation(models.Model):
    """A legal entity: a customer, or the operator itself."""

    id = uuid_key()
    business_id = models.CharField(max_length=9, unique=True)
    oid = oid_field(unique=True)
    name_fi = models.CharField(max_length=200)
    name_sv = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    sector = models.CharField(max_length=1, choices=Sector)
    is_operator = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False)
    state = models.CharField(max_length=20, choices=CustomerState, default=CustomerState.JOINING)
    joined_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)  # the last day, once notice was given

    class Meta:
        ordering = ("name_fi",)
        indexes = (
            GinIndex(
                SearchVector("name_fi", "name_sv", "name_en", config="simple"),
                name="organisation_words",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language, else in Finnish."""
        return getattr(self, f"name_{(get_language() or 'fi')[:2]}", "") or self.name_fi

    def has_left(self, day: date) -> bool:
        """Its use has ended, or its last day is over and no worker has written that down yet."""
        over = self.ended_on is not None and self.ended_on < day
        return over or self.state == CustomerState.ENDED


class Register(models.Model):
    """A controller's register: (controller, type, specifier). A study belongs to one."""

    id = uuid_key()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="registers")
    controller_oid = oid_field()
    type = models.CharField(max_length=1, choices=RegisterType)
    specifier = models.CharField(max_length=64, blank=True)
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("controller_oid", "type", "specifier"), name="register_identity"
            ),
            models.UniqueConstraint(
                fields=("controller_oid",),
                condition=Q(is_default=True),
                name="register_one_default",
            ),
        )

    def __str__(self) -> str:
        return f"{self.controller_oid} {self.get_type_display()}"

    @property
    def shown_specifier(self) -> str:
        """A business id as it stands; a person's code is nobody's business on a page."""
        is_person = len(self.specifier) == 11 and "^" not in self.specifier
        return mask(self.specifier) if is_person else self.specifier


class RegisterHolding(models.Model):
    """Who was a register's controller before: each former one, up to the day it was no more."""

    id = uuid_key()
    register = models.ForeignKey(
        Register, models.PROTECT, related_name="former_holdings", db_index=False
    )
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="former_registers")
    until = models.DateField()  # exclusive: the first day of the next controller

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("register", "until"), name="holding_one_until"),
        )
        ordering = ("until",)

    def __str__(self) -> str:
        return f"{self.register_id} {self.until}"


class Connection(Dated, models.Model):
    """An organisation's system in one environment: a DICOM application entity, an XDS peer or a
    sender of HL7 messages.
    """

    id = uuid_key()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="connections")
    environment = environment_field()
    kind = models.CharField(max_length=10, choices=ConnectionKind)
    name = models.CharField(max_length=100, blank=True)
    aet = models.CharField(max_length=16, blank=True)
    host = models.CharField(max_length=255, blank=True)
    port = models.PositiveIntegerField(null=True, blank=True)
    ian_on = models.BooleanField(default=False)
    # What it may ask of us: to store, commit and correct; to query and have returned.
    may_store = models.BooleanField(default=True)
    may_fetch = models.BooleanField(default=True)
    # What its organisation fetches by C-MOVE may be returned to it.
    retrieve_destination = models.BooleanField(default=True)
    # Over TLS alone, in both directions, with this certificate.
    tls = models.BooleanField(default=False)
    xds_role = models.CharField(max_length=10, choices=XdsRole, blank=True)
    xds_user = models.CharField(max_length=64, blank=True)
    xds_secret_sha256 = models.BinaryField(max_length=32, null=True, blank=True)
    xua_required = models.BooleanField(default=False)  # each message needs a signed assertion
    hl7_application = models.CharField(max_length=100, blank=True)  # MSH-3
    hl7_facility = models.CharField(max_length=100, blank=True)  # MSH-4
    certificate_sha256 = models.CharField(max_length=64, blank=True)  # of the one it shows
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "aet"),
                condition=Q(kind="dicom", valid_until=None),
                name="connection_one_live_title",
            ),
            models.UniqueConstraint(
                fields=("xds_user",), condition=~Q(xds_user=""), name="connection_one_xds_user"
            ),
            models.UniqueConstraint(
                fields=("environment", "hl7_application", "hl7_facility"),
                condition=Q(kind="hl7", valid_until=None),
                name="connection_one_live_sender",
            ),
            models.CheckConstraint(
                condition=Q(tls=False) | ~Q(certificate_sha256=""),
                name="connection_tls_has_certificate",
            ),
        )
        indexes = (models.Index(fields=("aet", "environment"), name="connection_title"),)

    def __str__(self) -> str:
        return self.aet or self.xds_user or f"{self.hl7_application}|{self.hl7_facility}"


class User(AbstractUser):
    """A person who signs in. What the person may do follows from memberships."""

    id = uuid_key()
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, blank=True)
    is_demo = models.BooleanField(default=False)


class Membership(models.Model):
    """A person's role in an organisation."""

    id = uuid_key()
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", db_index=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "organisation", "role"), name="membership_identity"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} {self.role}"
