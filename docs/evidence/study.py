"""A whole study on an invented business whose truth is known, read aloud in both languages beside that truth."""
# ruff: noqa: E501  (a page's paragraphs are lines of text)

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator

import retention_kit as rk

PROTOCOL = Path(__file__).with_name("study.yml")
AS_OF = "2025-12-31"
MANY = 20_000
SATISFACTION_GAIN = 0.8
"""What the demo adds to everybody's satisfaction."""


def business(customers: int = 2_000, seed: int = 7) -> tuple[Any, pd.DataFrame]:
    """Return the bundled business, and its customers with a feature and a satisfaction whose truth is known.

    The feature comes at a date drawn without a look at anything else, to half of the customers, and does nothing; who
    has left by then never gets it. Satisfaction is asked of four in five, 60 days after they signed up, if still there.
    """
    made = rk.synthetic.make_business(customers, seed=seed, as_of=AS_OF)
    table, rng = made.customers, Generator(PCG64(seed + 1_000))
    chance, wait, answers = rng.random((3, len(table)))
    noise = np.sqrt(-2 * np.log1p(-rng.random(len(table)))) * np.cos(2 * np.pi * rng.random(len(table)))
    ends = made.subscriptions["end"].fillna(pd.Timestamp("2100-01-01")).groupby(made.subscriptions["customer_id"])
    last, signup = table["customer_id"].map(ends.max()), table["signup"]
    activated = signup + pd.to_timedelta((-180 * np.log1p(-wait)).astype(int), unit="D")
    asked = signup + pd.Timedelta(days=60)
    known = (chance < 0.5) & (activated < last) & (activated <= AS_OF)
    there = (answers < 0.8) & (asked < last) & (asked <= AS_OF)
    score = 6 + SATISFACTION_GAIN * table["personalised_demo"] + 1.5 * noise
    return made, table.assign(
        feature_activated_at=activated.where(known),
        satisfaction=score.round(1).where(there),
        satisfaction_asked_at=asked.where(there),
    )


def ledger(made: Any, customers: pd.DataFrame) -> Any:
    """Return the business's ledger."""
    return rk.build_ledger(made.subscriptions, as_of=AS_OF, customers=customers)


def findings() -> dict[str, Any]:
    """Return the study's answer, its power and lock, and the truth: planted, or as `MANY` other customers show it."""
    made, customers = business()
    study = rk.Study.from_yaml(PROTOCOL, ledger=ledger(made, customers))
    power, lock = study.power(), study.lock()
    many = ledger(*business(MANY, seed=1))
    demo = rk.compare(many, "personalised_demo", outcome="rmst", horizon=24, randomised=True)
    segments = rk.compare(many, "segment", outcome="grr", reference="SMB", adjust=())
    truth = {
        "retention": made.truth.demo_effect,
        "months": demo,
        "segments": dict(zip(("Enterprise", "Mid-market"), segments, strict=True)),
        "early": rk.compare(many, outcome="early_churn", window=3),
    }
    return {"study": study, "power": power, "lock": lock, "result": study.run(lock), "truth": truth}


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """Return the pictures of the pages by file name."""
    demo = found["result"].findings["demo"]
    return {
        f"evidence_study_{lang}.png": rk.picture(rk.plot_survival(demo, lang=lang), alt=demo.describe(lang))
        for lang in WORDS
    }


def planted(found: dict[str, Any], lang: str) -> dict[str, str]:
    """Return the truth behind each hypothesis, in words."""
    truth, say = found["truth"], WORDS[lang]
    grr = truth["segments"]
    numbers = {
        "months": limits(truth["months"], 1, 1, lang),
        "retention": decimal(f"{100 * truth['retention']:.0f}", lang),
        "gain": decimal(f"{SATISFACTION_GAIN:.1f}", lang),
        "enterprise": limits(grr["Enterprise"], 100, 0, lang),
        "mid": limits(grr["Mid-market"], 100, 0, lang),
        "early": limits(truth["early"], 1, 1, lang, sign=""),
        "many": f"{MANY:,}" if lang == "en" else f"{MANY:,}".replace(",", "\u202f"),
    }
    return {name: text.format(**numbers) for name, text in say["planted"].items()}


def page(found: dict[str, Any], pictures: dict[str, Any], lang: str) -> str:
    """Return the page in one language."""
    say, result, truth = WORDS[lang], found["result"], planted(found, lang)
    title, whole, *paragraphs = result.read_aloud(lang).split("\n\n")
    behind = [*(f"**{say['truth']}** {truth[name]}" for name in result.findings), say["after_power"], ""]
    aloud = [f"> {text}\n\n{below}" for text, below in zip(paragraphs, behind, strict=True)]
    name = f"evidence_study_{lang}.png"
    rows = "\n".join(outcome_row(name, each, found, lang) for name, each in result.primaries())
    parts = [
        f"# {say['title']}",
        say["intro"],
        f"## {say['declared']}",
        f"```yaml\n{PROTOCOL.read_text(encoding='utf-8').rstrip()}\n```",
        f"## {say['before']}",
        say["power"],
        f"> {found['power'].sentence(lang)}",
        f"> {found['power'].rule.text(lang)}",
        f"> {found['lock'].sentence(lang)}",
        f"## {say['aloud']}",
        say["aloud_intro"],
        f"> **{title}**\n>\n> {whole}",
        *aloud,
        f"![{pictures[name].alt}](../images/{name})",
        f"## {say['compared']}",
        f"{say['table']}\n|---|---|---|---|---|\n{rows}",
        say["end"],
    ]
    return "\n\n".join(part for part in (part.strip() for part in parts) if part) + "\n"


def outcome_row(name: str, finding: Any, found: dict[str, Any], lang: str) -> str:
    """Return one primary comparison beside its truth, as a row."""
    true, scale, digits, sign = truth_of(name, finding, found["truth"])
    true = decimal(f"{scale * true:{sign}.{digits}f}", lang) if true else "0"
    covered = finding.low <= truth_of(name, finding, found["truth"])[0] <= finding.high
    said = limits(finding, scale, digits, lang, sign)
    label = name if name != "segment" else f"{name}: {finding.arms[0].label.fields['value']}"
    yes = WORDS[lang]["yes" if covered else "no"]
    return f"| {label} | {true} | {said} | {yes} | {finding.verdict.text(lang)} |"


def truth_of(name: str, finding: Any, truth: dict[str, Any]) -> tuple[float, int, int, str]:
    """Return a comparison's true value, and how it is written: factor, decimals, sign."""
    if name == "segment":
        return truth["segments"][finding.arms[0].label.fields["value"]].estimate, 100, 1, "+"
    values = {"demo": truth["months"].estimate, "feature": 0.0, "satisfaction": SATISFACTION_GAIN}
    if name == "onboarding":
        return truth["early"].estimate, 1, 1, ""
    return values[name], 100 if name == "feature" else 1, 1, "+"


def limits(finding: Any, scale: int, digits: int, lang: str, sign: str = "+") -> str:
    """Return an estimate with its interval."""
    value, low, high = (f"{scale * x:{sign}.{digits}f}" for x in (finding.estimate, finding.low, finding.high))
    return decimal(f"{value} ({low} {WORDS[lang]['to']} {high})", lang)


def decimal(text: str, lang: str) -> str:
    """Return a number as the language writes it."""
    text = text.replace("-", "−")
    return text.replace(".", ",") if lang == "fr" else text


WORDS = {
    "en": {
        "title": "A whole study, read aloud beside the truth",
        "intro": "The business is invented (`rk.synthetic.make_business()`, 2,000 customers), so that what is true was known before anything was estimated. Two columns were added to it: a feature "
        "activated at a date that was drawn without a look at anything, and that does nothing; and a satisfaction score to which the demo adds 0.8.\n\nWritten by `make evidence`.",
        "declared": "Declared before the numbers",
        "before": "Power, then the lock",
        "power": "`study.power()` looks at group sizes and follow-up, never at the outcome by group; `study.lock()` fixes the protocol:",
        "aloud": "Read aloud",
        "aloud_intro": '`study.run(lock).read_aloud("en")`, whole; under each hypothesis, what was planted.',
        "truth": "Planted:",
        "after_power": "",
        "compared": "Said and true",
        "table": "| hypothesis | true | estimate (95 % interval) | covered | verdict |",
        "yes": "yes",
        "no": "**no**",
        "to": "to",
        "end": "“True” is what was planted (feature, satisfaction) or what 20,000 other customers of the same rules show (demo, segment, onboarding); the segments' truth is that of all customers, unadjusted, while the estimate is about those who could be in either segment. "
        "One study shows that the sentences read well, not that the method errs as rarely as it says: that is the calibration's to show, over many businesses.",
        "planted": {
            "demo": "the demo lowers the risk of leaving, so that {retention} points more are there after 12 months; within 24 months, {many} other customers show {months} months.",
            "feature": "the feature does nothing; the true difference is 0.",
            "satisfaction": "the demo adds {gain} to everybody's score.",
            "segment": "the risk of leaving falls from SMB over mid-market to enterprise; {many} other customers, unadjusted, show {enterprise} points of GRR for enterprise and {mid} for mid-market.",
            "onboarding": "monthly contracts are at higher risk in their first months; {many} other customers show a risk {early} times as high in months 1 to 3.",
        },
    },
    "fr": {
        "title": "Une étude entière, lue à voix haute à côté de la vérité",
        "intro": "L’entreprise est inventée (`rk.synthetic.make_business()`, 2 000 clients) : ce qui est vrai était connu avant toute estimation. Deux colonnes y ont été ajoutées : une fonctionnalité "
        "activée à une date tirée au sort sans rien regarder d’autre, et qui ne change rien ; et une note de satisfaction à laquelle la démo ajoute 0,8.\n\nPage écrite par `make evidence`.",
        "declared": "Déclaré avant les chiffres",
        "before": "La puissance, puis le verrou",
        "power": "`study.power()` regarde la taille des groupes et la durée de suivi, jamais le résultat par groupe ; `study.lock()` fixe le protocole :",
        "aloud": "À voix haute",
        "aloud_intro": '`study.run(lock).read_aloud("fr")`, en entier ; sous chaque hypothèse, ce qui avait été planté.',
        "truth": "Planté :",
        "after_power": "",
        "compared": "Ce qui est dit, ce qui est vrai",
        "table": "| hypothèse | vrai | estimation (intervalle à 95 %) | couvert | verdict |",
        "yes": "oui",
        "no": "**non**",
        "to": "à",
        "end": "« Vrai » : ce qui a été planté (feature, satisfaction) ou ce que montrent 20 000 autres clients soumis aux mêmes règles (demo, segment, onboarding) ; pour les segments, la vérité vaut pour tous les clients, sans ajustement, alors que l’estimation porte sur ceux qui pourraient être dans l’un ou l’autre. "
        "Une seule étude montre que les phrases se lisent, non que la méthode se trompe aussi rarement qu’elle le dit : c’est à la calibration de le montrer, sur beaucoup d’entreprises.",
        "planted": {
            "demo": "la démo réduit le risque de départ, si bien que {retention} points de clients de plus sont encore là au bout de 12 mois ; sur 24 mois, {many} autres clients montrent {months} mois.",
            "feature": "la fonctionnalité ne change rien ; le véritable écart est 0.",
            "satisfaction": "la démo ajoute {gain} à la note de chacun.",
            "segment": "le risque de départ baisse de SMB à Mid-market puis à Enterprise ; {many} autres clients, sans ajustement, montrent {enterprise} points de GRR pour Enterprise et {mid} pour Mid-market.",
            "onboarding": "les contrats mensuels sont plus exposés pendant leurs premiers mois ; {many} autres clients montrent un risque multiplié par {early} du mois 1 au mois 3.",
        },
    },
}
