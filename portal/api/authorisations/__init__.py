"""Purchased-service authorisations for the systems of organisers and producers, and their forms for
the Patient Data Repository (AC-3).
"""
