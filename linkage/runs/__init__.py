"""What a command leaves behind: outputs written aside and renamed into place, and a manifest that proves them."""

from linkage.runs.manifest import Manifest, file_record, read_manifest, verify_manifest
from linkage.runs.outputs import FOLDER_MODE, owner_only, staged_outputs

__all__ = ["FOLDER_MODE", "Manifest", "file_record", "owner_only", "read_manifest", "staged_outputs", "verify_manifest"]
