"""FHIR R4: documents (IHE MHD 4.2, ITI-67 and ITI-68) and studies."""
