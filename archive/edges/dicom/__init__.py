"""The DICOM edge: the listener's processes, storing, commitment, and our calls to customers'
systems.
"""
