import gzip
from collections.abc import Callable, Iterator

import pytest

from apollo_spark.workers import chunks
from apollo_spark.workers.chunks import Chunk, iterate_chunks
from apollo_spark.workers.source import InputProblemError, is_splittable, resolve_encoding
from apollo_spark.workers.values.spec import Block

SIZES = [1, 2, 3, 7, 1000]
BlockOf = Callable[..., Block]


def problem_of(block: Block, chunk_bytes: int) -> tuple[str, int | None]:
    with pytest.raises(InputProblemError) as caught:
        list(iterate_chunks(block, chunk_bytes))
    return caught.value.rule, caught.value.line


@pytest.mark.parametrize("size", SIZES)
def test_chunks_are_whole_rows_with_their_line(block_of: BlockOf, size: int) -> None:
    content = b'1,"x\ny"\n2,z\r\n3,""""'

    found = list(iterate_chunks(block_of(content), size))

    assert b"".join(each.data for each in found) == content + b"\n"
    line = 1
    for each in found:
        assert each.line == line
        line += each.data.count(b"\n")
    if size == 1:
        assert [each.data for each in found] == [b'1,"x\ny"\n', b"2,z\r\n", b'3,""""\n']


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'1,2\n5" pipe,x\n3,4\n', ("quoting", 2)),
        (b'1,2\n3,"a"b\n', ("quoting", 2)),
        (b'1,2\n3,"a" \n', ("quoting", 2)),
        (b'1,2\n3, "a"\n', ("quoting", 2)),
        (b'1,2\n3,x""y\n', ("quoting", 2)),
        (b'1,2\n3,""a""\n', ("quoting", 2)),
        (b'1,2\n3,"open\n4,5\n', ("quoting", 2)),
        (b'1,2\n3,"open\n4,"x"\n', ("quoting", 3)),
        (b'1,2\n3,"a', ("quoting", 2)),
        (b"1,2\r3,4\r", ("line_end", 1)),
        (b"1,2\n3,4\r", ("line_end", 2)),
        (b'1,2\n3,"a"\r5,6\n', ("line_end", 2)),
        (b"1,2\n3,\0\n", ("file_not_text", 2)),
        (b"1,2\n3,\xff\n", ("file_not_text", 2)),
        (b'\x89PNG\r\n\x1a\n\0\0\0"', ("file_not_text", 1)),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_line(
    block_of: BlockOf, content: bytes, expected: tuple[str, int], size: int
) -> None:
    assert problem_of(block_of(content), size) == expected


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "wrong", [b"5,\0\n", b"5,\xff\n", b'5,x"\n', b"5,\r6\n", b'5,"x\n', b'5,x"\0']
)
def test_the_rows_before_a_problem_are_given(block_of: BlockOf, wrong: bytes, size: int) -> None:
    rows = b'1,"x\ny"\n2,z\r\n'
    found: list[Chunk] = []

    with pytest.raises(InputProblemError):
        found.extend(iterate_chunks(block_of(rows + wrong + b"7,8\n"), size))

    assert b"".join(each.data for each in found) == rows


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "content",
    [
        b'"",""\n',
        b'"a""","""b"\n',
        b'"",""""\r\n',
        b'1,"a\r\nb\rc"\n',
        b'"a","b"',
        "é,ß\n".encode(),
    ],
)
def test_what_is_well_formed_passes(block_of: BlockOf, content: bytes, size: int) -> None:
    found = b"".join(each.data for each in iterate_chunks(block_of(content), size))

    assert found.rstrip(b"\n") == content.rstrip(b"\n")


def test_another_delimiter_encloses_quoted_fields(block_of: BlockOf) -> None:
    assert len(list(iterate_chunks(block_of(b'"a"\t"b"\n', delimiter="\t")))) == 1
    assert problem_of(block_of(b'"a","b"\n', delimiter="\t"), 100) == ("quoting", 1)


def test_a_quote_never_closed_does_not_fill_the_memory(
    block_of: BlockOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def pieces(*_: object) -> Iterator[bytes]:
        yield b'1,2\n3,"'
        for number in range(1000):
            taken.append(number)
            yield b"4,5\n"

    monkeypatch.setattr(chunks, "MAX_ROW_BYTES", 100)
    monkeypatch.setattr(chunks, "read_pieces", pieces)

    assert problem_of(block_of(b""), 10) == ("row_too_long", 2)
    assert len(taken) == 25


@pytest.mark.parametrize("size", [16, 1000])
@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("latin-1", "latin-1"),
        ("windows-1252", "cp1252"),
        ("shift_jis", "shift_jis"),
    ],
)
def test_every_encoding_becomes_utf8(
    block_of: BlockOf, encoding: str, written: str, size: int
) -> None:
    text = "1,ア\n2,x\n" if written == "shift_jis" else "1,é\n2,x\n"

    block = block_of(text.encode(written), encoding=encoding)

    assert b"".join(each.data for each in iterate_chunks(block, size)).decode() == text


def test_data_begin_behind_the_header_in_utf16(block_of: BlockOf) -> None:
    head, rest = "\ufeffa,b\n", "1,é\n"
    content = (head + rest).encode("utf-16-be")
    start = len(head.encode("utf-16-be"))

    block = block_of(content, encoding="utf-16", data_start=start, data_line=2)

    assert [(each.line, each.data.decode()) for each in iterate_chunks(block)] == [(2, rest)]


@pytest.mark.parametrize("size", [16, 1000])
def test_bytes_unknown_to_the_encoding_are_named_by_line(block_of: BlockOf, size: int) -> None:
    content = b"1,2\n" * 10 + b"3,\x81\n"

    assert problem_of(block_of(content, encoding="cp1252"), size) == ("file_not_text", 11)


@pytest.mark.parametrize("size", [5, 1000])
def test_compressed_files_are_read_as_they_are_decompressed(block_of: BlockOf, size: int) -> None:
    content = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n")

    block = block_of(content, compression="gzip", data_start=4, data_line=2)

    assert b"".join(each.data for each in iterate_chunks(block, size)) == b"1,2\n3,4\n"


def test_a_truncated_compressed_file_is_refused(block_of: BlockOf) -> None:
    content = gzip.compress(b"1,2\n" * 1000)[:-9]

    assert problem_of(block_of(content, compression="gzip"), 100) == ("file_truncated", None)


@pytest.mark.parametrize("content", [b"1,2\n", gzip.compress(b"1,2\n")[:-8] + b"damaged!"])
def test_a_damaged_compressed_file_is_refused(block_of: BlockOf, content: bytes) -> None:
    assert problem_of(block_of(content, compression="gzip"), 100) == ("file_damaged", None)


def test_files_are_cut_only_where_newlines_and_quotes_are_single_bytes() -> None:
    assert is_splittable("UTF-8", "none")
    assert is_splittable("latin-1", "none")
    assert is_splittable("windows-1252", "none")
    assert not is_splittable("utf-8", "gzip")
    assert not is_splittable("utf-16", "none")
    assert not is_splittable("shift_jis", "none")


def test_the_byte_order_mark_names_the_encoding() -> None:
    assert resolve_encoding("utf-16", b"\xff\xfea\0") == "utf-16-le"
    assert resolve_encoding("utf-16", b"a\0b\0") == "utf-16-le"
    assert resolve_encoding("utf-32", b"\0\0\xfe\xff") == "utf-32-be"
