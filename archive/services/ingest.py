"""Storing: one object, judged, made durable, and only then answered (AR-1, NF-4)."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction

from archive import jobs, vault
from archive.config import settings
from archive.errors import (
    ArchiveError,
    DatasetUnreadable,
    OtherContent,
    OtherRegister,
    StorageGone,
    TransferBroken,
)
from archive.errors.retention import StudyDestroyed
from archive.models import Instance, JobKind, Register
from archive.objects import deflated
from archive.objects.elements import Bytes, Truncated, require_whole
from archive.objects.header import Header, Read, read, read_header
from archive.objects.part10 import FileMeta
from archive.rules import admission
from archive.rules.admission import Admitted, Announced
from archive.services import (
    error_desk,
    filing,
    rejection_notes,
    rejections,
    resending,
    rows,
    unsettled,
)
from archive.services.corrections import Sent
from archive.services.error_desk import STORE, What
from archive.services.filing import Filed, Target
from archive.services.resending import Again
from archive.services.rows import Written
from archive.services.sessions import Session, Tally
from archive.values import mask, now, uuid7


def begin(
    session: Session,
    *,
    sop_class_uid: str,
    sop_instance_uid: str,
    transfer_syntax_uid: str,
    study_instance_uid: str = "",
) -> "Receipt":
    """One more object of the association; the database is not asked. Raises CustomerTooFast, for
    the caller to tell the session.
    """
    session.pace()
    announced = Announced(sop_class_uid, sop_instance_uid, study_instance_uid)
    return Receipt(session, announced, transfer_syntax_uid)


class Receipt:
    """One object on its way in."""

    def __init__(self, session: Session, announced: Announced, transfer_syntax_uid: str) -> None:
        self.session = session
        self.announced = announced
        self.transfer_syntax_uid = transfer_syntax_uid
        self.incoming = vault.Incoming(session.peer.environment)
        self.header: Header | None = None
        self.received_at: datetime | None = None  # all of it; one moment, also of what lost a race
        self.is_on_desk = False  # what it failed with

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take the next bytes. Raises StorageFull."""
        self.incoming.write(chunk)

    def finish(self) -> None:
        """Durable on return. Raises the ArchiveError that the sender is answered with."""
        try:
            self.header, values = self.session.last_read = self._read_header()
            self._require_whole(values.walked)
            self.received_at = now()
            self._store(self.header)
        except ArchiveError as error:
            self.fail(error)
            raise
        finally:
            self.incoming.discard()

    def _read_header(self) -> Read:
        """From the beginning that is in memory, or from all of it when that does not reach far
        enough.
        """
        spilled, last = self.incoming.spilled, self.session.last_read
        head = self.incoming.head
        found = read(head, self.transfer_syntax_uid, whole=not spilled, last=last)
        if found.header.complete or not spilled:
            return found
        with self.incoming.view() as data:
            return read(data, self.transfer_syntax_uid, last=last)

    def _require_whole(self, walked: int) -> None:
        """A data set that ends inside an element would be archived broken, and one that inflates
        too far could never be given to anybody. Raises DatasetUnreadable, InflatesTooFar.
        """
        try:
            if self.incoming.spilled:
                with self.incoming.view() as whole:
                    self._walk_on(whole, walked)
            else:
                self._walk_on(self.incoming.head, walked)
        except Truncated:
            raise DatasetUnreadable("data set ends inside an element") from None

    def _walk_on(self, data: Bytes, walked: int) -> None:
        require_whole(data, self.transfer_syntax_uid, walked)
        deflated.require_whole(data, self.transfer_syntax_uid)

    def abandon(self) -> None:
        """The peer broke off in the middle; nothing of the object stays."""
        try:
            self.header = read_header(self.incoming.head, self.transfer_syntax_uid, whole=False)
        except ArchiveError:
            self.header = None  # too little came to say more than the request did
        self.fail(TransferBroken(facts={"bytes": str(self.incoming.size)}))

    def fail(self, error: ArchiveError) -> None:
        """Forget the bytes and put the refusal on the desk with what explains it."""
        self.incoming.discard()
        tally = self.session.studies.get(self.header.study_instance_uid) if self.header else None
        what = What(
            study_id=tally.filed.study_id if tally else None,
            accession_number=self.header.accession_number if self.header else "",
            study_instance_uid=self.header.study_instance_uid if self.header else "",
            sop_instance_uid=self.announced.sop_instance_uid,
            correlation_id=self.session.peer.association_id,
        )
        error_desk.report(
            error,
            environment=self.session.peer.environment,
            place=self.session.peer.at(STORE),
            who=self.session.peer.who,
            what=what,
            facts=_explaining(self.header, self.announced, self.transfer_syntax_uid),
        )
        self.is_on_desk = True

    def _store(self, header: Header) -> None:
        """Judge, keep the bytes, write the rows; in this order, so that a refusal leaves nothing
        behind.
        """
        if self._was_note(header):
            return
        session = self.session
        admitted = session.admit(header, self.announced)
        target = session.target(header, admitted)
        looked_for = not self._is_taken_for_new()
        if looked_for and self._is_archived(header, admitted, target):
            session.brings_new = False
            return
        try:
            session.check(header, admitted)
        except ArchiveError:
            # What is archived may come with another patient or study: that is correction's to say.
            if looked_for or not self._is_archived(header, admitted, target):
                raise
            session.brings_new = False
            return
        meta = self._meta(target.register)
        kept, said = self._keep(header, admitted, meta)
        try:
            tally, written = self._write(header, admitted, target, kept, meta.received_at, said)
        except ArchiveError:
            self._doubt(kept)
            raise
        session.brings_new = written is not Written.NOT
        if written is Written.NOT:
            self._lost_the_race(header, admitted, kept, target)
            return
        session.count(tally, kept.size, shown=written is Written.NEW)

    def _is_taken_for_new(self) -> bool:
        """Whoever sends a study sends it whole, new or again. Taken wrongly, an object is found out
        as one that lost a race is; a large one is not read again for that.
        """
        return self.session.brings_new and not self.incoming.spilled

    def _keep(
        self, header: Header, admitted: Admitted, meta: FileMeta
    ) -> tuple[vault.Kept, rows.Said | None]:
        """The bytes, durable on return. Of a study and series that are known the row is said as
        soon as the bytes can be read, and written while they are synced; the sender is answered
        after both. What a power cut leaves between them `unsettled` finds, and `landed`.
        """
        session = self.session
        tally = session.studies.get(header.study_instance_uid)
        series_id = session.series.get(session.series_key(header))
        if tally is None or series_id is None:
            return self.incoming.keep(meta), None
        said: list[tuple[UUID, rows.Said]] = []

        def say(kept: vault.Kept, landed: bool) -> None:
            row = self._row(header, admitted, tally.filed, series_id, kept, meta.received_at)
            # Nothing is made again of what is in doubt: its row must be on the disk.
            landed = landed and not vault.is_in_doubt_here(row.environment, kept.digest)
            said.append((row.id, rows.say(row, landed)))

        try:
            kept = self.incoming.keep(meta, say)
        except BaseException:
            for each in said:
                unsettled.bytes_failed(*each)
            raise
        return kept, said[0][1]

    def _write(
        self,
        header: Header,
        admitted: Admitted,
        target: Target,
        kept: vault.Kept,
        at: datetime,
        said: rows.Said | None,
    ) -> tuple[Tally, Written]:
        """The object's row, and those above it when they are not known yet. `at`: as the file says
        of itself; `said`: the row by the short way.
        """
        session = self.session
        if said is not None and said.is_added():
            return session.studies[header.study_instance_uid], Written.NEW
        with transaction.atomic():
            filed, series_id = self._file(header, admitted, target, at)
            written = _write_row(self._row(header, admitted, filed, series_id, kept, at))
        return session.remember(header, admitted, filed, series_id, target), written

    def _was_note(self, header: Header) -> bool:
        """A rejection note is acted on, and is no object of its study. Key notes are objects."""
        announced, session = self.announced, self.session
        note = rejection_notes.note_in(self.incoming, header, self.transfer_syntax_uid)
        if note is None:
            return False
        admission.identify(header, announced)
        meta = self._meta(session.registers.own)
        peer = session.peer
        rejection_notes.receive(peer, session.policy, session.terms, note, self.incoming, meta)
        taken = [announced.sop_instance_uid]
        error_desk.settle_taken(
            peer.environment, peer.organisation_id, header.study_instance_uid, taken
        )
        return True

    def _file(
        self, header: Header, admitted: Admitted, target: Target, at: datetime
    ) -> tuple[Filed, UUID]:
        known = self.session.studies.get(header.study_instance_uid)
        filed = (
            known.filed
            if known
            else filing.file_study(self.session.peer, header, admitted, target, at)
        )
        series_id = self.session.series.get(self.session.series_key(header))
        return filed, series_id or filing.file_series(filed, header)

    def _row(
        self,
        header: Header,
        admitted: Admitted,
        filed: Filed,
        series_id: UUID,
        kept: vault.Kept,
        at: datetime,
    ) -> rows.Row:
        return rows.Row(
            id=uuid7(),
            environment=filed.environment,
            study_id=filed.study_id,
            series_id=series_id,
            sop_instance_uid=header.sop_instance_uid,
            sop_class_uid=header.sop_class_uid,
            transfer_syntax_uid=self.transfer_syntax_uid,
            content_type=admitted.content_type,
            instance_number=header.instance_number[:12],
            digest=kept.digest,
            digest_algorithm=kept.digest_algorithm,
            size=kept.size,
            store=kept.store,
            association_id=self.session.peer.association_id,
            received_at=at,
        )

    def _is_archived(self, header: Header, admitted: Admitted, target: Target) -> bool:
        """Whether the object is there, with the same content or a version that was taken.

        Raises OtherContent, OtherRegister and what filing forbids.
        """
        session = self.session
        known = rows.find(session.peer.environment, self.announced.sop_instance_uid)
        if known is None:
            return False
        if known.register_id not in target.reach:
            raise OtherRegister()
        if known.is_destroyed:
            raise StudyDestroyed()
        meta = self._meta(target.register)
        sent = Sent(header, self.incoming, self.transfer_syntax_uid, meta)
        try:
            require = partial(session.require_correctable, known, header, admitted, target)
            again = resending.take(session.peer, session.terms, known, sent, require)
        except OtherContent:
            session.check(header, admitted)  # another patient or study says more than "other"
            raise
        if again is Again.CORRECTED:
            session.corrected.add(known.study_id)
        else:
            self._repeated(header)
        return True

    def _repeated(self, header: Header) -> None:
        tally = self.session.studies.get(header.study_instance_uid)
        if tally is not None:
            tally.repeated += 1

    def _lost_the_race(
        self, header: Header, admitted: Admitted, kept: vault.Kept, target: Target
    ) -> None:
        """Another association wrote this UID first: ours is the same, or it is refused and its
        bytes go again.
        """
        self.incoming = vault.Incoming(self.session.peer.environment)
        with vault.hold(self.incoming.environment, kept.digest, kept.size) as held:
            for piece in held.pieces():
                self.incoming.write(piece)
        try:
            if not self._is_archived(header, admitted, target):
                raise StorageGone("the row that was first was taken back")  # it failed: unsettled
        finally:
            self._doubt(kept)

    def _doubt(self, kept: vault.Kept) -> None:
        """Not what another was told success of: its row may be forgotten, and nothing is made again
        of what is in doubt.
        """
        environment, uid = self.session.peer.environment, self.announced.sop_instance_uid
        known = rows.find(environment, uid)
        if known is None or known.is_destroyed or known.digest != kept.digest:
            vault.doubt(environment, kept.digest, uid)

    def _meta(self, register: Register) -> FileMeta:
        peer = self.session.peer
        return FileMeta(
            sop_class_uid=self.announced.sop_class_uid,
            sop_instance_uid=self.announced.sop_instance_uid,
            transfer_syntax_uid=self.transfer_syntax_uid,
            source_aet=peer.title,
            receiving_aet=peer.called,
            environment=peer.environment,
            controller_oid=register.controller_oid,
            received_at=self.received_at or now(),
            digest_algorithm=vault.ALGORITHM,
        )


def _write_row(row: rows.Row) -> Written:
    """Write the row and put its study back to receiving; hide it if a note came before it."""
    written = rows.insert(row)
    if written is Written.AWAITED and not rejections.apply_to(Instance.objects.get(id=row.id)):
        written = Written.NEW  # another organisation's note
    if written is not Written.NOT and rows.put_back_to_receiving(row.study_id):
        jobs.defer(
            JobKind.REGISTRATION,
            row.study_id,
            environment=row.environment,
            study_id=row.study_id,
            not_before=row.received_at + timedelta(seconds=settings().quiet_seconds),
        )
    if written is Written.AWAITED:
        rejections.leave_out(row.study_id)
    return written


def _explaining(
    header: Header | None, announced: Announced, transfer_syntax_uid: str
) -> dict[str, str]:
    """The header facts a person needs to see why; no name, and of the patient's code only its
    shape.
    """
    facts = {"SOPClassUID": announced.sop_class_uid, "TransferSyntaxUID": transfer_syntax_uid}
    if header is not None:
        facts |= {
            "Modality": header.modality,
            "StudyDescription": header.study_description[:5],
            "StudyDate": header.study_date,
            "AccessionNumber": header.accession_number,
            "IssuerOfAccessionNumber": header.accession_issuer,
            "PatientID": mask(header.patient_id) if header.patient_id else "",
            "IssuerOfPatientID": header.issuer_universal_entity_id or header.issuer_of_patient_id,
            "SeriesInstanceUID": header.series_instance_uid,
        }
    return facts
