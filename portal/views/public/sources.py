"""Where the guide's rows come from, in the reader's language. The rows keep the English text, which
is the key of its translation; a text that is not here is shown as it was written.
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
    _("Kanta slides 2023: what data the Kanta services hold"),
)
