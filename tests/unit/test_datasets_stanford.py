"""Stanford's data: archive and folder, what they give and what they refuse."""

import gzip
import hashlib
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm_core.datasets import Corpus, SourceKind, load_corpus, stanford, tar_members
from lstm_core.datasets.stanford import read_archive
from lstm_core.errors import DataError
from lstm_core.progress import Progress

Files = dict[str, str]
FORMS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("root", ["aclImdb/", "./aclImdb/"])
def test_archive_gives_every_review_once(
    make_archive: Callable[..., Path], review_files: Files, form: int, root: str
) -> None:
    path = make_archive(review_files, form=form, root=root)
    corpus = load_corpus(path)
    for reviews, split in ((corpus.train, "train"), (corpus.test, "test")):
        assert set(reviews.names) == {
            name for name in review_files if name.startswith(split) and "unsup" not in name
        }
        for name, text, label, stars in zip(
            reviews.names, reviews.texts, reviews.labels, reviews.ratings, strict=True
        ):
            assert text == review_files[name]
            assert label == ("/pos/" in name)
            assert stars == int(name.split("_")[1].removesuffix(".txt"))
    assert corpus.unlabelled == ("We watched it on a rainy Sunday.", "The theatre was half full.")
    assert corpus.source.kind is SourceKind.STANFORD_ARCHIVE
    assert corpus.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert corpus.train.labels.dtype == np.int8
    assert not corpus.train.labels.flags.writeable


def test_folder_gives_the_same_rows_as_the_archive(
    make_archive: Callable[..., Path], make_folder: Callable[..., Path], review_files: Files
) -> None:
    from_archive = load_corpus(make_archive(review_files))
    folder = make_folder(review_files)
    for path in (folder, folder.parent):
        from_folder = load_corpus(path)
        assert_same_rows(from_folder, from_archive)
        assert from_folder.source.kind is SourceKind.STANFORD_FOLDER


def assert_same_rows(one: Corpus, other: Corpus) -> None:
    for mine, theirs in ((one.train, other.train), (one.test, other.test)):
        assert mine.names == theirs.names
        assert mine.texts == theirs.texts
        assert mine.labels.tolist() == theirs.labels.tolist()
        assert mine.ratings.tolist() == theirs.ratings.tolist()
    assert one.unlabelled == other.unlabelled


def test_folder_fingerprint_is_of_the_labelled_contents(
    make_folder: Callable[..., Path], review_files: Files
) -> None:
    folder = make_folder(review_files)
    before = load_corpus(folder).source.sha256
    assert load_corpus(folder, unlabelled=False).source.sha256 == before
    (folder / "train/pos/0_9.txt").write_text("Another text.")
    assert load_corpus(folder).source.sha256 != before


def test_unlabelled_reviews_are_left_out_on_demand(
    make_archive: Callable[..., Path], review_files: Files
) -> None:
    assert load_corpus(make_archive(review_files), unlabelled=False).unlabelled == ()


def test_unlabelled_reviews_may_be_missing(
    make_archive: Callable[..., Path], review_files: Files
) -> None:
    labelled = {name: text for name, text in review_files.items() if "unsup" not in name}
    assert load_corpus(make_archive(labelled)).unlabelled == ()


def test_plain_tar_and_several_gzip_streams_are_read(
    make_archive: Callable[..., Path], review_files: Files, tmp_path: Path
) -> None:
    path = make_archive(review_files)
    plain = gzip.decompress(path.read_bytes())
    (tmp_path / "plain.tar").write_bytes(plain)
    half = len(plain) // 2
    streams = gzip.compress(plain[:half]) + gzip.compress(plain[half:]) + b"\0" * 100
    (tmp_path / "two.tar.gz").write_bytes(streams)
    for name in ("plain.tar", "two.tar.gz"):
        assert_same_rows(load_corpus(tmp_path / name), load_corpus(path))


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_are_passed_over(
    make_archive: Callable[..., Path], review_files: Files, form: int
) -> None:
    long_name = tarfile.TarInfo("aclImdb/" + "long" * 60 + "ü.txt")
    hidden = tarfile.TarInfo("aclImdb/train/pos/._0_9.txt")
    path = make_archive(review_files, form=form, extra=(long_name, hidden))
    assert len(load_corpus(path).train) == 6


def test_file_without_stars_in_its_name_has_rating_0(
    make_folder: Callable[..., Path], review_files: Files
) -> None:
    corpus = load_corpus(
        make_folder(review_files | {"train/pos/mine.txt": "Good.", "train/pos/5_77.txt": "Fine."})
    )
    stars = dict(zip(corpus.train.names, corpus.train.ratings.tolist(), strict=True))
    assert stars["train/pos/mine.txt"] == stars["train/pos/5_77.txt"] == 0


def test_progress_goes_up_to_the_end(
    make_archive: Callable[..., Path], make_folder: Callable[..., Path], review_files: Files
) -> None:
    for path in (make_archive(review_files), make_folder(review_files)):
        seen: list[Progress] = []
        load_corpus(path, progress=seen.append)
        assert [report.done for report in seen] == sorted(report.done for report in seen)
        assert seen[-1].share == 1.0


def test_an_error_of_the_progress_callback_ends_the_reading(
    make_archive: Callable[..., Path], review_files: Files
) -> None:
    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_corpus(make_archive(review_files), progress=stop)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_cut_archive(make_archive: Callable[..., Path], review_files: Files, kept: float) -> None:
    path = make_archive(review_files)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(DataError, match="damaged, cut off|not its content"):
        load_corpus(path)


def test_cut_plain_tar(make_archive: Callable[..., Path], review_files: Files) -> None:
    plain = gzip.decompress(make_archive(review_files).read_bytes())
    path = make_archive(review_files).with_name("cut.tar")
    path.write_bytes(plain[:4096])
    with pytest.raises(DataError, match="end mark is missing|cut off"):
        load_corpus(path)


def test_gzip_that_is_no_tar(tmp_path: Path) -> None:
    path = tmp_path / "aclImdb_v1.tar.gz"
    path.write_bytes(gzip.compress(b"review,sentiment\n" * 100))
    with pytest.raises(DataError, match="not a tar archive"):
        read_archive(path)


def test_error_page_saved_as_archive(tmp_path: Path) -> None:
    path = tmp_path / "aclImdb_v1.tar.gz"
    path.write_bytes(b"<!DOCTYPE html><title>404</title>")
    with pytest.raises(DataError, match="error page"):
        load_corpus(path)


def test_bytes_after_the_end_are_refused(
    make_archive: Callable[..., Path], review_files: Files
) -> None:
    path = make_archive(review_files)
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(DataError, match="damaged"):
        load_corpus(path)


def test_archive_without_the_root(make_archive: Callable[..., Path], review_files: Files) -> None:
    with pytest.raises(DataError, match="no folder aclImdb/; found: 'films'"):
        load_corpus(make_archive(review_files, root="films/"))


@pytest.mark.parametrize("lost", ["train/pos", "train/neg", "test/pos", "test/neg"])
def test_missing_class(
    make_archive: Callable[..., Path],
    make_folder: Callable[..., Path],
    review_files: Files,
    lost: str,
) -> None:
    files = {name: text for name, text in review_files.items() if not name.startswith(lost)}
    with pytest.raises(DataError, match=f"no reviews in {lost} .*{lost} 0.*Accepted"):
        load_corpus(make_archive(files))
    folder = make_folder(files)
    with pytest.raises(DataError, match=f"has no {lost}.*Accepted"):
        load_corpus(folder)
    (folder / lost).mkdir()
    with pytest.raises(DataError, match=f"no reviews in {lost}"):
        load_corpus(folder)


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = target
    return member


@pytest.mark.parametrize(
    "member, said",
    [
        (special("aclImdb/train/pos/7_7.txt", tarfile.SYMTYPE, "/etc/hostname"), "a link or spec"),
        (special("aclImdb/train/pos/7_7.txt", tarfile.LNKTYPE, "/etc/hostname"), "a link or spec"),
        (special("aclImdb/pipe", tarfile.FIFOTYPE), "a link or special file, 'aclImdb/pipe'"),
        (special("/etc/passwd", tarfile.REGTYPE), "leads outside of it, '/etc/passwd'"),
        (special("aclImdb/../../x.txt", tarfile.REGTYPE), "leads outside"),
    ],
)
def test_links_and_names_that_lead_out_are_refused(
    make_archive: Callable[..., Path], review_files: Files, member: tarfile.TarInfo, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        load_corpus(make_archive(review_files, extra=(member,)))


def test_text_that_is_not_utf8(make_folder: Callable[..., Path], review_files: Files) -> None:
    folder = make_folder(review_files)
    (folder / "test/neg/0_3.txt").write_bytes("Ein schöner Film".encode("latin-1"))
    with pytest.raises(DataError, match=r"test/neg/0_3.txt' is not UTF-8 text \(byte 8\)"):
        load_corpus(folder)


def test_folder_in_place_of_a_review(make_folder: Callable[..., Path], review_files: Files) -> None:
    folder = make_folder(review_files)
    (folder / "test/neg/9_1.txt").mkdir()
    with pytest.raises(DataError, match="no plain file"):
        load_corpus(folder)


def test_huge_file_in_a_folder(
    make_folder: Callable[..., Path], review_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stanford, "MAX_REVIEW_BYTES", 20)
    with pytest.raises(DataError, match="bytes; a review may have at most 20"):
        load_corpus(make_folder(review_files))


def test_gzip_bombs_are_stopped(
    make_archive: Callable[..., Path], review_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = review_files | {"train/pos/8_8.txt": "good " * 10_000}
    path = make_archive(big)
    with monkeypatch.context() as patch:
        patch.setattr(tar_members, "MAX_REVIEW_BYTES", 40_000)
        with pytest.raises(DataError, match="has 50,000 bytes; a review may have at most 40,000"):
            load_corpus(path)
    with monkeypatch.context() as patch:
        patch.setattr(stanford, "MAX_TEXT_BYTES", 40_000)
        with pytest.raises(DataError, match="bytes together"):
            load_corpus(path)
    with monkeypatch.context() as patch:
        patch.setattr(tar_members, "MAX_MEMBERS", 5)
        with pytest.raises(DataError, match="more than 5 members"):
            load_corpus(path)
    with path.open("rb", buffering=0) as file, pytest.raises(DataError, match="unpacks to more"):
        list(tar_members.read_members(file, lambda _: False, limit=1000))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=st.floats(0, 1, exclude_max=True),
    value=st.integers(0, 255),
    cut=st.booleans(),
    packed=st.booleans(),
)
def test_damage_gives_a_corpus_or_a_data_error(
    make_archive: Callable[..., Path],
    where: float,
    value: int,
    cut: bool,
    packed: bool,
) -> None:
    names = ("train/pos/0_9", "train/neg/0_1", "test/pos/0_8", "test/neg/0_3")
    path = make_archive({f"{name}.txt": f"One film, {name}." for name in names})
    data = bytearray(path.read_bytes())
    if not packed:
        data = bytearray(gzip.decompress(data))
    at = int(where * len(data))
    data[at] = value
    path.write_bytes(data[:at] if cut else data)
    try:
        assert isinstance(read_archive(path), Corpus)
    except DataError as error:
        assert len(str(error)) > 40
