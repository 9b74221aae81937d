"""Attribution methods by name: question, completeness, limits and source of each."""

from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """A way to score the words of a review."""

    DIFFERENCE = "difference"
    LEDGER = "ledger"
    LEAVE_OUT = "leave_out"
    GRADIENT = "gradient"
    INTEGRATED = "integrated"
    RELEVANCE = "relevance"
    DECOMPOSITION = "decomposition"
    SHAPLEY = "shapley"


@dataclass(frozen=True, slots=True)
class MethodNote:
    """What a person should know about a method."""

    name: str  # its name in words
    question: str  # the question that it answers about a word
    sums: str  # what its scores sum to
    not_claimed: str  # what its scores do not say
    source: str  # where it comes from
    rest: str = ""  # what the part of the logit is that no word gets; empty when scores do not sum
    also: str = ""  # its usual short form or other name

    @property
    def full_name(self) -> str:
        """The name with the one that it usually has elsewhere."""
        return f"{self.name} ({self.also})" if self.also else self.name

    @property
    def inner_name(self) -> str:
        """The name in the middle of a sentence: in lower case, but for a person's."""
        return self.name if self.name.startswith("Shapley") else self.name.lower()


NOTES = {
    Method.DIFFERENCE: MethodNote(
        "Running difference",
        "How far did reading this word move the running logit?",
        "With padding, start and bias exactly the logit.",
        "That the word is still felt at the end: a later word may undo it and be charged for it.",
        "The telescoping sum v · (h_t − h_{t−1}).",
        "padding, start and bias",
    ),
    Method.LEDGER: MethodNote(
        "Memory decomposition",
        "What did this word write that is still in the memory at the end?",
        "With padding, start and bias exactly the logit.",
        "What the word did to others: the gates it opened or closed for them are not its own.",
        "The cell state as a sum, c_T = Σ i_t g_t Π f_s; this project.",
        "padding, start and bias",
    ),
    Method.LEAVE_OUT: MethodNote(
        "Occlusion",
        "What would the model say without this word?",
        "To nothing in particular.",
        "Anything about two words together: of two that say the same, each alone looks idle.",
        "Li, Monroe & Jurafsky 2016.",
        also="leave one out",
    ),
    Method.GRADIENT: MethodNote(
        "Input × gradient",
        "How steeply does the logit rise along this word's vector?",
        "To nothing in particular.",
        "Anything beyond a tiny step: where gates are saturated the slope is flat.",
        "Simonyan, Vedaldi & Zisserman 2014; Denil et al. 2014.",
    ),
    Method.INTEGRATED: MethodNote(
        "Integrated gradients",
        "What does this word add on the way from a review of unknown words to this one?",
        "With the logit of the review of unknown words, the logit.",
        "Anything independent of where the way begins; another start gives other scores.",
        "Sundararajan, Taly & Yan 2017.",
        "all words unknown",
        also="IG",
    ),
    Method.RELEVANCE: MethodNote(
        "Layer-wise relevance",
        "Handing the logit back layer by layer, how much of it arrives at this word?",
        "With the shares that padding and biases keep, the logit.",
        "What the gates did: by its rule the signal takes all and gates get nothing.",
        "Arras, Montavon, Müller & Samek 2017.",
        "padding, start and what biases kept",
        also="LRP",
    ),
    Method.DECOMPOSITION: MethodNote(
        "Contextual decomposition",
        "What does this word contribute by itself, without what it only does together with others?",
        "Each word and the rest of its review to the logit; the words together to nothing.",
        "What words contribute together: that belongs to phrases, not to a word.",
        "Murdoch, Liu & Yu 2018.",
        also="CD",
    ),
    Method.SHAPLEY: MethodNote(
        "Shapley value sampling",
        "What does this word add on average, in whatever order words join a review of unknowns?",
        "With the logit of the review of unknown words, the logit.",
        "Exactness: the mean over 25 random orders of the words, not over all of them.",
        "Castro, Gómez & Tejada 2009; Štrumbelj & Kononenko 2010.",
        "all words unknown",
    ),
}
REFERENCE = Method.SHAPLEY  # up to 1,952 predictions per review: too slow for every keystroke
SLOW = (Method.INTEGRATED, Method.SHAPLEY)  # may take longer than the others together
