"""A vault in which nothing of other tests lies, and settings of a test's own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive import config, stores
from archive.stores import folders

Configure = Callable[..., None]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """`configure(VAULT_STORE="s3")` for the rest of the test."""

    def forget() -> None:
        config.settings.cache_clear()
        stores.configured.cache_clear()

    def change(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        forget()

    yield change
    monkeypatch.undo()
    forget()


@pytest.fixture
def own_vault(configure: Configure, tmp_path: Path) -> Path:
    configure(DATA_DIR=str(tmp_path))
    for environment in ("", "production", "test"):
        folders.set_up(tmp_path / "vault" / environment)
    return tmp_path / "vault"
