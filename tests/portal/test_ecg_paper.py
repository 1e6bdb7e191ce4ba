"""What stands on the sheets of an ECG: each moment once, nothing where nothing was recorded."""

import re

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from archive.errors import Unsupported
from archive.objects import waveform
from archive.objects.waveform import Lead, Recording
from portal import ecg_paper


def lines(recording: Recording, page: int) -> list[list[float]]:
    """The millimetres along each line of a sheet."""
    svg = str(ecg_paper.draw(recording, "EKG", page=page).svg)
    points = re.findall(r'<polyline[^>]*points="([^"]*)"', svg)
    return [[float(pair.split(",")[0]) for pair in each.split()] for each in points]


def recording(*groups: tuple[Lead, ...]) -> Recording:
    return Recording(groups, (None, None), ())


def lead(label: str, seconds: float = 2, offset: float = 0) -> Lead:
    return Lead(label, np.ones(int(seconds * 100)), 100, offset)


def test_a_recording_is_not_hidden_by_its_average_beat() -> None:
    read = waveform.read(dcmread(get_testdata_file("waveform_ecg.dcm")))
    assert ecg_paper.pages(read) == 2
    rhythm = lines(read, 1)
    assert len(rhythm) == 13 and all(rhythm)
    assert rhythm[-1][-1] - rhythm[-1][0] == pytest.approx(250, abs=0.2)
    beat = lines(read, 2)
    assert len(beat) == 13 and all(beat)
    assert "MEDIAN BEAT" in str(ecg_paper.draw(read, "EKG", page=2).svg)
    assert beat[-1][-1] - beat[-1][0] == pytest.approx(30, abs=0.2)  # 1.2 s


def test_groups_of_other_leads_share_a_sheet_and_those_that_follow_do_not() -> None:
    both = recording((lead("I"),), (lead("V1", offset=1),))
    assert ecg_paper.pages(both) == 1
    assert [line[0] for line in lines(both, 1)] == pytest.approx([20, 45])
    assert ecg_paper.pages(recording((lead("I"),), (lead("I", offset=2),))) == 2


def test_nothing_is_drawn_over_a_gap() -> None:
    torn = lead("I")
    torn.samples[50:60] = np.nan
    drawn = lines(recording((torn,)), 1)
    assert [len(line) for line in drawn] == [50, 140]
    torn.samples[:] = np.nan
    assert lines(recording((torn,)), 1) == [[]]
    assert ecg_paper.draw(recording((torn,)), "EKG").rows[0][1:3] == ("–", "–")


def test_groups_that_lie_days_apart_are_sheets_of_their_own() -> None:
    """A device may tell one group's time from its beginning and another's from 1970."""
    torn = recording((lead("I"),), (lead("V1", offset=1_790_000_000.0),))
    assert ecg_paper.pages(torn) == 2
    assert [len(line) for line in lines(torn, 2)] == [200]


def test_a_sheet_is_not_made_of_millions_of_points() -> None:
    dense = Lead("I", np.ones(3_000_000), 300_000.0)
    with pytest.raises(Unsupported):
        ecg_paper.draw(recording((dense,)), "EKG")
