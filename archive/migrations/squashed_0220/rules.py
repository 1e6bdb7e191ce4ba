"""What the database itself guards: the ledger, statements that are never changed, numbers, hot paths.

The words are those of the migrations that made them, which are never changed.
"""

from importlib import import_module


def _of(migration: str, name: str) -> str:
    return getattr(import_module(f"archive.migrations.{migration}"), name)


# The table of saved views once had another name; what is named after that one keeps its name.
SAVED_VIEWS = """
ALTER TABLE archive_savedview RENAME CONSTRAINT archive_savedview_pkey TO archive_savedsearch_pkey;
ALTER TABLE archive_savedview RENAME CONSTRAINT archive_savedview_owner_id_13ceb23d_fk_archive_user_id
    TO archive_savedsearch_owner_id_f9ed2e46_fk_archive_user_id;
ALTER INDEX archive_savedview_owner_id_13ceb23d RENAME TO archive_savedsearch_owner_id_f9ed2e46;
-- Columns that are not null: from PostgreSQL 18 on they have names, too.
DO $$
DECLARE
    found name;
BEGIN
    FOR found IN SELECT conname FROM pg_constraint
        WHERE conrelid = 'archive_savedview'::regclass AND contype = 'n'
        AND conname <> 'archive_savedview_columns_not_null'  -- came later
    LOOP
        EXECUTE format('ALTER TABLE archive_savedview RENAME CONSTRAINT %I TO %I', found,
            replace(replace(found, 'savedview', 'savedsearch'), '_listing_', '_log_'));
    END LOOP;
END $$;
"""

LEDGER = _of("0002_ledger", "CREATE")  # tables in parts by month
RULES = (
    _of("0011_log_indexes", "CREATE"),  # with what guards the rows of retirement
    _of("0004_wishes_and_authorisations", "REFUSE"),
    _of("0025_wish_documents_and_clients", "REFUSE"),
    _of("0030_asking", "FOLDED_NAME"),
    _of("0090_receiving_at_once", "CREATE"),
    _of("0051_review_rules", "CREATE"),
    SAVED_VIEWS,
    "CREATE SEQUENCE archive_destruction_number START 1",
)
