"""Named errors: a key, its fields, and words in the language of whoever reads them."""

import copy
import inspect
import pickle

import pytest

from retention_kit import errors
from retention_kit.errors import InputError, OptionError, RetentionKitError
from retention_kit.wording import Message, use_language

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, RetentionKitError)]
HOSTILE = [
    "{name}",
    "{0}",
    "{}",
    "{{x}}",
    "}{",
    "{value.__class__}",
    "%s %(name)s",
    "a\"b'c“d”«e»",
    "<b>&amp;</b>",
    "back\\slash\nline",
    "",
]


def option(value, kind=OptionError):
    return kind("error.option", name="freq", value=value, legal=["M", "Q"])


def test_there_are_errors_to_test():
    assert {"OptionError", "ImmortalTimeError", "ReportError"} <= {kind.__name__ for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_one_of_ours_and_has_a_docstring(kind):
    assert issubclass(kind, RetentionKitError)
    assert kind.__doc__.strip().endswith(".")


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_keeps_its_key_and_its_fields(kind):
    error = option("x", kind)
    assert error.key == "error.option"
    assert error.fields == {"name": "freq", "value": "x", "legal": ["M", "Q"]}


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_speaks_both_languages(kind):
    error = option("x", kind)
    assert str(error) == "freq cannot be “x”. Choose one of: M, Q."
    with use_language("fr"):
        assert str(error) == "freq ne peut pas valoir «\u00a0x\u00a0». Choisissez parmi\u00a0: M, Q."
    assert str(error).startswith("freq cannot be")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("twin_of", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_an_error_survives_the_way_to_another_process(kind, twin_of):
    error = option("x", kind)
    twin = twin_of(error)
    assert type(twin) is kind
    assert (twin.key, twin.fields, str(twin)) == (error.key, error.fields, str(error))


def test_messages_among_the_fields_survive_it_too():
    error = InputError("error.all_rejected", source="a.csv", faults=[Message("reason.no_amount")])
    assert str(pickle.loads(pickle.dumps(error))) == str(error) == "No row of a.csv can be used: no amount."
    with use_language("fr"):
        assert str(error) == "Aucune ligne de a.csv n’est utilisable\u00a0: montant absent."


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("value", HOSTILE)
def test_values_are_data_and_never_templates(value, lang):
    with use_language(lang):
        text = str(option(value))
    before, after = ("cannot be “", "”. Choose") if lang == "en" else ("ne peut pas valoir «\u00a0", "\u00a0». Choi")
    assert text.startswith(f"freq {before}{value}{after}")


@pytest.mark.parametrize("value", HOSTILE)
def test_values_within_lists_are_data_too(value):
    error = OptionError("error.option", name="freq", value="x", legal=[value, "M"])
    assert str(error) == f"freq cannot be “x”. Choose one of: {value}, M."


@pytest.mark.parametrize("name", ["message", "lang", "fields", "args"])
def test_fields_may_have_any_name(name):
    assert str(OptionError("text", **{"text": "said", name: "x"})) == "said"


def test_a_refused_input_repeats_what_the_notebook_said():
    error = errors.ReportError("error.report_input", report="study", message="No such file.")
    assert str(error) == "The report “study” cannot be made from this input. No such file."


@pytest.mark.parametrize("kind", KINDS)
def test_python_can_catch_what_concerns_values(kind):
    # a wrong input or option is a ValueError; a report that broke is not
    concerns = issubclass(kind, InputError | OptionError)
    assert issubclass(kind, ValueError) is concerns


def test_without_the_catalogue_an_error_still_says_its_key(monkeypatch):
    monkeypatch.setattr(errors, "_renderer", errors._plain)
    assert str(OptionError("error.option", name="freq")) == "error.option {'name': 'freq'}"
