"""Bytes to rows: compression, encoding and delimiter, declared or detected, within limits."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, BinaryIO

import charset_normalizer

from purchases import errors

MAX_RATIO = 200  # of a gzip's contents to its size; text of receipts packs 5 to 20 times
_RATIO_FROM = 8 * 1024 * 1024
_CHUNK = 256 * 1024
_SAMPLE = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
DELIMITERS = ",;\t"

# The names that people give, to the codec that reads the most of what those people mean.
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "utf-8-sig": "utf-8-sig",
    "utf-16": "utf-16",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "cp950",
    "cp950": "cp950",
    "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "cp932": "cp932",
    "windows-31j": "cp932",
    "latin-1": "cp1252",
    "iso-8859-1": "cp1252",
    "cp1252": "cp1252",
}
_DETECTABLE = ["gb18030", "cp950", "big5", "cp932", "shift_jis"]


@dataclass(frozen=True, slots=True)
class FileShape:
    """How a file is to be read, found by one pass over its bytes."""

    encoding: str
    delimiter: str
    is_gzip: bool
    row_count: int  # lines of text, at least as many as rows


class _Guard(io.RawIOBase):
    """Reads on while the unpacked bytes stay within the cap and the ratio."""

    def __init__(self, unpacked: Any, packed: BinaryIO | None, max_bytes: int | None):
        self._unpacked = unpacked
        self._packed = packed
        self._max_bytes = max_bytes
        self._count = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        try:
            count = self._unpacked.readinto(buffer)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise errors.UnreadableFile(reason=str(error)) from error
        self._count += count
        if self._max_bytes and self._count > self._max_bytes:
            raise errors.FileTooLarge(limit=self._max_bytes // 1024**2)
        if self._packed and self._count > max(_RATIO_FROM, MAX_RATIO * self._packed.tell()):
            raise errors.PackedTooTightly(ratio=MAX_RATIO)
        return count


def open_unpacked(file: BinaryIO, max_bytes: int | None = None) -> io.BufferedReader:
    """The file's bytes from the start, unpacked where it is a gzip, never beyond the limits."""
    file.seek(0)
    is_gzip = file.read(2) == _GZIP_MAGIC
    file.seek(0)
    unpacked: Any = gzip.GzipFile(fileobj=file) if is_gzip else file
    return io.BufferedReader(_Guard(unpacked, file if is_gzip else None, max_bytes), _CHUNK)


def inspect_file(file: BinaryIO, *, encoding: str = "", max_bytes: int | None = None) -> FileShape:
    """Read the whole file once: is it sound, within limits, and in which encoding?

    Raises UnreadableFile, FileTooLarge, PackedTooTightly, UnknownEncoding or WrongEncoding.
    Memory stays flat. A declared encoding is believed, and proven.
    """
    declared = _get_codec(encoding) if encoding else ""
    file.seek(0)
    is_gzip = file.read(2) == _GZIP_MAGIC
    reader = open_unpacked(file, max_bytes)
    decoder = codecs.getincrementaldecoder(declared or "utf-8")()
    head, foreign, row_count, fits = b"", b"", 0, True
    while chunk := reader.read(_CHUNK):
        if not head:
            head = chunk[:_SAMPLE]
            if not declared and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                declared = "utf-16"
                decoder = codecs.getincrementaldecoder(declared)()
        if fits:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                if declared:
                    row = row_count + 1 + error.object[: error.start].count(b"\n")
                    raise errors.WrongEncoding(row=row, encoding=encoding or declared) from error
                fits = False
        if not fits and len(foreign) < _SAMPLE:
            foreign += _pick_foreign(chunk)
        row_count += chunk.count(b"\n")
    if not head:
        raise errors.UnreadableFile(reason="it is empty")
    if fits:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            if declared:
                raise errors.WrongEncoding(
                    row=row_count + 1, encoding=encoding or declared
                ) from error
            fits, foreign = False, _pick_foreign(head)
    if declared:
        codec = declared
    elif fits:
        codec = "utf-8-sig"
    else:
        codec = _detect(foreign or head)
    header = head.decode(codec, errors="replace").partition("\n")[0]
    return FileShape(codec, _sniff_delimiter(header), is_gzip, row_count)


def _pick_foreign(chunk: bytes) -> bytes:
    """The lines that aren't plain ASCII: the ones that tell encodings apart."""
    lines = [line for line in chunk.split(b"\n")[:-1] if not line.isascii()]
    return b"\n".join(lines)[:_SAMPLE]


def _detect(sample: bytes) -> str:
    match = charset_normalizer.from_bytes(
        sample, cp_isolation=_DETECTABLE, threshold=0.9, enable_fallback=False
    ).best()
    if match is None:
        raise errors.WrongEncoding(row=1, encoding="UTF-8")
    return _get_codec(match.encoding)


def _get_codec(name: str) -> str:
    codec = ENCODINGS.get(name.strip().lower().replace("_", "-")) or ENCODINGS.get(
        name.strip().lower()
    )
    if codec is None:
        known = "UTF-8, UTF-16, GB18030, Big5, CP950, Shift_JIS, CP932, Latin-1"
        raise errors.UnknownEncoding(encoding=name[:40], known=known)
    return codec


def _sniff_delimiter(header: str) -> str:
    return max(DELIMITERS, key=header.count)


def read_rows(
    file: BinaryIO, shape: FileShape, max_bytes: int | None = None
) -> Generator[tuple[int, list[str]]]:
    """Row numbers, as a spreadsheet shows them, and cells; blank rows are left out.

    The header is row 1.
    """
    text = io.TextIOWrapper(open_unpacked(file, max_bytes), encoding=shape.encoding, newline="")
    number = 0
    reader = csv.reader(text, delimiter=shape.delimiter)
    try:
        for cells in reader:
            number += 1
            if cells:
                yield number, cells
    except csv.Error as error:
        raise errors.UnreadableFile(reason=f"row {number + 1}: {error}") from error
    except UnicodeDecodeError as error:
        raise errors.WrongEncoding(row=number + 1, encoding=shape.encoding) from error
    finally:
        # The file belongs to the caller: leave it open.
        text.detach().detach()
