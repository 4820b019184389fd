"""The catalogue whole and true to the code, French written as French, and the language of the moment kept apart."""

import ast
import contextvars
import datetime as dt
import json
import re
import string
import threading
from functools import cache
from pathlib import Path

import pytest

import retention_kit
from retention_kit.errors import OptionError
from retention_kit.wording import LANGUAGES, Message, Money, has_message, language, render, use_language
from retention_kit.wording.catalogue import load
from retention_kit.wording.formats import (
    Formatter,
    isolated,
    money,
    p_value,
    percent,
    percent_even,
    points,
    points_plain,
    without_isolates,
)

PACKAGE = Path(retention_kit.__file__).parent
NOTEBOOKS = PACKAGE.parent / "notebooks"
TEXTS = {lang: load(lang) for lang in LANGUAGES}
KEYS = sorted(TEXTS["en"])
SPACES = "\u00a0\u202f"

NUMBER, DAY = 0.5, dt.date(2025, 12, 31)
DUMMIES = {
    "": "a word",
    "quoted": "a word",
    "capital": "a word",
    "list": ["one", "two"],
    "plural": 2,
    "money": Money(1234.5, "EUR"),
    "money_round": Money(1234.5, "EUR"),
    "money_signed": Money(1234.5, "EUR"),
    **dict.fromkeys(
        ["percent", "percent1", "points", "points_plain", "p", "number", "number1", "number2", "signed1"], NUMBER
    ),
    **dict.fromkeys(["percent2", "plural_points"], NUMBER),
    "count": 2,
    **dict.fromkeys(["date", "date_short", "month", "month_short"], DAY),
}
TEXT_FORMATS = {"", "quoted", "capital"}
# The same word in both languages; whatever else is equal was forgotten by the translator.
SAME = {
    *("cli.arguments", "cli.options", "cli.metavar_date", "measure.mrr", "movement.contraction", "movement.expansion"),
    *("cli.metavar_formats", "page.provenance", "docs.path.nrr", "covariate.segment"),
    *("page.print_page", "table.mix.segment", "xlsx.versions"),
}
# Counts that are never one: thresholds, sizes of a whole, customers needed; accounts of which none makes half.
MANY = {"least", "needed", "total", "n_eff"}


def placeholders(text):
    """Name and format of every placeholder of a text."""
    found = [(name, form) for _, name, form, _ in string.Formatter().parse(text) if name is not None]
    return [(name, form.partition(" ")[0]) for name, form in found]


def dummies(key, number=None):
    """A value for each placeholder of an entry, fitting all formats it is written in; counts can be given a number."""
    forms = {}
    for lang in LANGUAGES:
        for name, form in placeholders(TEXTS[lang][key]):
            forms.setdefault(name, set()).add(form)
    values = {}
    for name, some in forms.items():
        fitting = [DUMMIES[form] for form in sorted(some, key=lambda form: form in TEXT_FORMATS)]
        counted = isinstance(fitting[0], int) and name not in MANY and not (name == "n" and "n_eff" in forms)
        values[name] = number if counted and number is not None else fitting[0]
    return values


def said(key, lang, number=None):
    return render(Message(key, dummies(key, number)), lang)


# ---- the catalogue ----


def test_there_is_a_catalogue():
    assert len(KEYS) > 100
    assert sorted(TEXTS["fr"]) == KEYS


def test_no_key_stands_twice():
    lines = (PACKAGE / "wording" / "catalogue.po").read_text(encoding="utf-8").splitlines()
    keys = [line for line in lines if line.startswith("msgctxt")]
    assert len(keys) == len(set(keys)) == len(KEYS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_entry_has_a_text(lang):
    assert [key for key in KEYS if not TEXTS[lang][key].strip()] == []


def test_both_languages_use_the_same_values():
    def names(key, lang):
        return {name for name, _ in placeholders(TEXTS[lang][key])}

    assert [key for key in KEYS if names(key, "en") != names(key, "fr")] == []


def test_both_languages_write_a_value_in_the_same_format():
    # where a plural or a capital stands is each language's affair
    def formats(key, lang):
        return {
            pair for pair in placeholders(TEXTS[lang][key]) if pair[1] not in {"plural", "plural_points", "capital"}
        }

    assert [key for key in KEYS if formats(key, "en") != formats(key, "fr")] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_format_is_one_that_is_known(lang):
    used = {form: key for key in KEYS for _, form in placeholders(TEXTS[lang][key])}
    assert {form: key for form, key in used.items() if form not in DUMMIES} == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_entry_can_be_rendered(lang):
    code = re.compile(r"columns=\{.*?\}|metadata=\{.*\}\}")  # samples of Python within two errors
    texts = {key: code.sub("", said(key, lang)) for key in KEYS}
    assert {key: text for key, text in texts.items() if not text or re.search(r"[{}]", text)} == {}


@pytest.mark.parametrize("form", DUMMIES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_format_writes_something(form, lang):
    spec = f"{form} one|other" if form.startswith("plural") else form
    formatter = retention_kit.wording._formatter(lang)
    assert formatter.format_field(DUMMIES[form], spec)


# ---- catalogue and code ----


@cache
def sources():
    """Every module of the package, and every code cell of a notebook, parsed."""
    trees = {str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    trees |= {
        path.name: path.read_text(encoding="utf-8") for path in (PACKAGE.parent / "docs" / "definitions").glob("*.py")
    }
    for path in NOTEBOOKS.rglob("*.ipynb"):
        for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
            if cell["cell_type"] == "code":
                trees[f"{path.name}:{number}"] = "".join(cell["source"])
    return {name: ast.parse(text) for name, text in trees.items()}


def nodes(kind):
    return [node for tree in sources().values() for node in ast.walk(tree) if isinstance(node, kind)]


@cache
def literals():
    """Every text of the code that is not a part of an f-string; the texts within examples of docstrings too."""
    parts = {id(part) for made in nodes(ast.JoinedStr) for part in made.values}
    texts = {node.value for node in nodes(ast.Constant) if isinstance(node.value, str) and id(node) not in parts}
    examples = [line for text in texts for line in text.splitlines() if line.strip().startswith((">>> ", "... "))]
    return texts.union(*(re.findall(r'"([^"]+)"', line) for line in examples))


@cache
def families():
    """What an f-string can make of the catalogue: fixed parts, and for each value a word or an exercise's number."""
    start = tuple(f"{family}." for family in prefixes())
    found = set()
    for node in nodes(ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
        made = "".join(r"([A-Za-z0-9_]+|\d\.\d)" if part is None else re.escape(part) for part in parts)
        words = part if isinstance(part := parts[0], str) else ""
        if words.startswith(start) and re.fullmatch(r"[a-zA-Z0-9_.]*", "".join(filter(None, parts))):
            found.add(made)
        if parts[0] is None and any(isinstance(part, str) and re.match(r"\.[a-z_]+\.$", part) for part in parts):
            found.add(made)  # such as f"{part}.untestable.{reason}"
    return found


@cache
def prefixes():
    return {key.partition(".")[0] for key in KEYS if "." in key}


def test_the_code_names_no_key_that_is_missing():
    looks = re.compile(rf"(?:{'|'.join(map(re.escape, prefixes()))})(?:\.[A-Za-z0-9_]+)+")
    named = {text for text in literals() if looks.fullmatch(text) and not text.endswith((".ipynb", ".html", ".py"))}
    assert len(named) > 50
    assert sorted(named - set(KEYS)) == []


def test_every_family_of_keys_has_members():
    assert len(families()) > 10
    assert [family for family in sorted(families()) if not any(re.fullmatch(family, key) for key in KEYS)] == []


def used(key, words):
    """Whether the code names a key, or can make it: then the words put together stand in the code as well."""
    made = (re.fullmatch(family, key) for family in families())
    return key in literals() or any(match and words.issuperset(match.groups()) for match in made)


def test_no_entry_is_unused():
    words = literals() | {word.arg for word in (*nodes(ast.keyword), *nodes(ast.arg))}
    assert [key for key in KEYS if not used(key, words)] == []


def given_fields(call):
    """The fields a call hands to the message that it names; None if that cannot be read off the code."""
    given = {keyword.arg for keyword in call.keywords}
    for argument in call.args[1:]:
        if isinstance(argument, ast.Dict):
            given |= {key.value if isinstance(key, ast.Constant) else None for key in argument.keys}
        elif not isinstance(argument, ast.Constant) and getattr(call.func, "id", "") == "Message":
            return None
    return None if None in given else given


def test_the_code_gives_each_message_its_values():
    checked, wrong = 0, []
    for name, tree in sources().items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
            key, given = getattr(call.args[0], "value", None), given_fields(call)
            says = re.search(r"(?:Message|render|Error|heading|paragraph)$", ast.unparse(call.func))
            if not (says and isinstance(key, str) and key in TEXTS["en"]) or given is None:
                continue
            checked += 1
            missing = {name for name, _ in placeholders(TEXTS["en"][key])} - given
            wrong += [f"{name}: {key} lacks {sorted(missing)}"] if missing else []
    assert checked > 60
    assert wrong == []


def test_fields_of_a_message_are_read_off_the_code():
    # the test above would pass if it saw nothing
    call = ast.parse('Message("word.months", {"n": 1, "x": 2})', mode="eval").body
    assert given_fields(call) == {"n", "x"}
    assert given_fields(ast.parse('Message("word.months", fields)', mode="eval").body) is None
    assert given_fields(ast.parse('render("word.months", lang, n=1)', mode="eval").body) == {"n"}
    assert given_fields(ast.parse('render("word.months", lang, **some)', mode="eval").body) is None


# ---- French ----


def faults(pattern, texts):
    """What a pattern finds in the texts, by key."""
    return {key: found for key, text in texts.items() if (found := re.findall(pattern, text))}


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"\w* [:;?!%»]", id="a line may break before the mark"),
        pytest.param(r"« \w*", id="a line may break after the mark"),
        pytest.param(r"(?<=[\w}])'(?=[\w{])", id="an apostrophe of typewriters"),
        pytest.param(r"[“”]", id="quotation marks of English"),
    ],
)
def test_french_typography(pattern):
    assert faults(pattern, TEXTS["fr"]) == {}


def test_french_sets_a_space_before_double_marks():
    # samples of code have no word before the mark
    texts = {key: re.sub(r"\w+=\S+|horizon: int = 12", "", said(key, "fr")) for key in KEYS}
    assert faults(r"[^\W\d_][:;?!»](?=\s|$)|«(?=\w)", texts) == {}


def test_nothing_was_left_in_english():
    words = re.compile(r"[^\W\d_]{2,}")
    bare = {key: re.sub(r"\{.*?\}", "", TEXTS["fr"][key]) for key in KEYS}
    equal = {key for key in KEYS if TEXTS["fr"][key] == TEXTS["en"][key] and words.search(bare[key])}
    assert equal <= SAME, "say it in French, or list it as the same word"
    assert equal >= SAME, "listed as the same word, but it is not"


def test_no_english_word_stands_in_a_french_text():
    english = re.compile(r"\b(the|of|and|with|customers?|are|is|this|which|without|months?)\b", re.IGNORECASE)
    # samples of what is typed: names of columns, of arguments and of values stay as they are
    code = re.compile(r"\w+=\S*|\{.*?\}|\w*_\w*|retention-kit .*|l’un de .*|month, year, …|--\S+", re.DOTALL)
    found = {key: english.findall(code.sub(" ", TEXTS["fr"][key])) for key in KEYS}
    assert {key: words for key, words in found.items() if words} == {}


# ---- one and many ----


def test_one_is_never_many_in_english():
    texts = {key: said(key, "en", number=1) for key in KEYS}
    assert faults(r"(?<![\d.,])\b1 (?:months|customers|rows|values|cohorts|groups|cells|accounts)\b", texts) == {}


@pytest.mark.parametrize("number", [0, 1])
def test_none_and_one_are_never_many_in_french(number):
    texts = {key: said(key, "fr", number=number) for key in KEYS}
    assert faults(rf"(?<![\d.,])\b{number} (?:clients|lignes|valeurs|cohortes|groupes|comptes)\b", texts) == {}


@pytest.mark.parametrize(("n", "english", "french"), [(0, "0 rows", "0 ligne"), (1, "1 row", "1 ligne")])
def test_plurals(n, english, french):
    fields = {"source": "a", "total": n, "used": n, "rejected": 0, "outside": 0}
    assert f"{english} read" in render("reconciliation.sentence", "en", **fields)
    assert f"{french} lue =" in render("reconciliation.sentence", "fr", **fields)


def test_two_are_many_in_both():
    fields = {"source": "a", "total": 2, "used": 2, "rejected": 0, "outside": 0}
    assert "2 rows read" in render("reconciliation.sentence", "en", **fields)
    assert "2 lignes lues = 2 utilisées + 0 rejetée" in render("reconciliation.sentence", "fr", **fields)


# ---- numbers, money, dates ----


@pytest.mark.parametrize(
    ("amount", "currency", "english", "french"),
    [
        (1234.5, "EUR", "€1,234.50", "1\u202f234,50\u00a0€"),
        (1234, "EUR", "€1,234", "1\u202f234\u00a0€"),
        (-80, "EUR", "−€80", "−80\u00a0€"),
        (1234.5, "USD", "US$1,234.50", "1\u202f234,50\u00a0$US"),
        (1234, "JPY", "JP¥1,234", "1\u202f234\u00a0JPY"),
        (1234.5, "JPY", "JP¥1,234", "1\u202f234\u00a0JPY"),
        (1234.5, None, "1,234.50", "1\u202f234,50"),
        (1234, None, "1,234", "1\u202f234"),
    ],
)
def test_money(amount, currency, english, french):
    assert money(Money(amount, currency), "en_GB") == english
    assert money(Money(amount, currency), "fr_FR") == french


def test_money_rounded_and_money_unknown():
    fields = {"value": Money(1234.56, "EUR")}
    assert (render("plot.money", "en", **fields), render("plot.money", "fr", **fields)) == (
        "€1,235",
        "1\u202f235\u00a0€",
    )
    assert render("plot.money", "en", value=Money(float("nan"), "EUR")) == "–"


@pytest.mark.parametrize(
    ("write", "value", "english", "french"),
    [
        (percent, 0.9, "90%", "90\u00a0%"),
        (percent, 1.084, "108.4%", "108,4\u00a0%"),
        (percent_even, 0.9, "90.0%", "90,0\u00a0%"),
        (points, 0.1234, "+12.3", "+12,3"),
        (points, -0.1234, "−12.3", "−12,3"),
        (points_plain, 0.05, "5", "5"),
        (p_value, 0.0412, "= 0.041", "= 0,041"),
    ],
)
def test_numbers(write, value, english, french):
    assert (write(value, "en_GB"), write(value, "fr_FR")) == (english, french)


@pytest.mark.parametrize("value", [0.000999, 1e-9, 5e-324, 0.0])
def test_a_p_value_is_never_zero(value):
    assert (p_value(value, "en_GB"), p_value(value, "fr_FR")) == ("< 0.001", "< 0,001")


@pytest.mark.parametrize("value", [0.001, 0.0014, 0.5, 1.0])
def test_a_p_value_that_can_be_told_has_three_decimals(value):
    assert p_value(value, "en_GB") == f"= {value:.3f}"


def test_months_are_written_out():
    fields = {"n": 2, "first": DAY, "last": DAY, "as_of": DAY, "mrr": Money(1234.5, "EUR")}
    assert render("ledger.summary", "en", **fields) == (
        "2 customers, December 2025 to December 2025, as of 31 December 2025; MRR at the end: €1,234.50."
    )
    assert render("ledger.summary", "fr", **fields) == (
        "2 clients, de décembre 2025 à décembre 2025, à la date du 31 décembre 2025\u00a0;"
        " MRR en fin de période\u00a0: 1\u202f234,50\u00a0€."
    )


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_what_is_not_known_is_a_dash(unknown):
    assert render("plot.percent", "en", value=unknown) == "–"


# ---- messages ----


def test_a_message_within_a_message_is_in_the_same_language():
    outer = Message("error.all_rejected", {"source": "a.csv", "faults": [Message("reason.trial")]})
    assert outer.text("fr").endswith("n’est utilisable\u00a0: essai.")
    assert outer.text("en").endswith("can be used: trial.")


def test_messages_are_compared_by_key_and_fields():
    assert Message("word.months", {"n": 1}) == Message("word.months", {"n": 1})
    assert Message("word.months", {"n": 1}) != Message("word.months", {"n": 2})
    assert has_message("word.months")
    assert not has_message("word.nothing")


def test_a_message_shows_hostile_values_as_text():
    assert Message("text", {"text": "<b>{x}</b>"})._repr_html_() == "<p>&lt;b&gt;{x}&lt;/b&gt;</p>"


@pytest.mark.parametrize("hostile", ["{n}", "{", "}", "{0.__class__}", "%(n)s"])
def test_values_are_never_templates(hostile):
    for lang in LANGUAGES:
        assert render("text", lang, text=hostile) == hostile
        assert hostile in render("error.not_a_day", lang, value=hostile)


def test_an_unknown_key_is_the_programmers_mistake():
    with pytest.raises(KeyError):
        render("word.nothing")


# ---- the language of the moment ----


@pytest.fixture(autouse=True)
def in_english():
    with use_language("en"):
        yield


def test_the_language_is_switched_by_a_call():
    use_language("fr")
    assert (language(), render("word.customer")) == ("fr", "client")


def test_the_language_is_switched_back_after_the_block():
    with use_language("fr"):
        assert render("word.customer") == "client"
        assert render("word.customer", "en") == "customer"
    assert (language(), render("word.customer")) == ("en", "customer")


def test_blocks_can_be_nested():
    with use_language("fr"):
        with use_language("en"):
            assert language() == "en"
        assert language() == "fr"
    assert language() == "en"


def test_the_language_is_switched_back_after_an_exception():
    with pytest.raises(ZeroDivisionError), use_language("fr"):
        _ = 1 / 0
    assert language() == "en"


def test_a_thread_has_a_language_of_its_own():
    seen, ready, go_on = [], threading.Event(), threading.Event()

    def work():
        use_language("fr")
        ready.set()
        go_on.wait(5)
        seen.append(language())

    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(5)
    assert language() == "en"
    with use_language("en"):
        go_on.set()
        thread.join(5)
    assert (seen, language()) == (["fr"], "en")


def test_a_context_has_a_language_of_its_own():
    inside = contextvars.copy_context()
    inside.run(use_language, "fr")
    assert (inside.run(language), language()) == ("fr", "en")


@pytest.mark.parametrize("wrong", ["de", "", "FR", "fr_FR", 1, ["fr"]])
def test_an_unknown_language_is_refused_with_those_there_are(wrong):
    for attempt in (use_language, lambda lang: render("word.customer", lang)):
        with pytest.raises(OptionError, match="en, fr"):
            attempt(wrong)
    assert language() == "en"


def test_no_language_means_the_language_of_the_moment():
    with use_language("fr"):
        assert render("word.customer", None) == "client"


@pytest.mark.parametrize(
    ("form", "value", "english", "french"),
    [
        ("money_signed", Money(-42.13, "EUR"), "−€42.13", "−42,13\u00a0€"),
        ("money_signed", Money(42.13, "EUR"), "+€42.13", "+42,13\u00a0€"),
        ("money_signed", Money(-0.0, "EUR"), "€0", "0\u00a0€"),
        ("points", -0.0004, "0.0", "0,0"),
        ("signed1", -0.04, "0.0", "0,0"),
        ("number", -0.4, "−0.4", "−0,4"),
        ("percent2", 0.7165, "71.65%", "71,65\u00a0%"),
        ("plural_points point|points", -0.006, "points", "point"),
        ("plural_points point|points", 0.0199, "points", "points"),
        ("plural_points point|points", 0.01949, "points", "point"),
    ],
)
def test_signs_are_true_and_nothing_has_none(form, value, english, french):
    formatted = [retention_kit.wording._formatter(lang).format_field(value, form) for lang in ("en", "fr")]
    assert formatted == [english, french]


# ---- letters from right to left ----

HEBREW = "שלום 3"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Acme", "Acme"),
        ("Été à Łódź 漢字 🦄", "Été à Łódź 漢字 🦄"),
        (HEBREW, f"\u2068{HEBREW}\u2069"),
        ("Acme \u202egpj.exe", "Acme gpj.exe"),
        (f"a\u2069 {HEBREW}", f"\u2068a {HEBREW}\u2069"),  # an end mark of its own would end the isolate
        (f"\u2067{HEBREW}", f"\u2068{HEBREW}\u2069"),
        (f"\u2067{HEBREW}\u2069", f"\u2067{HEBREW}\u2069"),  # it keeps to itself already
        (f"a \u2068b \u2067{HEBREW}\u2069\u2069", f"a \u2068b \u2067{HEBREW}\u2069\u2069"),
    ],
)
def test_a_value_moves_no_word_around_it(value, shown):
    assert isolated(value) == shown
    assert isolated(shown) == shown
    for lang in LANGUAGES:
        assert render("text", lang, text=value) == shown


def test_each_of_several_names_keeps_its_place():
    # without marks the two names would change places
    assert (
        Formatter("fr", render).format("{xs:list}", xs=[HEBREW, "Ada", "عمر"])
        == f"\u2068{HEBREW}\u2069, Ada, \u2068عمر\u2069"
    )
    assert Formatter("en", render).format("{x:quoted}", x=HEBREW) == f"“\u2068{HEBREW}\u2069”"


def test_a_sentence_within_a_sentence_is_marked_once():
    inner = Message("text", {"text": HEBREW})
    assert render("text", "en", text=inner) == render("text", "en", text=str(inner)) == f"\u2068{HEBREW}\u2069"


def test_where_a_text_stands_alone_the_marks_are_taken_off():
    assert without_isolates(f"Of {isolated(HEBREW)}: 12 %") == f"Of {HEBREW}: 12 %"
