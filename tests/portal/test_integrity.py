"""Integrity on the pages: how the rounds go, what is damaged, findings and their repair (AR-10)."""

from typing import Any

import pytest

from archive import vault
from archive.models import Document, Finding, Instance, Job, Round
from archive.services import landed, reconciliation, verification
from archive.values import now
from tests import builders, cast
from tests.cast import dataset
from tests.portal.test_pages import signed_in
from tests.services.test_integrity import flip, go_round
from tests.services.test_reconciliation import go_round as reconcile
from tests.services.test_rejections import registered
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def said(answer: Any) -> str:
    return answer.content.decode()


def test_the_page_tells_how_the_round_goes() -> None:
    client = signed_in("support")
    content = said(client.get("/integrity/"))
    assert "nothing is damaged" in content and "none yet" in content
    cast.store(dataset(), dataset())
    verification.begin()
    assert "at the beginning" in said(client.get("/integrity/"))
    done = go_round()
    content = said(client.get("/integrity/"))
    assert f"{done.number}," in content and "It looked at" in content
    assert "Destroyed again" not in content
    Round.objects.update(destroyed_again=2)
    content = said(client.get("/integrity/"))
    assert "2 objects of studies that a record says were destroyed" in content


def test_what_has_no_file_of_its_own_yet_is_told_as_long_as_there_is_any() -> None:
    client, told = signed_in("archivist"), "<dt>Small objects without a file of their own yet</dt>"
    cast.store(dataset())
    assert f"{told}<dd>1</dd>" in said(client.get("/integrity/"))
    landed.give_files()
    assert told in said(client.get("/integrity/")), "something came a moment ago"
    vault.give_files("production", quiet_seconds=0)
    assert told not in said(client.get("/integrity/"))


def test_archivists_begin_a_round_and_the_desk_does_not() -> None:
    assert (
        signed_in("support").post("/integrity/begin/", {"kind": "verification"}).status_code == 403
    )
    client = signed_in("archivist")
    answer = client.post("/integrity/begin/", {"kind": "verification"}, follow=True)
    assert "A round has begun" in said(answer)
    again = client.post("/integrity/begin/", {"kind": "verification"}, follow=True)
    assert "under way already" in said(again)
    assert client.post("/integrity/begin/", {"kind": "nonsense"}).status_code == 400
    assert Round.objects.count() == 1


def test_a_damaged_object_is_listed_and_looked_at_again() -> None:
    made = dataset()
    study = cast.store(made)
    row = Instance.objects.get()
    copy = vault.read_file("production", bytes(row.digest))
    flip(bytes(row.digest))
    go_round()
    client = signed_in("archivist")
    content = said(client.get("/integrity/"))
    assert "damaged objects" in content and f"/studies/{study.id}/" in content
    answer = client.post("/integrity/restore/", {"object": str(row.id)}, follow=True)
    assert vault.key_of("production", bytes(row.digest)) in said(answer)
    file_of("production", bytes(row.digest)).write_bytes(copy)
    answer = client.post("/integrity/restore/", {"object": str(row.id)}, follow=True)
    assert "whole again" in said(answer)
    assert client.post("/integrity/restore/", {"object": str(row.id)}).status_code == 404
    assert client.post("/integrity/restore/", {"object": "x"}).status_code == 400


def test_findings_are_listed_by_kind_and_repaired() -> None:
    study = registered(dataset())
    Document.objects.filter(study=study, kind="manifest").update(status="deprecated")
    reconcile()
    Job.objects.all().delete()
    page = "/integrity/findings/images-without-entry/"
    support = signed_in("support")
    front = said(support.get("/integrity/"))
    assert "register and archive differ" in front and "nothing is damaged" not in front
    assert f"/studies/{study.id}/" in said(support.get(page))
    assert "Repair the selected" not in said(support.get(page))
    finding = Finding.objects.get()
    assert support.post(f"{page}repair/", {"finding": str(finding.id)}).status_code == 403
    client = signed_in("archivist")
    assert "Nothing was selected" in said(client.post(f"{page}repair/", follow=True))
    answer = client.post(f"{page}repair/", {"finding": str(finding.id)}, follow=True)
    assert "1 on the way to registration" in said(answer)
    assert "Register and archive agree" in said(answer)
    assert Job.objects.filter(subject_id=study.id, state="waiting").exists()
    assert client.get("/integrity/findings/nonsense/").status_code == 404


def test_findings_of_the_other_environment_are_not_repaired_here() -> None:
    study = builders.study(environment="test")
    builders.series(study)
    reconcile()
    finding = Finding.objects.filter(kind="images-without-entry").get()
    client = signed_in("archivist")
    page = "/integrity/findings/images-without-entry/"
    assert str(study.id) not in said(client.get(page))
    client.post(f"{page}repair/", {"finding": str(finding.id)})
    finding.refresh_from_db()
    assert finding.settled_at is None


@pytest.mark.parametrize("kind", ["bytes-without-row", "destroyed-yet-live"])
def test_a_repair_that_may_destroy_is_asked_for_once_more(kind: str) -> None:
    chosen = reconciliation.FindingKind(kind)
    key = f"{1:064x}" if kind == "bytes-without-row" else str(builders.study().id)
    reconciliation.note([reconciliation.Found(chosen, "production", key)])
    finding, client = Finding.objects.get(), signed_in("archivist")
    page = f"/integrity/findings/{kind}/"
    asked = said(client.post(f"{page}repair/", {"finding": str(finding.id)}))
    assert "Repair the selected?" in asked and "1 finding is selected" in asked
    assert f'name="finding" value="{finding.id}"' in asked and 'name="sure"' in asked
    assert "cannot be brought back" in asked and f'href="{page}"' in asked
    finding.refresh_from_db()
    assert finding.settled_at is None
    sure = {"finding": str(finding.id), "sure": "yes"}
    assert "Selected:" in asked and "removed for ever" in asked and "manage.py" not in asked
    assert client.post(f"{page}repair/", sure).status_code == 302
    finding.settled_at = now()
    finding.save()
    late = said(client.post(f"{page}repair/", sure, follow=True))
    assert "settled meanwhile" in late and "Nothing was selected" not in late
    assert "Nothing was selected" in said(client.post(f"{page}repair/", follow=True))


def test_long_lists_have_pages() -> None:
    found = [
        reconciliation.Found(
            reconciliation.FindingKind.BYTES_WITHOUT_ROW, "production", f"{number:064x}"
        )
        for number in range(60)
    ]
    reconciliation.note(found)
    client = signed_in("support")
    page = "/integrity/findings/bytes-without-row/"
    first = client.get(page).context["page"]
    rest = client.get(page, {"after": first.following}).context["page"]
    assert (len(first.rows), len(rest.rows)) == (50, 10)
    assert client.get(page, {"after": "nonsense"}).status_code == 400
