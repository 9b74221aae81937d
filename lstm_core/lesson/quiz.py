"""Questions whose right answer is worked out from what the page shows at the moment.

`lstm_core.lesson.facts` makes the facts: the blanks of the text and which answer is right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lstm_core.errors import InputError
from lstm_core.lesson.content import question_texts, render


@dataclass(frozen=True)
class Facts:
    """What decides a question: the values that the page shows."""

    question: str  # its name in questions.md
    right: str  # key of the right answer
    blanks: Mapping[str, object]  # what the text's blanks stand for


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as offered."""

    key: str
    label: str
    reply: str
    right: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A question ready to be asked: two or more answers of different wording, one of them right."""

    name: str
    prompt: str
    answers: tuple[Answer, ...]

    @property
    def right(self) -> Answer:
        """The right answer."""
        return next(answer for answer in self.answers if answer.right)

    def answer(self, key: str) -> Answer:
        """The answer of a key.

        Raises:
            InputError: When there is none of this key.
        """
        for answer in self.answers:
            if answer.key == key:
                return answer
        raise InputError(f"The question '{self.name}' has no answer {key[:40]!r}.")


def build_question(facts: Facts) -> Question:
    """Make a question from its text and the facts of the moment.

    Answers are put in the order of their wording, so the place of the right one says nothing. Of
    two that read the same (both 0.00, say) the right one stays.

    Raises:
        InputError: When the facts name a question or an answer that is not written.
    """
    text = question_texts().get(facts.question)
    if text is None or facts.right not in (choice.key for choice in text.choices):
        raise InputError(
            f"There is no question '{facts.question}' with an answer '{facts.right}' in "
            "questions.md."
        )
    where = f"questions.md, {facts.question}"
    answers: dict[str, Answer] = {}
    for choice in text.choices:
        right = choice.key == facts.right
        label = render(choice.label, facts.blanks, where)
        if right or label not in answers:
            reply = render(choice.reply, facts.blanks, where)
            answers[label] = Answer(choice.key, label, reply, right)
    ordered = tuple(answers[label] for label in sorted(answers))
    return Question(facts.question, render(text.prompt, facts.blanks, where), ordered)


SECTION_QUESTIONS = {
    "gates": ("clear-and-write", "copy", "still-history", "direction", "open-output"),
    "model": ("embedding-count", "longer-reviews", "twice-the-units"),
    "returns": ("shape-of-sequences", "how-many-arrays", "which-are-equal", "what-is-missing"),
    "own": ("why-sequences", "stack-shape"),
    "truncation": ("first-word", "zeros", "start-mark"),
}


def build_questions(facts: Sequence[Facts]) -> list[Question]:
    """The questions that can be asked now: those with two answers that read differently."""
    questions = [build_question(one) for one in facts]
    return [question for question in questions if len(question.answers) > 1]
