"""What the support desk's own acts may be refused with. Families and their meaning:
`archive.errors`.
"""

from archive.errors.base import Conflict


class CasesUnjoinable(Conflict):
    code = "CASE-JOIN"
    comment = "these cases cannot be put together or apart so"


class BatchEnded(Conflict):
    code = "BATCH-STATE"
    comment = "the batch has ended or was undone"
