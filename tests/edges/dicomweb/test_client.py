"""The public dicomweb-client against the web server as it runs, over real sockets."""

from collections.abc import Callable, Iterator
from io import BytesIO

import numpy
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session_from_user_pass
from PIL import Image
from pydicom.dataset import FileMetaDataset

from archive.models import Instance
from tests import cast
from tests.cast import EXPLICIT, MALLILA, MATTI, dataset
from tests.edges.dicomweb import web
from tests.edges.dicomweb.web import System
from tests.edges.gunicorn import serving
from tests.vaults import file_of

pytestmark = pytest.mark.journey

STUDY = "1.2.246.10.90000003.1"
SERIES = f"{STUDY}.1"


@pytest.fixture(scope="module")
def address(
    shared_database: str, pick_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    port = pick_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBLIC_URL", f"http://127.0.0.1:{port}")
        with serving(port, tmp_path_factory.mktemp("web")) as found:
            yield found


Connect = Callable[..., DICOMwebClient]


@pytest.fixture
def connect(address: str) -> Iterator[Connect]:
    sessions = []

    def client(system: System, **options: int) -> DICOMwebClient:
        session = create_session_from_user_pass(system.user, system.password)
        sessions.append(session)
        return DICOMwebClient(f"{address}/dicomweb", session=session, **options)

    yield client
    for session in sessions:
        session.close()


def test_what_a_client_stores_it_finds_and_gets_back(address: str, connect: Connect) -> None:
    made = [dataset(InstanceNumber=str(place), PixelData=bytes([place] * 8)) for place in (1, 2)]
    for each in made:
        each.file_meta = FileMetaDataset()
        each.file_meta.TransferSyntaxUID = EXPLICIT
        each.file_meta.MediaStorageSOPClassUID = each.SOPClassUID
        each.file_meta.MediaStorageSOPInstanceUID = each.SOPInstanceUID
    uids = [str(each.SOPInstanceUID) for each in made]
    ours = web.system()
    client = connect(ours)
    stored = connect(ours, chunk_size=500).store_instances(made)  # in chunks
    assert [str(each.ReferencedSOPInstanceUID) for each in stored.ReferencedSOPSequence] == uids
    again = client.store_instances(made[:1], study_instance_uid=STUDY)
    assert not again.get("FailedSOPSequence")

    (study,) = client.search_for_studies(search_filters={"PatientID": MATTI})
    assert study["0020000D"]["Value"] == [STUDY]
    (series,) = client.search_for_series(STUDY)
    assert series["00201209"]["Value"] == [2]
    assert len(client.search_for_instances(STUDY, SERIES, limit=1)) == 1

    given = {str(each.SOPInstanceUID): each for each in client.retrieve_study(STUDY)}
    assert sorted(given) == sorted(uids) and given[uids[0]].PixelData == made[0].PixelData
    streamed = client.iter_series(STUDY, SERIES, media_types=(("application/dicom", EXPLICIT),))
    assert len(list(streamed)) == 2
    assert client.retrieve_instance(STUDY, SERIES, uids[1]).PatientID == MATTI

    metadata = client.retrieve_instance_metadata(STUDY, SERIES, uids[0])
    assert len(client.retrieve_study_metadata(STUDY)) == 2
    # This client names the host without its port.
    told = metadata["7FE00010"]["BulkDataURI"]
    assert told.startswith(f"{address}/dicomweb/") and study["00081190"]["Value"][0] in told
    bulk = client.retrieve_bulkdata(told)
    frames = client.retrieve_instance_frames(STUDY, SERIES, uids[0], [1])
    octets = client.retrieve_instance_frames(
        STUDY, SERIES, uids[0], [1], media_types=("application/octet-stream",)
    )
    assert bulk == frames == octets == [made[0].PixelData]
    for media_type, kind in (("image/png", "PNG"), ("image/jpeg", "JPEG")):
        picture = client.retrieve_instance_rendered(
            STUDY, SERIES, uids[0], media_types=(media_type,)
        )
        opened = Image.open(BytesIO(picture))
        assert (opened.format, opened.size) == (kind, (2, 2))
    assert client.retrieve_instance_frames_rendered(STUDY, SERIES, uids[0], [1])
    thousand = range(98_001, 99_001)  # as many as one request may name
    with pytest.raises(requests.HTTPError, match=r"^404"):
        client.retrieve_instance_frames(STUDY, SERIES, uids[0], list(thousand))

    theirs = connect(web.system(MALLILA))
    assert theirs.search_for_studies() == []
    with pytest.raises(requests.HTTPError, match="404"):
        theirs.retrieve_study(STUDY)
    with pytest.raises(requests.HTTPError, match="401"):
        connect(System("nobody", "x")).search_for_studies()


@pytest.mark.parametrize(
    ("path", "headers", "status", "told"),
    [
        (f"studies?PatientName={'x' * 9_000}", {}, 414, "8190 bytes"),
        ("studies", {"X-Long": "x" * 40_000}, 431, "32768 bytes"),
    ],
    ids=["address", "header"],
)
def test_what_the_web_server_refuses_itself_has_the_form_of_all_errors(
    address: str, path: str, headers: dict[str, str], status: int, told: str
) -> None:
    """It was a page of HTML, of which a client knows nothing."""
    response = requests.get(f"{address}/dicomweb/{path}", headers=headers, timeout=30)
    assert (response.status_code, response.headers["Connection"]) == (status, "close")
    assert web.problem(response) == (status, "request-too-large")
    assert told in response.json()["detail"] and "xxx" not in response.text


def test_a_damaged_object_breaks_the_answer_off(address: str) -> None:
    noise = numpy.random.default_rng(1).bytes(200_000)
    own = {"StudyInstanceUID": f"{STUDY}.9", "SeriesInstanceUID": f"{STUDY}.9.1"}
    cast.store(*(dataset(PixelData=noise, **own) for _ in range(3)))
    row = Instance.objects.order_by("-id")[0]
    path = file_of(row.environment, bytes(row.digest))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    ours = web.system()
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(
            f"{address}/dicomweb/studies/{STUDY}.9", auth=(ours.user, ours.password), timeout=60
        )
