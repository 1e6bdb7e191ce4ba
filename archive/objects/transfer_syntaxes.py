"""The transfer syntaxes in which objects are archived, PS3.6 table A-1."""

from pydicom._uid_dict import UID_dictionary
from pynetdicom._globals import ALL_TRANSFER_SYNTAXES

# Objects without their pixels: these are fetched from where the object says (JPIP), or go beside it
# (SMPTE ST 2110). Who holds such an object holds no image, and could not keep one (AR-1).
PIXELS_ELSEWHERE = frozenset(
    f"1.2.840.10008.1.2.{last}" for last in ("4.94", "4.95", "4.204", "4.205", "7.1", "7.2", "7.3")
)
# Not for the network: RFC 2557 MIME encapsulation, XML encoding, Papyrus.
_NOT_ON_A_WIRE = {"1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.6.2", "1.2.840.10008.1.20"}
# pydicom knows the retired ones, pynetdicom the newest.
_KNOWN = frozenset(ALL_TRANSFER_SYNTAXES) | {
    uid for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax"
}
ARCHIVED = _KNOWN - PIXELS_ELSEWHERE - _NOT_ON_A_WIRE
# A stream of one piece, whatever the object says of frames: MPEG-2, MPEG-4, HEVC.
VIDEO = frozenset(
    uid
    for uid in ARCHIVED
    if uid.removesuffix(".1") in {f"1.2.840.10008.1.2.4.{last}" for last in range(100, 109)}
)
