"""The HL7 v2 edge: messages about persons over MLLP."""
