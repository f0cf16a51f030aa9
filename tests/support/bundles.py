"""The shipped bundle, copied with texts changed."""

import shutil
from pathlib import Path

from gateway.adapters.policy.bundle import find_bundle_folder


def copy_changed(folder: Path, path: str, old: str, new: str) -> Path:
    """Copy the bundle into a folder; in the file at `path`, `new` stands for `old`."""
    shutil.copytree(find_bundle_folder(), folder)
    return change(folder, path, old, new)


def change(folder: Path, path: str, old: str, new: str) -> Path:
    """In the copy's file at `path`, `new` stands for `old`."""
    text = (folder / path).read_text(encoding="utf-8")
    assert old in text
    (folder / path).write_text(text.replace(old, new), encoding="utf-8")
    return folder
