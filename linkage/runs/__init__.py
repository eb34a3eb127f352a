"""What a command leaves behind: outputs written aside and renamed into place, and a manifest that proves them."""

from linkage.runs.lock_file import locked_file
from linkage.runs.manifest import Manifest, file_record, read_manifest, verify_manifest
from linkage.runs.outputs import FOLDER_MODE, alone, owner_only, staged_outputs
from linkage.runs.work import kept_notes, note, noted, whole, work_folder

__all__ = [
    "FOLDER_MODE",
    "Manifest",
    "alone",
    "file_record",
    "kept_notes",
    "locked_file",
    "note",
    "noted",
    "owner_only",
    "read_manifest",
    "staged_outputs",
    "verify_manifest",
    "whole",
    "work_folder",
]
