"""What the support desk's own acts may be refused with. Families and their meaning:
`archive.errors`.
"""

from archive.errors.base import Conflict


class CasesUnjoinable(Conflict):
    code = "CASE-JOIN"
    comment = "these cases cannot be put together or apart so"


class CasesOfOthers(CasesUnjoinable):
    code = "CASE-OTHERS"
    comment = "the cases are not one customer's"


class CaseTaken(Conflict):
    code = "CASE-TAKEN"
    comment = "somebody else was given the case meanwhile"


class CaseAnswered(Conflict):
    code = "CASE-ANSWERED"
    comment = "the customer has written meanwhile"


class BatchEnded(Conflict):
    code = "BATCH-STATE"
    comment = "the batch has ended or was undone"
