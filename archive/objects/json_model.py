"""The DICOM JSON Model, PS3.18 annex F, and the Native DICOM Model made of it, PS3.19 annex A."""

from collections.abc import Callable, Iterable, Mapping
from math import inf, isfinite
from typing import Any

from lxml import etree
from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset

from archive.objects import charsets
from archive.objects.identifier import Attribute
from archive.objects.xml import carried
from archive.values import dicom_integer

Model = dict[str, Any]
Link = Callable[[str], str]

CHARACTER_SET = "00080005"
UTF_8: Mapping[str, Any] = {"vr": "CS", "Value": [charsets.UTF_8]}
INLINE = 1_024  # bytes of a binary value that are given in place
BINARY = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN", "OB or OW"))
_NOT_FINITE = {inf: "Infinity", -inf: "-Infinity"}
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


# --- answers --------------------------------------------------------------------------------------


def of_attributes(attributes: Iterable[Attribute]) -> Model:
    listed = sorted(attributes, key=lambda attribute: attribute.tag)
    return {f"{each.tag:08X}": _of_attribute(each) for each in listed}


def _of_attribute(attribute: Attribute) -> Model:
    if attribute.vr == "SQ":
        values: list[Any] = [of_attributes(item) for item in attribute.items]
    else:
        values = [_value(attribute.vr, text) for text in attribute.values]
    told = any(value not in (None, {}) for value in values)  # zero is a value
    return {"vr": attribute.vr, "Value": values} if told else {"vr": attribute.vr}


def _value(vr: str, text: str) -> Any:
    if vr == "PN":
        groups = zip(_GROUPS, text.split("="), strict=False)
        return {name: group for name, group in groups if group}
    number = dicom_integer(text) if vr in ("IS", "US") else None
    return (text or None) if number is None else number


# --- objects --------------------------------------------------------------------------------------


def of_dataset(dataset: Dataset, link: Link) -> Model:
    """`link` is the address of a value that is too long to stand in its place, by its path:
    `00420011`, in an item `54000100/0/54001010`. What breaks its VR is left out.
    """
    with charsets.quiet():
        return _of_dataset(dataset, link, "")


def long_values(dataset: Dataset) -> list[str]:
    """The paths of all that `of_dataset` gives an address for."""
    found: list[str] = []

    def noted(path: str) -> str:
        found.append(path)
        return path

    of_dataset(dataset, noted)
    return found


def _of_dataset(dataset: Dataset, link: Link, path: str) -> Model:
    found: Model = {}
    for tag in sorted(dataset.keys()):
        name = f"{int(tag):08X}"
        if tag.element == 0:  # group lengths
            continue
        try:
            found[name] = _of_element(dataset[tag], link, path + name)
        except Exception:  # pydicom raises what it likes
            continue
    if CHARACTER_SET in found:
        found[CHARACTER_SET] = dict(UTF_8)
    return found


def _of_element(element: Any, link: Link, path: str) -> Model:
    if element.VR == "SQ":
        items = enumerate(element.value)
        values = [_of_dataset(item, link, f"{path}/{place}/") for place, item in items]
        return {"vr": "SQ", "Value": values} if values else {"vr": "SQ"}
    if element.VR in BINARY and element.value is not None and len(element.value) > INLINE:
        return {"vr": element.VR[:2], "BulkDataURI": link(path)}
    model: Model = element.to_json_dict(None, 0)
    model["vr"] = model["vr"][:2]  # of one that may be two: OB or OW
    if "Value" in model:
        model["Value"] = [_in_json(value) for value in model["Value"]]
    return model


def _in_json(value: Any) -> Any:
    """JSON has no number that is none, or is infinite; other archives tell them as text too."""
    if isinstance(value, float) and not isfinite(value):
        return _NOT_FINITE.get(value, "NaN")
    return value


# --- XML ------------------------------------------------------------------------------------------


def xml(model: Model) -> bytes:
    root = etree.Element("NativeDicomModel")
    root.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    _fill(root, model)
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return content


def _fill(parent: etree._Element, model: Model) -> None:
    for name, element in model.items():
        attributes = {"tag": name, "vr": element["vr"]}
        if keyword := keyword_for_tag(int(name, 16)):
            attributes["keyword"] = keyword
        made = etree.SubElement(parent, "DicomAttribute", attributes)
        if "BulkDataURI" in element:
            etree.SubElement(made, "BulkData", uri=element["BulkDataURI"])
        elif "InlineBinary" in element:
            etree.SubElement(made, "InlineBinary").text = element["InlineBinary"]
        for number, value in enumerate(element.get("Value", ()), 1):
            _add_value(made, element["vr"], str(number), value)


def _add_value(parent: etree._Element, vr: str, number: str, value: Any) -> None:
    if vr == "SQ":
        _fill(etree.SubElement(parent, "Item", number=number), value)
    elif vr == "PN":
        _add_name(etree.SubElement(parent, "PersonName", number=number), value or {})
    else:
        text = "" if value is None else str(value)
        etree.SubElement(parent, "Value", number=number).text = carried(text)


_COMPONENTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")


def _add_name(parent: etree._Element, groups: Mapping[str, str]) -> None:
    for name in _GROUPS:
        if name in groups:
            group = etree.SubElement(parent, name)
            parts = zip(_COMPONENTS, groups[name].split("^"), strict=False)
            for component, part in parts:
                if part:
                    etree.SubElement(group, component).text = carried(part)
