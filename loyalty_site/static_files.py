"""Static files as production serves them: hashed, compressed, and each stylesheet in one piece."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORT = re.compile(
    r'^@import url\("(?P<path>[^"]+)"\)(?: layer\((?P<layer>\w+)\))?;$', re.MULTILINE
)
_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Puts what a stylesheet imports in its place, so that a first visit fetches one file and not
    one per component, each only found after the one before it.
    """

    def create_compressor(self, **options: Any) -> Compressor:
        """Maps of sources stay as they are: only developers' tools read them, and they are so large
        that most of the time went into them.
        """
        skipped = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
        return Compressor(**options | {"extensions": skipped})

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        if not dry_run:
            for name in [name for name in paths if name.endswith(".css")]:
                text = _read(paths, name)
                if _IMPORT.search(text):
                    self.delete(name)
                    self._save(name, ContentFile(bundle(paths, name).encode()))
                    paths[name] = (self, name)
        yield from super().post_process(paths, dry_run, **options)


def bundle(paths: dict[str, Any], name: str) -> str:
    """The stylesheet with all that it imports, each part in its layer, without comments."""

    def put_in_place(found: re.Match) -> str:
        part = bundle(paths, str(PurePosixPath(name).parent / found["path"]))
        return f"@layer {found['layer']} {{\n{part}}}" if found["layer"] else part

    return _IMPORT.sub(put_in_place, _COMMENT.sub("", _read(paths, name)))


def _read(paths: dict[str, Any], name: str) -> str:
    storage, path = paths[name]
    with storage.open(path) as file:
        return file.read().decode()
