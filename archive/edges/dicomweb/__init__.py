"""DICOMweb, PS3.18: STOW-RS, QIDO-RS and WADO-RS for customers' own systems (AR-1, AR-6)."""
