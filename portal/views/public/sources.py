"""Where the rows of the law come from and where their sources differ, in the reader's language.
The rows keep the English text, which is the key of its translation; a text that is not here is
shown as it was written.
"""

from django.utils.translation import gettext_lazy as _

SOURCES = (
    _("Kanta web page 12.1.2024: radiology since 2018, deadline 31.12.2019"),
    _(
        "Kanta web page 12.1.2024: radiology since 2018, deadline 31.12.2019; slides 2023 say"
        " 13.12.2019, a slip"
    ),
    _("Kanta slides 2023: radiology including dental, not intra-oral"),
    _(
        "Kanta web page 12.1.2024: possible in 2024 (listed as future too); slides 2023: duty"
        " 1.10.2029"
    ),
    _(
        "Kanta web page 12.1.2024: since 2021; slides 2023: duty 29.10.2029, at odds with the"
        " others' 1.10.2029"
    ),
    _(
        "Kanta web page 12.1.2024: since 2021, as a PDF report; slides 2023: duty 29.10.2029, at"
        " odds with the others' 1.10.2029"
    ),
    _("Kanta slides 2023: by 2029, no day given"),
    _("Kanta slides 2023: duty 1.10.2029; web page 12.1.2024: in the future"),
    _("Kanta web page 15.10.2021: planned, no day given"),
    _("Kanta slides 2023: what data the Kanta services hold"),
    _("Kanta service description: marks in images travel with the study"),
    _(
        "Service description in Finnish: correction of content; that of metadata stands in the"
        " Swedish one only, so it is agreed on customer by customer"
    ),
    _(
        "Tietosuoja-lehti 4/2011: 12 years from death; annex of Act 703/2023 not read, none found"
        " for images"
    ),
    _(
        "Tietosuoja-lehti 4/2011: 120 years from birth; annex of Act 703/2023 not read, none found"
        " for images"
    ),
    _(
        "Tietosuoja-lehti 4/2011: National Archives' sample is kept permanently; whether still so"
        " not verified"
    ),
    _(
        "Yle news 3-9810573 (2017): the Archives Service keeps Kanta content permanently for now;"
        " decision not read"
    ),
)
CONTRADICTIONS = (
    _(
        "The Kanta slides (2023) give 13.12.2019 for radiology. The web page and kanta.fi give"
        " 31.12.2019, which is taken; 13.12. is a slip of the pen."
    ),
    _(
        "The slides give dental imaging radiology's day, 13.12.2019, a slip of the pen for"
        " 31.12.2019; the web page gives it no day of its own."
    ),
    _(
        "The web page says that archiving is possible in 2024, and lists intra-oral images among"
        " those of the future as well."
    ),
    _(
        "The web page gives no deadline. The slides give 29.10.2029, at odds with the other"
        " contents' 1.10.2029; kept as quoted."
    ),
    _("The web page of 12.1.2024 does not name biosignals. The first day here is a placeholder."),
    _(
        "The web page of 15.10.2021 says planned, that of 12.1.2024 nothing. The first day here is"
        " a placeholder."
    ),
    _("The web page of 12.1.2024 says only: in the future. The first day here is a placeholder."),
    _("No source says from when archiving is possible. The first day here is a placeholder."),
    _("Later sources do not name it. The first day here is a placeholder."),
)
