"""Every error has a code of the standard at the XDS edge (SD-1)."""

import pytest

from archive.edges.edge import reply_for
from archive.edges.xds import replies
from archive.errors import ArchiveError, every_error

# ITI TF-3 Table 4.2.4.1-2
STANDARD = {
    "XDSDuplicateUniqueIdInRegistry",
    "XDSNonIdenticalHash",
    "XDSPatientIdDoesNotMatch",
    "XDSRegistryBusy",
    "XDSRegistryDeprecatedDocumentError",
    "XDSRegistryError",
    "XDSRegistryMetadataError",
    "XDSResultNotSinglePatient",
    "XDSStoredQueryMissingParam",
    "XDSStoredQueryParamNumber",
    "XDSTooManyResults",
    "XDSUnknownPatientId",
    "XDSUnknownStoredQuery",
    # ITI-57 and ITI-62 of the supplement XDS Metadata Update
    "ReferencesExistException",
    "UnresolvedReferenceException",
    "XDSMetadataUpdateError",
    "XDSMetadataUpdateOperationError",
    "XDSMetadataVersionError",
    # ITI-38, ITI-39
    "XDSMissingHomeCommunityId",
    "XDSUnknownCommunity",
}


RETRIEVAL = {
    *("XDSDocumentUniqueIdError", "XDSRepositoryBusy", "XDSRepositoryError"),
    *("XDSRepositoryMetadataError", "XDSUnknownRepositoryId"),
    *("XDSMissingDocument", "XDSMissingDocumentMetadata", "urn:dicom:wado:0007"),
}


@pytest.mark.parametrize("error", list(every_error()))
def test_every_error_has_codes_of_the_standard(error: type[ArchiveError]) -> None:
    codes = reply_for(replies.TABLE, error())
    assert codes.register in STANDARD
    assert codes.query in STANDARD | {""}
    assert reply_for(replies.RETRIEVE, error()) in STANDARD | RETRIEVAL
