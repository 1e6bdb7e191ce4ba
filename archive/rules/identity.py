"""Which patient ids belong where."""

from archive.errors import EnvironmentMismatch, RealPatientRequired
from archive.models import Environment
from archive.values import PatientIdentifier


def require_environment(
    identifier: PatientIdentifier, environment: str, *, takes_test_patients: bool
) -> None:
    """Each environment has its own people. Raises EnvironmentMismatch, RealPatientRequired."""
    if environment == Environment.TEST and not identifier.is_test:
        raise EnvironmentMismatch()
    if environment == Environment.PRODUCTION and identifier.is_test and not takes_test_patients:
        raise RealPatientRequired()
