"""Parts of the migration that stands for all up to 0051: tables by subject, first rows."""
