"""Parts of the migration that stands for all up to 0220: tables by subject, rules, first rows."""
