"""What stays wrong is said in the card: hard texts of our own, judged by the model itself."""

from lstm_core.evaluation.challenge_set import HARD_TEXTS, evaluate_challenge_set, limit_notes
from lstm_core.model.sentiment_model import shipped_model


def test_hard_texts_are_many_and_of_both_kinds() -> None:
    assert len({text.lower() for text, _ in HARD_TEXTS}) == len(HARD_TEXTS) >= 20
    positive = sum(positive for _, positive in HARD_TEXTS)
    assert 0.3 < positive / len(HARD_TEXTS) < 0.7


def test_the_note_names_every_wrong_verdict_and_no_right_one() -> None:
    model = shipped_model()
    notes = limit_notes(model)
    wrong = [one for one in evaluate_challenge_set(model) if not one.right]
    assert len(notes) == bool(wrong)
    for one in evaluate_challenge_set(model):
        assert (f"“{one.text}”" in " ".join(notes)) != one.right
