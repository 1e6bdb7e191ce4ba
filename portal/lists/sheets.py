"""A list as CSV or XLSX, in bounded memory however long it is."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import IO

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from xlsxwriter import Workbook

from portal import spreadsheets
from portal.lists.cells import Plain

CSV, XLSX = "csv", "xlsx"
FORMATS = (CSV, XLSX)
MOST_LINES = 1_048_575  # of a sheet, below its heading (ECMA-376: 1,048,576 rows)
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A text is written as a text: nothing becomes a formula, a number or a link by how it looks.
AS_TEXT = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
    "remove_timezone": True,
}


def answer(
    form: str, name: str, heading: Sequence[str], rows: Iterable[Sequence[Plain]]
) -> HttpResponseBase:
    """The file, by its format. CSV is sent as it is read; XLSX is made on disk first."""
    file_name = f"{name}.{form}"
    if form == XLSX:
        return FileResponse(
            workbook(heading, rows), as_attachment=True, filename=file_name, content_type=XLSX_TYPE
        )
    return StreamingHttpResponse(
        spreadsheets.table(heading, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def workbook(heading: Sequence[str], rows: Iterable[Sequence[Plain]]) -> IO[bytes]:
    """One sheet, written row by row to a file without a name, which goes when it is closed. It
    holds what a sheet can hold; CSV has no such limit.
    """
    made = tempfile.TemporaryFile()
    try:
        # The folder is for what the library puts aside.
        with (
            tempfile.TemporaryDirectory() as folder,
            Workbook(made, {**AS_TEXT, "tmpdir": folder}) as book,
        ):
            _write(book, heading, rows)
    except BaseException:
        made.close()
        raise
    made.seek(0)
    return made


def _write(book: Workbook, heading: Sequence[str], rows: Iterable[Sequence[Plain]]) -> None:
    sheet = book.add_worksheet()
    times = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.write_row(0, 0, heading, book.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)
    for place, row in enumerate(islice(rows, MOST_LINES), start=1):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(place, column, value, times)
            elif value is not None:
                sheet.write(place, column, value)
