"""One association's storing: study and series are looked up once in it; what is counted is written
when it ends or once a second, never per object (AR-1, NF-4).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from archive import ledger, tracing
from archive.errors import CustomerTooFast, OtherContent
from archive.objects.header import Header, Read
from archive.rules import admission, identity
from archive.rules.admission import Admitted, Announced
from archive.services import (
    corrections,
    error_desk,
    filing,
    policies,
)
from archive.services.associations import Peer
from archive.services.error_desk import STORE, What
from archive.services.filing import Filed, Target
from archive.services.rows import Archived
from archive.values import PatientIdentifier, today

LOOK_AGAIN = 1.0  # seconds


@dataclass(slots=True)
class Tally:
    """What an association has brought of one study since it was last written down."""

    filed: Filed
    patient: PatientIdentifier
    authorisation_id: UUID | None = None
    instances: int = 0
    bytes: int = 0
    repeated: int = 0
    rejected: int = 0  # by a note that came before
    total_instances: int = 0
    total_bytes: int = 0
    began: float = field(default_factory=time.monotonic)
    looked_up: float = field(default_factory=time.monotonic)  # that it is the patient's


class Session:
    """One association's storing. `close` is called however it ends."""

    def __init__(self, peer: Peer, pace: Callable[[], None] = lambda: None) -> None:
        """`pace` raises CustomerTooFast."""
        self.peer = peer
        self.pace = pace
        self.hurried = 0  # objects refused for their pace
        self.policy = policies.for_association(peer.environment)
        self.terms = policies.correction_terms(peer.organisation_id)
        self.registers = filing.own_registers(peer)
        self.organisers: dict[tuple[str, PatientIdentifier, str], Target] = {}
        self.studies: dict[str, Tally] = {}
        self.series: dict[str, UUID] = {}
        self.last_read: Read | None = None  # the next object's header is much like it
        self.judged: tuple[date, tuple[object, ...], Admitted] | None = None
        # What was found for objects admitted alike, which `admit` gives the very same answer.
        self.aimed: tuple[Admitted, Target] | None = None
        self.agreed: Admitted | None = None
        self.corrected: set[UUID] = set()
        self.written = time.monotonic()
        # The last object was new, so the next is taken for new as well, and not looked for first.
        self.brings_new = False

    def too_fast(self, error: CustomerTooFast) -> None:
        """An object was refused for its pace: on the desk once an association; how many there were
        is written down when it ends.
        """
        self.hurried += 1
        if self.hurried == 1:
            what = What(correlation_id=self.peer.association_id)
            error_desk.report(
                error,
                environment=self.peer.environment,
                place=self.peer.at(STORE),
                who=self.peer.who,
                what=what,
                facts={"calling": self.peer.calling},
            )

    def close(self) -> None:
        """Write down what came: counts, and one ledger event per study."""
        if self.hurried:
            _record_hurry(self.peer, self.hurried)
            self.hurried = 0
        for tally in self.studies.values():
            filing.note_progress(tally.filed, tally.instances, tally.bytes)
            if tally.total_instances or tally.repeated:
                filing.note_stored(
                    self.peer,
                    tally.filed,
                    instances=tally.total_instances,
                    size=tally.total_bytes,
                    repeated=tally.repeated,
                    rejected=tally.rejected,
                    seconds=time.monotonic() - tally.began,
                    authorisation_id=tally.authorisation_id,
                )
        tracing.tell(
            studies=len(self.studies),
            objects=sum(tally.total_instances for tally in self.studies.values()),
            bytes=sum(tally.total_bytes for tally in self.studies.values()),
        )
        self.studies.clear()
        for study_id in self.corrected:
            corrections.look_now(study_id, self.peer.environment)
        self.corrected.clear()

    def admit(self, header: Header, announced: Announced) -> Admitted:
        """Each is what was announced; those that are alike but for what names them are judged once
        a day. Raises an Unacceptable, Unsupported or Malformed.
        """
        day, alike = today(), header.alike
        if self.judged is not None and self.judged[:2] == (day, alike):
            admission.identify_in_series(header, announced)
        else:
            admission.identify(header, announced)
            self.judged = day, alike, admission.judge(header, self.policy, day)
        return self.judged[2]

    def check(self, header: Header, admitted: Admitted) -> Target:
        """The register the object goes to. Reads only; raises what forbids it. Once study and
        series are filed, objects that were admitted alike are asked about once a second: the study
        may be another patient's meanwhile, by a correction.
        """
        target = self.target(header, admitted)
        known = self.studies.get(header.study_instance_uid)
        is_fresh = known is not None and time.monotonic() - known.looked_up < LOOK_AGAIN
        if is_fresh and admitted is self.agreed:
            return target
        filed = (
            is_fresh
            and known is not None
            and known.patient == admitted.patient
            and known.filed.register_id in target.reach
            and self.series_key(header) in self.series
        )
        if not filed:
            filing.check(self.peer, header, admitted, target)
            if known is not None:
                known.patient, known.looked_up = admitted.patient, time.monotonic()
        self.require_own_issuer(admitted, target)
        if filed:
            self.agreed = admitted
        return target

    def require_own_issuer(self, admitted: Admitted, target: Target) -> None:
        """Raises PatientIdForeign."""
        issuers = self.registers.arcs | identity.arcs_of([target.register.controller_oid])
        identity.require_own_issuer(admitted.patient, issuers)

    def require_correctable(
        self, known: Archived, header: Header, admitted: Admitted, target: Target, held: Header
    ) -> None:
        """What may be corrected is what may be stored, but that a producer corrects no study of its
        organiser's that it has not begun, and that a study stays in its register. `held`: what the
        object says by now. Raises PatientIdForeign, OtherContent, RegisterFixed.
        """
        self.require_own_issuer(admitted, target)
        if target.authorisation_id and not filing.has_begun(self.peer, known.study_id):
            raise OtherContent()
        if header.accession_issuer != held.accession_issuer:
            filing.require_same_controller(known.register_id, target.register)

    def target(self, header: Header, admitted: Admitted) -> Target:
        """An authorisation is read once an association for each organiser, patient and study code,
        so that a change holds from the next association on. Raises ControllerUnauthorised.
        """
        if self.aimed is None or self.aimed[0] is not admitted:
            self.aimed = admitted, self._target(header, admitted)
        return self.aimed[1]

    def _target(self, header: Header, admitted: Admitted) -> Target:
        own = filing.own_target(header, self.registers)
        if own is not None:
            return own
        key = header.accession_issuer, admitted.patient, admitted.study_code
        if key not in self.organisers:
            self.organisers[key] = filing.authorised_target(self.peer, *key)
        return self.organisers[key]

    def series_key(self, header: Header) -> str:
        return f"{header.study_instance_uid}/{header.series_instance_uid}"

    def remember(
        self, header: Header, admitted: Admitted, filed: Filed, series_id: UUID, target: Target
    ) -> Tally:
        """What a committed transaction has filed need not be looked up again."""
        self.series[self.series_key(header)] = series_id
        made = Tally(filed, admitted.patient, target.authorisation_id)
        return self.studies.setdefault(header.study_instance_uid, made)

    def count(self, tally: Tally, size: int, *, shown: bool) -> None:
        """What a note rejected before it came is kept, and no part of its study's counts."""
        if shown:
            tally.instances += 1
            tally.bytes += size
        else:
            tally.rejected += 1
        tally.total_instances += 1
        tally.total_bytes += size
        if time.monotonic() - self.written >= 1:
            self.written = time.monotonic()
            for each in self.studies.values():
                filing.note_progress(each.filed, each.instances, each.bytes)
                each.instances = each.bytes = 0


def _record_hurry(peer: Peer, count: int) -> None:
    about = ledger.About(
        environment=peer.environment,
        organisation_id=peer.organisation_id,
        subject_id=peer.connection_id,
        correlation_id=peer.association_id,
    )
    facts = {"code": CustomerTooFast.code, "reason": CustomerTooFast.reason(), "count": count}
    ledger.record(ledger.Kind.OBJECT_REFUSED, about, facts, actor=peer.actor)
