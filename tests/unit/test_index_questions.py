"""What is asked of an index: profiles, phrases, patterns, groups, projections, saturation."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lstm_core.activations.search as pattern_module
from lstm_core.activations import build_index, indexed_layers
from lstm_core.activations.coclustering import group
from lstm_core.activations.projection import pca, sample
from lstm_core.activations.saturation import saturation_finding, saturation_of
from lstm_core.activations.schema import GATES, Texts
from lstm_core.activations.search import find_pattern, highest_threshold, pattern_of
from lstm_core.activations.sources import upload_texts
from lstm_core.activations.store import StateIndex, find_index, open_index
from lstm_core.activations.top_spans import TopSpan, decode_span, top_spans
from lstm_core.activations.tsne import KIND as PROJECTION
from lstm_core.activations.tsne import plane_path, read_plane, start_tsne
from lstm_core.activations.unit_profiles import (
    saturation_line,
    unit_statistics,
    unit_stats_title,
    word_effects,
)
from lstm_core.activations.worker import KIND, start_file, task_key
from lstm_core.analysis.unit_stats import half_lives, median_time_to_half
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import InputError
from lstm_core.model.sentiment_model import SentimentModel, shipped_model
from lstm_core.model.unit_words import WordEffect
from lstm_core.tasks.uploads import keep_upload
from tests.support.tasks import LOCAL, wait_for_end
from tests.unit.helpers import WORDS, plain_model


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("LSTM_LENS_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def model() -> SentimentModel:
    return plain_model(maxlen=12)


@pytest.fixture(scope="module")
def index(model: SentimentModel, home: Path) -> StateIndex:
    """Sixty random reviews of one to eleven words; every other one has a label."""
    rng = np.random.default_rng(0)
    texts = tuple(" ".join(rng.choice(WORDS, rng.integers(1, 12))) for _ in range(60))
    labels = np.tile(np.array([1, -1, 0, -1], np.int8), 15)
    return build_index(model, Texts("random", "cd" * 32, texts, labels), lambda _: None)


def test_a_profile_says_what_the_traces_say(model: SentimentModel, index: StateIndex) -> None:
    found = unit_statistics(index, model.bundle.weights, model.vocabulary)
    traces = [model.trace(index.text(row)) for row in range(index.note.reviews)]
    final = np.array([trace.hidden_state[-1] for trace in traces])
    logits = np.array([trace.logits[-1] for trace in traces])
    gates = [t.forget_gate[t.encoding.first_word :] for t in traces]
    forget, lengths = np.concatenate(gates), np.array([len(gate) for gate in gates])
    known = index.labels >= 0
    for unit, one in enumerate(found):
        assert one.verdict == pytest.approx(np.corrcoef(final[:, unit], logits)[0, 1], abs=1e-4)
        label = np.corrcoef(final[known, unit], index.labels[known])[0, 1]
        assert one.label == pytest.approx(label, abs=1e-4)
        assert one.half_life == median_time_to_half(forget[:, unit], lengths)
        assert one.low[1] == pytest.approx((forget[:, unit] < 0.1).mean())
        assert one.lost is not None and one.lost.low <= one.lost.value <= one.lost.high
        assert [push.sure for push in one.up] == sorted((p.sure for p in one.up), reverse=True)
        assert all(push.sure > 0 for push in one.up) and all(p.sure < 0 for p in one.down)
        assert f"Unit {unit} pushes towards" in unit_stats_title(one)
        assert "%" in saturation_line(one)


def test_a_finding_needs_a_count_and_an_effect(model: SentimentModel, index: StateIndex) -> None:
    one = unit_statistics(index, model.bundle.weights, model.vocabulary)[0]
    rare, weak = WordEffect("dislike", 6, 0.9, 0.1, 0.8), WordEffect("the", 900, 0.04, 0.1, 0.03)
    clear = WordEffect("superb", 40, 0.5, 0.1, 0.4)
    assert "dislike" not in unit_stats_title(replace(one, up=(rare, weak), down=()))
    assert "the" not in unit_stats_title(replace(one, up=(weak,), down=())).split()
    title = unit_stats_title(replace(one, up=(rare, weak, clear), down=()))
    assert "superb" in title and "40" in title


def test_one_reviews_half_life_is_that_of_the_states_page(model: SentimentModel) -> None:
    one = build_index(
        model,
        Texts("one", "ef" * 32, ("a very good film",), np.array([1], np.int8)),
        lambda _: None,
    )
    found = unit_statistics(one, model.bundle.weights, model.vocabulary)
    expected = half_lives(model.trace("a very good film"))
    np.testing.assert_allclose([d.half_life for d in found], expected, rtol=1e-5)


def test_rare_and_unknown_words_push_nothing(model: SentimentModel, index: StateIndex) -> None:
    mean, spread, sure, listed = word_effects(index)
    assert set(listed) <= set(range(4, 11)) and (spread >= 0).all()
    assert (np.abs(sure) <= np.abs(mean)).all() and (sure * mean >= 0).all()


@pytest.mark.parametrize("up", [True, False])
def test_the_phrases_that_move_a_unit_are_the_best_there_are(
    model: SentimentModel, index: StateIndex, up: bool
) -> None:
    for unit in range(model.lstm_dim):
        found = top_spans(index, unit, up=up, length=3)
        best = -9.0
        for row in range(index.note.reviews):
            trace = model.trace(index.text(row))
            states = trace.hidden_state[trace.encoding.first_word :, unit]
            best = max(best, *(states[3:] - states[:-3]) * (1 if up else -1), -9.0)
        assert found and abs(abs(found[0].value) - best) < 0.01
        values = [abs(one.value) for one in found]
        assert values == sorted(values, reverse=True)
        assert len({one.review for one in found}) == len(found)


def test_a_phrase_is_read_back_as_it_was_typed(model: SentimentModel) -> None:
    text = "A  film:<br /><br />not so GOOD, not\nbad"
    trace = model.trace(text)
    values = np.arange(model.maxlen, dtype=np.float32)
    pieces = decode_span(trace, TopSpan(0, 2, 3, 0.0), values, context=1)
    assert "".join(piece.text for piece in pieces) == "… film: not so GOOD, not …"
    assert [piece.text for piece in pieces if piece.inside] == ["not", " ", "so", " ", "GOOD"]
    first = trace.encoding.first_word
    assert [p.value for p in pieces if p.value is not None] == [first + n for n in range(1, 6)]


@settings(max_examples=25)
@given(
    row=st.integers(0, 59),
    threshold=st.sampled_from([0.1, 0.3, 0.6]),
    fresh=st.booleans(),
    length=st.integers(1, 4),
    chunk=st.sampled_from([7, 100, 10_000]),
)
def test_a_pattern_is_found_where_a_plain_search_finds_it(
    model: SentimentModel,
    index: StateIndex,
    row: int,
    threshold: float,
    fresh: bool,
    length: int,
    chunk: int,
) -> None:
    trace = model.trace(index.text(row))
    first = trace.encoding.first_word + 1
    last = min(first + length - 1, model.maxlen - 1)
    if first > last:
        return
    wanted = pattern_of(trace, first, last, threshold, fresh=fresh)
    if not wanted.units:
        with pytest.raises(InputError, match="Lower the threshold"):
            find_pattern(index, wanted, exact=True)
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pattern_module, "CHUNK", chunk)
        found = find_pattern(index, wanted, exact=True, most=60)
        loose = find_pattern(index, wanted, exact=False, most=60)
    hits = plain_hits(index, wanted)
    starts = index.starts
    different = {index.ids[starts[hit] : starts[hit + 1]].tobytes(): hit for hit in hits}
    assert found.reviews == len(different) and row in hits, "equal texts are listed once"
    assert {one.review for one in found.best} <= set(hits)
    assert all(one.value == 1.0 and one.first in hits[one.review] for one in found.best)
    assert loose.reviews >= found.reviews and found.searched == 60
    assert all(0.75 <= one.value <= 1 for one in loose.best)
    called = np.mean([index.logits[hit] >= 0 for hit in different.values()])
    assert found.called_positive == pytest.approx(called)


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("exact", [False, True])
def test_reviews_shorter_than_the_pattern_may_stand_alone(
    index: StateIndex, monkeypatch: pytest.MonkeyPatch, fresh: bool, exact: bool
) -> None:
    monkeypatch.setattr(pattern_module, "CHUNK", 1)
    assert np.diff(index.starts).min() < 4
    wanted = pattern_module.Pattern((4,), (-1,), 4, 0.1, fresh)
    found = find_pattern(index, wanted, exact=exact, most=60)
    if exact:
        assert found.reviews == len(plain_hits(index, wanted))
    assert found.searched == 60


def plain_hits(index: StateIndex, wanted: pattern_module.Pattern) -> dict[int, list[int]]:
    """Reviews with the first words of their exact matches, found one by one."""
    limit = int(np.ceil(wanted.threshold * 127 - 0.5))
    sides = np.array(wanted.sides)[:, None]
    hits: dict[int, list[int]] = {}
    for row in range(index.note.reviews):
        words = slice(index.starts[row], index.starts[row + 1])
        states = index.kept("hidden_state")[list(wanted.units), words].astype(int) * sides
        for at in range(1 if wanted.fresh else 0, states.shape[1] - wanted.length + 1):
            on = (states[:, at : at + wanted.length] >= limit).all()
            if on and not (wanted.fresh and (states[:, at - 1] >= limit).any()):
                hits.setdefault(row, []).append(at)
    return hits


def test_the_review_of_the_phrase_is_left_out(model: SentimentModel, index: StateIndex) -> None:
    trace = model.trace(index.text(0))
    first = trace.encoding.first_word
    wanted = pattern_of(trace, first, first, 0.05)
    own = trace.encoding.ids[first:]
    assert 0 in {one.review for one in find_pattern(index, wanted, exact=True, most=60).best}
    found = find_pattern(index, wanted, exact=True, most=60, without=own)
    assert all(index.text(one.review) != index.text(0) for one in found.best)
    assert found.reviews == len(found.best)  # what is counted is what is listed


def test_thresholds_and_places_are_checked(model: SentimentModel) -> None:
    trace = model.trace("a good film")
    first = trace.encoding.first_word
    for bad in ((0, 3, 0.3), (first, model.maxlen, 0.3), (first + 1, first, 0.3)):
        with pytest.raises(InputError, match="words stand at"):
            pattern_of(trace, *bad)
    for threshold in (0.0, 1.0, -1.0):
        with pytest.raises(InputError, match="above 0 and below 1"):
            pattern_of(trace, first, first, threshold)
    most = highest_threshold(trace, first, first, fresh=False)
    assert most is not None and pattern_of(trace, first, first, most).units
    assert highest_threshold(trace, first, first, fresh=False, units=99) is None


def test_words_that_do_the_same_fall_into_one_group() -> None:
    """A corpus whose words move two blocks of units in opposite ways, made by hand."""
    rng = np.random.default_rng(1)
    units, words = 8, 40
    effects = np.zeros((words + 4, units))
    effects[4 : 4 + words // 2, :4] = 1
    effects[4 + words // 2 :, 4:] = -1
    counts = np.full(words + 4, 50)
    sums = type("Sums", (), {})()
    sums.word_count, sums.word_sum = counts, (effects + 0.01 * rng.random(effects.shape)) * 50
    sums.word_square = sums.word_sum**2 / 50 + 0.01
    note, ids = type("Note", (), {"words": 2_000}), np.arange(len(sums.word_count))
    fake = type("Index", (), {"sums": sums, "note": note, "word_ids": ids})()
    vocabulary = type("Words", (), {"word_of": staticmethod(lambda id_: f"w{id_:02}")})()
    found = group(fake, np.ones(units, np.float32), vocabulary, 2)
    assert found is not None and found.count == 2
    assert {int(word[1:]) < 24 for word in np.array(found.words)[found.word_groups == 0]} == {True}
    assert {int(word[1:]) < 24 for word in np.array(found.words)[found.word_groups == 1]} == {False}
    assert sorted(found.units[found.unit_groups == 0]) == [0, 1, 2, 3]
    assert group(fake, np.ones(units, np.float32), vocabulary, 30) is None


def test_pca_is_that_of_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    values = np.random.default_rng(0).normal(size=(200, 6)) * [5, 3, 1, 1, 1, 0.5]
    ours, theirs = pca(values.astype(np.float32)), PCA(2).fit(values)
    np.testing.assert_allclose(ours.explained, theirs.explained_variance_ratio_, rtol=1e-5)
    np.testing.assert_allclose(np.abs(ours.points), np.abs(theirs.transform(values)), atol=1e-4)
    assert pca(np.zeros((3, 4), np.float32)).points.shape == (3, 2)
    assert list(sample(3, 10)) == [0, 1, 2]
    assert len(set(sample(100, 10))) == 10 and list(sample(100, 10)) == list(sample(100, 10))


def test_points_are_projected_by_a_task(index: StateIndex) -> None:
    assert read_plane(index, "final", 60) is None
    start_tsne(index, "final", np.array(index.final), LOCAL)
    assert wait_for_end(PROJECTION, plane_path(index, "final").stem).done
    found = read_plane(index, "final", 60)
    assert found is not None and found.std() > 0.1 and read_plane(index, "final", 59) is None
    plane_path(index, "final").write_bytes(b"no array")
    assert read_plane(index, "final", 60) is None


def test_saturation_counts_padding_apart(model: SentimentModel, index: StateIndex) -> None:
    words, zeros = saturation_of(index, padding=False), saturation_of(index, padding=True)
    assert words.places == index.note.words and zeros.places == index.note.zeros
    traces = [model.trace(index.text(row)) for row in range(index.note.reviews)]
    for row, name in enumerate(GATES):
        front = np.concatenate([getattr(t, name)[: t.encoding.pad_count] for t in traces])
        np.testing.assert_allclose(zeros.high[row], (front > 0.9).mean(axis=0), atol=1e-9)
        says = saturation_finding(words, row, "words")
        assert name.split("_")[0] in says.lower()
    assert (words.low + words.high <= 1).all()


def test_an_uploaded_file_is_indexed_by_a_task(home: Path) -> None:
    layer, options = indexed_layers(shipped_model())[0], TableOptions()
    content = b"A fine film.\nDull from start to finish.\n"
    texts = upload_texts(content, "mine.txt", options)
    start_file(layer, texts.sha256, keep_upload("mine.txt", content, LOCAL), options, LOCAL)
    assert wait_for_end(KIND, task_key(layer, texts.sha256)).done
    folder = find_index(layer.fingerprint, sha256=texts.sha256)
    assert folder is not None
    assert open_index(folder, thorough=True).text(1) == "Dull from start to finish."
    start_file(layer, "0" * 64, keep_upload("bad.txt", bytes(9), LOCAL), options, LOCAL)
    said = wait_for_end(KIND, task_key(layer, "0" * 64)).error
    assert "'bad.txt' is not text" in said
