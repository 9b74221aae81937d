"""Normalisation: a review typed on a phone, pasted from a web page or typed in ASCII is one review.

Every example of findings A1 to A5, and the properties that hold for any text.
"""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lstm_core.text import (
    Vocabulary,
    decode,
    encode,
    encode_many,
    encode_windows,
    find_words,
    plain_text,
    split_sentences,
    split_words,
)
from lstm_core.text.word_table import WordTable

PIECES = [
    "act\u00ad<br />ing",
    "ITÂS",
    "\ufffd",
    *"abdnost AI'\"`-.,;:!?&<>/=#\n\t",
    *("n't", "do", "ca", " 's", " 'm", "it", "''", "--", "-LRB-", "rock 'n' roll", "don", " ' t"),
    *("’", "‘", "“", "”", "„", "«", "—", "–", "…", "•", "´", "′", "™", "½", "№", "ﬁ", "＜", "ｇ"),
    *("e\u0301", "E\u0301", "\u0316", "\u0338", "\u00ad", "\u200b", "\u200d", "\ufeff", "\xa0"),
    *(
        "\x92",
        "\x00",
        "\x7f",
        "\ud800",
        "\udc00",
        "ˈ",
        "\u1fbf",
        "\u0332",
        "İ",
        "ΟΔΟΣ",
        "ß",
        "가",
        "\u1100\u1161",
        "👍",
        "❤\ufe0f",
        "фильм",
    ),
    *(
        "â€™",
        "Ã©",
        "Â\xa0",
        "Å›",
        "ðŸ˜€",
        "‚Äô",
        "Ã¢â‚¬â„¢",
        "a\u0302",
        "€¦",
        "&acirc;&euro;&trade;",
    ),
    *("\ufffd", "ï¿½", "[b]", "[/b]", "[/", "[img]", "¬\n", "ᴀ", "🅱", "\u0301\u0316", "â", "â??"),
    *("\\U0001F600", "<![CDATA[", "<svg>", "<o:p>"),
    *("\\u2019", "\\n", "\\xe2\\x80\\x99", "\\u005c", "\\"),
    *("<b>", "</b>", "<br />", "<BR>", "<div class='", '<a href="x">', "<!--", "-->", "<3"),
    *("<script>", "</script>", "&amp;", "&lt;", "&gt;", "&#39;", "&rsquo;", "&nbsp;", "&bogus;"),
]
TYPED = st.lists(st.sampled_from([*PIECES, " "]), max_size=60).map("".join) | st.text(max_size=200)
CONTROL = "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 127]))
ASCII = st.text(st.characters(codec="ascii", exclude_characters=f"<&\\{CONTROL}"), max_size=200)
APOSTROPHES = "’‘‛′‵´`ʹʻʼʽˈˊˋ՚׳ߴꞌ❛❜＇\u0384\u1fbd\u1fbf\u1fef\u1ffd\u1ffe"


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("I don’t like it", "I don't like it"),
        ("It isn’t good.", "It isn't good."),
        ("I wouldnʼt, don´t, can′t, won`t, isn''t", "I wouldn't, don't, can't, won't, isn't"),
        ("“Great” „low“ «guillemets» ‹single›", "Great low guillemets single"),
        ("‘quoted’ 'quoted' ''quoted''", "quoted quoted quoted"),
        ("great—really good–ish", "great really good ish"),
        ("Boring…awful", "Boring awful"),
        ("• first · second ● third", "first second third"),
        ("cafe\u0301 nai\u0308ve", "café naïve"),
        ("no\xa0break nar\u202frow", "no break nar row"),
        ("won\u00adder\u200bful \ufeffgood\u2060", "wonderful good"),
        ("ｇｒｅａｔ　ｆｉｌｍ！", "great film"),
        ("𝐠𝐫𝐞𝐚𝐭 ﬁlm", "great film"),
        ("Marvel™ film®", "marvel film"),
        ("great👍 ❤️film", "great 👍 ❤ film"),
        ("don\x92t \x93good\x94", "don't good"),
        ("\ufeffGood", "good"),
        ("do n't ca n't wo n't Do n’t", "don't can't won't don't"),
        ("it 's I 'm they 're we 've I 'll he 'd", "it's I'm they're we've I'll he'd"),
        ("I don ' t, he couldn ’ t, it ’ s, I ' m", "I don't he couldn't it's I'm"),
        ("good\x00bad \x7fgreat\x08", "good bad great"),
        ("great\ud83d \udc4dgood", "great good"),
        (
            "don\ufffdt it\ufffd\ufffd\ufffds \ufffdgreat\ufffd na\ufffdve",
            "don't it's great na\ufffdve",
        ),
        (
            "donï¿½t donât itâ??s Iâ??ve cân urât â??ok filmâ??s",
            "don't don't it's I've cân urât ok film's",
        ),
        (
            "I don?t, CAN?T, he?s, what?s, man?s, couldn?t",
            "I don't can't he's what's man's couldn't",
        ),
        ("is it?so good?t a.php?s=1 who?the", "is it so good t a php s 1 who the"),
        (
            "it?M. Night who?S. King it?D he?m/f page?s&b",
            "it M Night who S King it D he m f page s b",
        ),
        ("I?M I’M CAN?T", "I'm I'm can't"),
        ("bad¬ — and bad¬—so", "bad¬ and bad¬ so"),
        ("don\\’t café`s café\x19s", "don't café's café's"),
        ("don\x19t she\x19ll", "don't she'll"),
        ("İstanbul I\u0307yi", "istanbul iyi"),
        ("won\u00ad\nderful, won\u00ad \r\n derful, won¬\nderful", "wonderful wonderful wonderful"),
        ("ɢʀᴇᴀᴛ 🅵🅸🅻🅼 🅖🅞🅞🅓 8∕10", "great film good 8 10"),
        ("g\u0334\u0301\u0316\u0327o\u0337o\u0334d Z\u0351\u034e\u0317a", "good za"),
        ("[b]un[/b]happy [quote=Bob]no[/QUOTE][img]http://x.y/a.png[/img]end", "unhappy no end"),
        ("\\U0001F600 good", "😀 good"),
        ("<![CDATA[<p>great</p> film]]>", "great film"),
        ("<st1:place w:st='on'>Par</st1:place>is <svg><path d='M0'/></svg>ok", "paris ok"),
        ("A <svg class='icon'/> dull <svg><svg></svg></svg> film</svg>", "a dull film"),
        ("<svg-icon>dull <script-x>film <style-x>good", "svg icon dull script x film style x good"),
        ("one<script>no</script-x>no</script> two<svg>no</svg-x></svg>", "one two"),
        ("g\u0336r\u0336e\u0336a\u0336t\u0336 g\u0332o\u0332o\u0332d\u0332", "great good"),
        ("text </b", "text"),
        ("-LRB- good -RRB-", "good"),
        ("I didn&#39;t, didn&#x27;t, didn&rsquo;t", "I didn't, didn't, didn't"),
        ("Tom &amp; Jerry, Tom &amp;amp; Jerry", "Tom Jerry Tom Jerry"),
        ("bad&lt;br /&gt;film &lt;b&gt;good&lt;/b&gt;", "bad film good"),
        ("<div class='x'><b>Great</b> film &amp; really<br />good</div>", "great film really good"),
        ("un<b>believ</b>able", "unbelievable"),
        ("<P ALIGN=center>one<IMG SRC='a>b'>two</P>", "one two"),
        ("one<!-- no --> two<script>no()</script> three<style>p{}</style>", "one two three"),
        ('good <a href="http://x.org', "good"),
        ("good <br", "good"),
        ("donâ€™t donâ\x80\x99t donÂ’t donâ€\x99t", "don't don't don't don't"),
        ("don&acirc;&euro;&trade;t don&#226;&#128;&#153;t", "don't don't"),
        ("â€œGreatâ€\x9d â€œbadâ€ â€˜fineâ€™ soâ€¦slow â€“ â€”", "great bad fine so slow"),
        ("cafÃ© CAFÃ‰ HÃ”TEL voilÃ\xa0 caf&Atilde;&copy;", "café CAFÉ HÔTEL voilà café"),
        ("Â\xa0good,Â\xa0badÂ\xa0Â\xa0", "good bad"),
        ("donÃ¢â‚¬â„¢t KieÃ…â€ºlowski", "don't Kieślowski"),
        ("KieÅ›lowski Å½iÅ¾ek Ñ„Ð¸Ð»ÑŒÐ¼", "Kieślowski Žižek фильм"),
        (r"don\u2019t don\'t caf\xc3\xa9 caf\xe9 \ud83d\ude00", "don't don't café café 😀"),
        (r"film.\nDull\r\nand\tlong\\n\\u201cgood\\u201d", "film dull and long good"),
        ("ðŸ˜€good â˜…â˜… 5â‚¬ ï»¿bad", "😀 good ★★ 5€ bad"),
        ("don‚Äôt caf√©, ‚Äúgreat‚Äù", "don't café great"),
    ],
)
def test_a_typed_review_has_the_words_of_its_plain_form(typed: str, plain: str) -> None:
    assert split_words(typed) == plain.lower().replace(",", "").replace(".", "").split()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I <3 it, a < b", "i 3 it a b"),
        ("x<y and y>z; a<b and c>d", "x y and y z a b and c d"),
        ("<-- look, <sigh>, <your name here>", "look sigh your name here"),
        ("[b] is my choice, he dies [/spoiler]", "b is my choice he dies spoiler"),
        ("AT&T, R&B, good&notbad &bogus;", "at t r b good notbad bogus"),
        ("rock 'n' roll, the dogs' home, 'tis", "rock n roll the dogs home tis"),
        ("the letter 's' and 'd'", "the letter s and d"),
        ("the letters ' s ' and ' t ', in ' t", "the letters s and t in t"),
        ("10½ of 10, nº 1", "10½ of 10 nº 1"),
        ("хороший фильм 好，坏", "хороший фильм 好 坏"),
        ("Â alone, naïve, «vérité\xa0» voilà\xa0»", "â alone naïve vérité voilà"),
        ("“Â” «Â» “Ô “Ã” AMANHÃ” AMANHÃ… É»", "â â ô ã amanhã amanhã é"),
        ("“Spaß” CAFÉ” TVÅ… PÅ” “Ä”", "spaß café två på ä"),
        ("√2, 2√π, x√π", "√ 2 2 √ π x √ π"),
    ],
)
def test_text_that_only_looks_like_markup_stays(text: str, words: str) -> None:
    assert split_words(text) == words.split()


@pytest.mark.parametrize("apostrophe", APOSTROPHES)
def test_every_apostrophe_is_the_typed_one(apostrophe: str) -> None:
    plain = "I don't; he's, we've, they'll, you'd, I'm, you're, O'Brien, o'clock, DON'T"
    assert split_words(plain.replace("'", apostrophe))[:8] == split_words(plain)[:8]
    spans = {word: span for word, span in find_words("so don’t".replace("’", apostrophe))}
    assert (spans["don't"].start, spans["don't"].end) == (3, 8)


@pytest.mark.parametrize(
    ("text", "word", "stretch"),
    [
        ("I do n't know", "don't", "do n't"),
        ("he did&rsquo;nt say", "did'nt", "did&rsquo;nt"),
        ("so un<b>believ</b>able it is", "unbelievable", "un<b>believ</b>able"),
        ("the ‘fine’ one", "fine", "fine"),
        ("a cafe\u0301 here", "café", "cafe\u0301"),
        ("in İstanbul too", "istanbul", "İstanbul"),
        ("I didn ’ t like it", "didn't", "didn ’ t"),
        ("\ufeffso goo\u200bd \ud83d", "good", "goo\u200bd"),
        ("<i>so</i> ﬁne, really", "fine", "ﬁne"),
        ("I donâ??t [b]like[/b] it", "like", "like"),
        ("was won\u00ad\nderful", "wonderful", "won\u00ad\nderful"),
        ("â€œI donÃ¢â‚¬â„¢t likeâ€", "don't", "donÃ¢â‚¬â„¢t"),
    ],
)
def test_offsets_refer_to_the_original(text: str, word: str, stretch: str) -> None:
    spans = {found: text[span.start : span.end] for found, span in find_words(text)}
    assert spans[word] == stretch


@given(TYPED)
@example("do, n't")
@example("Ꞌ")
@example("e\u0301\ufffd")
@example("b\u0316\u0301\ufffd")
@example("a\ufffdâ??b")
@example("İ\ufffda")
@example("ITÂS")
@example("İITÂS")
@example("_itÂS")
@example("ITÂSâ??")
@example("A�s_")
def test_normalisation_is_idempotent(text: str) -> None:
    words = split_words(text)
    assert split_words(" ".join(words)) == words


@given(TYPED)
@example("bad¬ —ß “x” & more [b]film[/b]")
@example("won¬<br />derful")
@example("& é do n't'`s 's film & more")
@example("é<br />do n't &amp; see <b>this</b>")
@example("é " + "& <br />long " * 9 + "&amp; <br />")
def test_all_ways_of_finding_words_agree(text: str) -> None:
    words = split_words(text)
    assert [word for word, _ in find_words(text)] == words
    texts = [text, "do", f"n't {text} {text}", f"{text} " * 3, "it", " 's", "a\x1eb", "A"]
    known = Vocabulary(sorted({*(word for one in texts for word in split_words(one))}), 1_000)
    for maxlen in (2, 4, 11):
        wanted = [encode(one, known, maxlen).ids.tolist() for one in texts]
        assert encode_many(texts, known, maxlen).tolist() == wanted
    assert [word for sentence in split_sentences(text) for word in sentence] == words
    vocabulary = Vocabulary(sorted({*words, "film"}), num_words=5 + len(words) + 1)
    row = encode(text, vocabulary, 6).ids.tolist()
    assert encode_many([text], vocabulary, 6)[0].tolist() == row
    assert encode_windows([text], vocabulary, 6)[0][0].tolist() == row
    assert encode(decode(row, vocabulary), vocabulary, 6).ids.tolist() == row


@given(st.lists(st.text("abA\0'\x1e", max_size=20), max_size=30))
def test_words_are_looked_up_all_at_once(words: list[str]) -> None:
    ids = {word: number for number, word in enumerate(words[:20])}
    found = [word for text in words for word in text.split()]
    table = WordTable(ids, unknown=-1)
    assert table.ids_of("  " + "\n ".join(found)).tolist() == [ids.get(w, -1) for w in found]


@given(TYPED)
def test_stretches_follow_each_other(text: str) -> None:
    at = 0
    for _, span in find_words(text):
        assert at <= span.start < span.end <= len(text)
        at = span.end


@given(TYPED)
def test_curly_and_straight_forms_have_the_same_words(text: str) -> None:
    straight = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    curly = straight.replace("'", "’").replace('"', "“")
    assert split_words(text) == split_words(straight) == split_words(curly)


@given(ASCII)
def test_ascii_text_without_apostrophes_keeps_keras_words(text: str) -> None:
    text = text.replace("'", "").replace("`", "").replace("-", "")
    lowered = text.lower()
    for sign in '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n':
        lowered = lowered.replace(sign, " ")
    assert split_words(text) == lowered.split()


def test_the_plain_text_is_what_a_browser_shows() -> None:
    text = "<p>One &amp; <i>two</i>.<br /><br />Three <3 &quot;four&quot;.</p>"
    assert plain_text(text) == 'One & two.\nThree <3 "four".'


@given(TYPED)
@example("№¬\nITÂS")
def test_the_plain_text_has_no_known_tag_and_the_same_words_in_markup(text: str) -> None:
    words = split_words(text)
    assert all(word == word.strip("'") for word in words)
    if "<" not in text and "&" not in text:
        assert split_words(f"<p>{text}</p>") == words
        assert split_words(plain_text(text)) == words


@pytest.mark.parametrize(
    "piece",
    ["<", "&", "<!--", '<a b="', "<script", '<a x=" <a y=\' x="', "a\u0301\u0316", "'", "do n't "]
    + [
        "Â",
        "Ã©",
        "Ã",
        "â€",
        "√é",
        "Ã¢â‚¬â„¢",
        "Â\xa0",
        "\u0301\u0316",
        "ﾞ\u0301",
        "&#",
        "&lt;",
        "</script",
        "\u200d",
        "<b ",
        "<svg ",
        "<svg/>",
        "<svg></svg ",
        " '",
        "can,\ufffd",
        "don-â",
        "don\ufffd",
        "\\",
    ],
)
def test_a_repeated_piece_takes_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        start = time.process_time()
        split_words(text), list(find_words(text))
        return time.process_time() - start

    seconds(1_000)
    # Quadratic: 100 times. Three tries, as a machine may change its speed in between.
    assert any(seconds(200_000) < 40 * seconds(20_000) + 0.125 for _ in range(3))
