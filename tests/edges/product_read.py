"""Imported once by the process that commands are forked from: all that the listeners read."""

import gc

import django

django.setup()

import archive.management.commands.listen_dicom  # noqa: E402
import archive.management.commands.listen_hl7  # noqa: E402, F401

gc.freeze()  # a fork that looks for garbage would copy all of it
