"""The administration portal: every pixel, the API, the settings. Imports nothing, so that Celery
may.
"""
