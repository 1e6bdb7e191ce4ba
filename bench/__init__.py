"""Measurements of this archive against its peers and against its own size.

`bench/ingest`, `bench/retrieve` and `bench/scale` are run by hand; docs/performance.md has what
they found. Only ratios within one run mean anything: machines differ and are noisy.
"""
