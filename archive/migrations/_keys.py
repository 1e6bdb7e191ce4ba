"""What migrations do to the indexes of keys to other tables."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class KeyWithoutIndex(Operation):
    """Another index begins with the key: its own is taken away, where nobody has to wait. Altering
    the field would make the key itself anew, and look at every row.
    """

    reversible = True  # without it nothing is missed

    def __init__(self, model_name: str, name: str, index: str) -> None:
        self.model_name, self.name, self.index = model_name, name, index

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        key = state.models[app_label, self.model_name].fields[self.name].clone()
        key.db_index = False
        state.alter_field(app_label, self.model_name, self.name, key, preserve_default=True)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *_states: Any
    ) -> None:
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self.index}")

    def database_backwards(self, *_given: Any) -> None:
        """The index stays away."""

    def describe(self) -> str:
        return f"Take away the index of {self.model_name}.{self.name} alone"
