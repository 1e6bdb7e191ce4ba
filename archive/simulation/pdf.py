"""A one-page PDF 1.4 by hand: enough for a report that every reader opens (ISO 32000-1 7.5)."""

from collections.abc import Sequence


def page(title: str, lines: Sequence[str]) -> bytes:
    """A4, Helvetica, Latin-1 text."""
    stream = _drawing(title, lines)
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    return _file(objects)


def _drawing(title: str, lines: Sequence[str]) -> bytes:
    commands = ["BT /F1 18 Tf 60 770 Td", f"({_escaped(title)}) Tj", "/F1 11 Tf 0 -34 Td 16 TL"]
    commands += [f"({_escaped(line)}) Tj T*" for line in lines]
    # The curve of a stress test: heart rate against load.
    commands += ["ET", "0.7 w 80 300 m 160 330 240 380 320 450 c 380 500 420 510 470 400 c S"]
    return "\n".join(commands).encode("latin-1")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _file(objects: Sequence[bytes]) -> bytes:
    """Objects numbered from 1, and the table of where each begins."""
    body = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    starts = []
    for number, content in enumerate(objects, start=1):
        starts.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % start for start in starts)
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )
    return bytes(body)
