"""The storage SOP classes of the standard, PS3.4 B.5, with their names."""

from pydicom._uid_dict import UID_dictionary
from pynetdicom import AllStoragePresentationContexts

STORAGE = frozenset(context.abstract_syntax for context in AllStoragePresentationContexts)
_NAMED = {
    word.casefold(): uid
    for uid, entry in UID_dictionary.items()
    if uid in STORAGE
    for word in (uid, entry[0], str(entry[0]).removesuffix(" Storage"), entry[4])
}


def name_of(uid: str) -> str:
    """`CT Image Storage` is `CT Image`; a UID that nobody knows stays as it is."""
    entry = UID_dictionary.get(uid)
    return str(entry[0]).removesuffix(" Storage") if entry else uid


def find(text: str) -> str | None:
    """The class by its UID, by its name with or without "Storage", or by its keyword."""
    found = _NAMED.get(text.strip().casefold())
    return str(found) if found else None
