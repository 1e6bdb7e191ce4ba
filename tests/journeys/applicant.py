"""A new customer at its browser: registers, fills in, proves its systems, runs its test."""

import re
from dataclasses import dataclass, field
from email.message import EmailMessage

from playwright.sync_api import FilePayload, Locator, Page, expect

from archive.simulation.modules import Order
from archive.simulation.sender import Peer
from archive.simulation.world import Patient
from archive.values import BusinessId, now, uid_from_uuid
from tests.browsing import follow
from tests.journeys.system import System

BUSINESS_ID = BusinessId("9000011-8")
EMAIL, PASSWORD = "jari@kuva.example.invalid", "kolme-pientä-kettua-7"
CONTACTS = {"administrative": "fi", "technical": "sv", "data-protection": "en"}
AET = {"test": "UUSI_TEST", "production": "UUSI_PACS"}
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@dataclass
class Applicant:
    system: System
    page: Page
    port: int  # of its listener
    own: str = field(default="", init=False)  # the address of its file

    # At the browser

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.system.file['web']}{path}")

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            self.main.locator(f"[name={name}]").fill(value)

    def go(self, button: str = "") -> None:
        """Press the filled button, or the named one."""
        named = self.main.get_by_role("button", name=button, exact=True)
        follow(self.page, (named if button else self.main.locator("button.go")).first)

    # Registration

    def sign_up(self) -> None:
        self.open("/join/account/")
        self.fill(email=EMAIL, password1=PASSWORD, password2=PASSWORD)
        self.go()
        letter = self._letter()
        found = re.search(r"http://\S+/accounts/confirm-email/\S+", letter.get_content())
        assert found
        self.page.goto(found[0])
        self.go()

    def _letter(self) -> EmailMessage:
        found: list[EmailMessage] = []

        def has_come() -> bool:
            found[:] = [each for each in self.system.mails() if each["To"] == EMAIL]
            return bool(found)

        self.system.run.await_that(has_come, 30)
        (letter,) = found
        return letter

    def register(self) -> None:
        self.fill(business_id=BUSINESS_ID)
        self.go()
        self.main.locator("[value=private]").check()
        self.go()
        self.fill(name_fi="Uusi Kuvaus Oy", name_sv="Nya Bild Ab", name_en="New Imaging Ltd")
        self.go()
        for choice in ("produces", "ct", "patient_data"):
            self.main.locator(f"[value={choice}]").check()
            self.go()
        for kind, language in CONTACTS.items():
            self.fill(name=f"Jari {kind}", email=f"{kind}@kuva.example.invalid", phone="020 123")
            self.main.locator("select[name=language]").select_option(language)
            self.go()
        self.go("Send the registration")
        self.go_on()

    def go_on(self) -> None:
        """From the page that says where the registration stands to the customer's file."""
        self.main.get_by_role("link", name="Fill in systems, terms and connections").click()
        expect(self.page.locator("h1")).to_have_text("Checklist")
        self.own = self.page.url.removeprefix(self.system.file["web"])

    # The file

    def prove(self) -> None:
        """(a) to (d)."""
        self.open(f"{self.own}systems/new/")
        self.fill(product="Kuva PACS", version="1.0", certificate_number="KANTA-1234")
        self.fill(regulation="THL 5/2021, annex 3e", valid_from="2024-02-01")
        self.main.locator("[name=specification]").select_option(label="2.4.1")
        self.go()
        for precondition in ("certified", "patient_data"):
            self.open(f"{self.own}evidence/{precondition}/")
            self.fill(number="KANTA-1234", dated="2024-02-01", note="As agreed")
            paper: FilePayload = {
                "name": "certificate.pdf",
                "mimeType": "application/pdf",
                "buffer": PDF,
            }
            self.main.locator("[name=file]").set_input_files(paper)
            self.go("Give as evidence")
        for document in ("delivery_terms", "service_description"):
            self.open(f"{self.own}terms/{document}/")
            self.fill(authority="toimitusjohtaja, yhtiöjärjestys 8 §")
            self.main.locator("[name=agreed]").check()
            self.go()

    def plan_connections(self) -> None:
        """(e): an imaging system in both environments, in the test a reader of the registry too."""
        for environment, aet in AET.items():
            self.open(f"{self.own}connections/new/dicom/")
            self.main.locator("[name=environment]").select_option(environment)
            self.fill(name="Kuva PACS", aet=aet, host="127.0.0.1", port=str(self.port))
            self.main.locator("[name=ian_on]").check()
            self.go()
        self.open(f"{self.own}connections/new/xds/")
        self.main.locator("[name=environment]").select_option("test")
        self.fill(name="Kuvakatselin")
        self.go()

    def registry_login(self) -> dict[str, str]:
        """Of its reader of the registry: the password is shown once."""
        self.open(f"{self.own}connections/")
        row = self.main.locator("tr", has_text="Kuvakatselin")
        user = row.locator("code").last.inner_text()
        follow(self.page, row.get_by_role("link", name="New password"))
        self.go("Make a new password")
        return {"user": user, "password": self.main.locator(".secret").inner_text()}

    # The test

    def peer(self, environment: str = "test") -> Peer:
        world = self.system.world
        called = world.called(environment)
        return Peer(world.dicom_host, world.dicom_port, AET[environment], called)

    def test_patient(self) -> Patient:
        """The first of the run on the page."""
        return Patient(self.main.locator("dl.facts dt code").first.inner_text(), "Testinen^Eino")

    def order(self, patient: Patient, accession: str) -> Order:
        """A new examination of its own."""
        return Order(
            patient=patient,
            accession=accession,
            controller=BUSINESS_ID.controller_oid,
            institution="Uusi Kuvaus Oy",
            uid_root=uid_from_uuid(),
            at=now(),
            seed=7,
        )

    def step(self, kind: str) -> Locator:
        return self.main.locator(f"[data-step={kind}]")
