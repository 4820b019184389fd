"""The invented market: who the customers are, what they pay, how they leave. Numbers chosen, not measured."""

from dataclasses import dataclass

import numpy as np

SEGMENTS = np.array(["SMB", "Mid-market", "Enterprise"])  # the order of the tables down to SIGNUP_PLANS
SHARES = np.array([0.55, 0.32, 0.13])  # of customers
ANNUAL = np.array([0.35, 0.60, 0.88])  # share of customers on yearly contracts, the others pay by the month
SEATS, SPREAD = np.array([6, 16, 45]), np.array([0.7, 0.7, 0.8])  # median at signup; sd of the logarithm
LEAVING = np.array([0.030, 0.019, 0.011])  # churn hazard per month, onboarding apart
SIGNUP_PLANS = np.array([[0.55, 0.35, 0.1, 0], [0.1, 0.45, 0.4, 0.05], [0, 0.1, 0.5, 0.4]])  # shares
PLANS = np.array(["Starter", "Team", "Business", "Premium", "Analytics add-on"])
SEAT_PRICES = np.array([18.90, 28.90, 38.90, 54.90, 6.50])  # EUR per seat and month, in the order of PLANS
TOP_PLAN, ADD_ON = 3, 4
SEASON = np.array([1.1, 1.0, 1.1, 1.0, 0.95, 1.05, 0.85, 0.6, 1.25, 1.15, 1.1, 0.85])  # signups, from January
PERCENTS = np.array([[20.0, 30.0, 50.0], [5.0, 10.0, 15.0]])  # discounts: introductory, negotiated
COUNTRIES = {  # share of customers, and trades in the country's language
    "FR": (0.46, "Conseil Santé Énergie Logistique Édition Bâtiment"),
    "BE": (0.12, "Mobilité Brasserie Assurances Bouw Textiel Advies"),
    "DE": (0.14, "Technik Möbel Logistik Maschinenbau Versand Labor"),
    "ES": (0.10, "Diseño Alimentación Energía Viajes Construcción Salud"),
    "IT": (0.10, "Moda Impianti Trasporti Arredi Meccanica Servizi"),
    "NL": (0.08, "Groep Techniek Vervoer Zorg Handel Bloemen"),
}
STEMS = "Al Bel Bor Cal Cas Cor Dal Del Dor El Fal Fer Gal Hel Jor Kal Lor Lum Mar Mel Nor Ol Sal Tor Val Ver"
ENDINGS = "adis anis ante aris avel elio enna eris esta iane ilys inor ione irel isco onde oria ovia uria"
CSM_NAMES = "Agathe Basile Camille Diane Elias Flora Gaspard Hana Inès Jules Léon Maëlle Nils Odile Rosa Zoé"
NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Habits:
    """How customers of the invented business behave."""

    horizon: int = 12  # months, the age at which the demo's effect is planted
    onboarding: float = 1.5  # extra hazard of monthly contracts at age 1, as a share of LEAVING
    onboarding_fades: float = 2.0  # months until that extra is down to 1/e
    renewal: float = 0.85  # hazard of a yearly renewal, as a share of the twelve months it stands for
    up: float = 0.044  # expansions per month
    down: float = 0.014  # contractions per month
    change: tuple[float, float] = (0.10, 0.45)  # of log seats in either, from and to
    upgrade: float = 0.12  # share of expansions that also move up one plan
    comes_back: float = 0.18  # share of churners
    away: tuple[int, int] = (2, 8)  # months between churn and return, both included
    add_on: float = 0.06  # share of customers
    trial: float = 0.10  # share of monthly customers
    trial_days: int = 14
    false_starts: int = 50  # one early monthly customer in so many leaves before the first month end
    intro: float = 0.15  # share of monthly contracts with an introductory discount
    intro_months: int = 3
    negotiated: float = 0.30  # share of yearly contracts with a permanent discount
    notice_days: int = 20  # a cancellation is known so long before its end
    growth: float = 0.02  # of signups, per month
    portfolio: int = 50  # customers per CSM
    blur: float = 2.5  # of portfolios, in ranks of SEGMENTS: up to 1, every CSM would hold one segment only


HABITS = Habits()

FEATURES = np.array([6, 8, 10, 12, 6])  # in the order of PLANS
NPS_SHARES = np.array(  # of the answers 0 to 10: usual, drifting
    [
        [0, 0, 0, 0.01, 0.02, 0.02, 0.03, 0.17, 0.30, 0.27, 0.18],
        [0.1, 0.1, 0.12, 0.14, 0.14, 0.15, 0.12, 0.08, 0.05, 0, 0],
    ]
)


@dataclass(frozen=True)
class EventHabits:
    """How customers behave from day to day. Pairs: usual, drifting; chances are a month's unless said."""

    ahead: int = 3  # months before churn, or growth, in which signs are planted; as long as a drift by chance lasts
    drift: float = 0.02  # chance that a drift begins, and likewise that limits come near, for no reason
    fall: tuple[float, ...] = (1.0, 0.3, 0.15, 0.08)  # usage: as usual, in the first month of a drift, second, third
    at_work: float = 0.97  # chance that an account is used at all on a working day
    logs_in: float = 0.6  # chance that a person logs in on a working day
    people: tuple[float, float] = (0.4, 0.8)  # of seats logged in on a day of use, from and to
    uses: float = 0.98  # chance that a feature of the plan is used
    tickets: tuple[float, float, float] = (0.08, 0.004, 0.6)  # chance of each of three: at least, more a seat, at most
    complains: tuple[float, float] = (0.01, 0.35)
    mail_day: int = 6  # a month's mail goes out on so many working days after its first
    opens: tuple[float, float] = (0.7, 0.03)
    asked_every: int = 6  # months between two NPS questions
    answers: float = 0.5
    pays_late: tuple[float, float] = (0.03, 0.15)
    days_late: tuple[int, int] = (3, 40)  # from and to
    near_limit: tuple[float, float] = (0.9, 1.1)  # share of the limit, from and to


EVENTS = EventHabits()
