"""A study is a protocol: hypotheses declared, power told and the whole locked before the numbers are seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from retention_kit.errors import OptionError
from retention_kit.ledger import Ledger
from retention_kit.results import Lock, PowerTable, StudyResult
from retention_kit.schema import attribute
from retention_kit.studies import running
from retention_kit.studies.asking import check_askable, held, settled, told_of
from retention_kit.studies.hypothesis import ARGUMENTS, Hypothesis, declared, plain
from retention_kit.studies.locking import check_unchanged, hash_of, look_of, looked, read_lock, write_lock
from retention_kit.studies.power import power_table
from retention_kit.studies.protocol_file import in_short, opened, read_protocol, written
from retention_kit.wording import Message
from retention_kit.yaml_files import Place

FORMAT = 2
"""Of the protocol that is hashed; a change of what it says makes other hashes."""


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """A protocol over one ledger: which hypotheses, judged how, declared before the numbers are seen.

    Parameters
    ----------
    ledger : Ledger
        With customers.
    title : str
    alpha : float
        Chance of any false alarm among the primary outcomes of the study; the intervals are at ``1 - alpha``.
    cluster : str, optional
        Attribute whose groups, not customers, were given the factors; a hypothesis may say another.
    seed : int
        Of everything drawn at random.
    hypotheses : tuple of Hypothesis
        Use `add`.
    source : Path, optional
        The file it was read from.
    lines : mapping
        On which line of it each thing stands.

    Raises
    ------
    OptionError
        If `alpha` is not between 0 and 0.5, or `cluster` is no attribute.

    Notes
    -----
    Each hypothesis has one primary outcome; Holm's correction over all of them decides the verdicts. Secondary outcomes
    get Benjamini and Hochberg's q-values, sensitivity runs none, and neither can change a verdict.

    Examples
    --------
    >>> from retention_kit.ledger import open_ledger
    >>> study = Study(open_ledger(as_of="2025-12-31"), title="Does the demo keep customers?")
    >>> study = study.add("demo", "personalised_demo", randomised=True, secondary=("rmst",))
    >>> study.run(study.lock())["demo"].verdict.kind
    'supports'
    """

    ledger: Ledger
    title: str = ""
    alpha: float = 0.05
    cluster: str | None = None
    seed: int = 0
    hypotheses: tuple[Hypothesis, ...] = ()
    source: Path | None = None
    lines: Mapping[Place, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.alpha, bool) or not isinstance(self.alpha, int | float) or not 0 < self.alpha < 0.5:
            raise OptionError("error.study.alpha", name="alpha", value=str(self.alpha))
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise OptionError("error.study.seed", name="seed", value=str(self.seed))
        if self.cluster is not None:
            attribute(self.ledger.customers, self.cluster, "cluster")

    def add(
        self,
        name: str,
        factor: str | None = None,
        *,
        secondary: Sequence[str] = (),
        sensitivity: Sequence[Mapping[str, Any]] = (),
        **arguments: Any,
    ) -> "Study":
        """Return the study with one hypothesis more.

        Parameters
        ----------
        name : str
            What the hypothesis is called; each name once.
        factor : str, optional
            See `compare`.
        secondary : sequence of str
            Outcomes looked at beside the primary one, such as ``("nrr",)``; they decide nothing.
        sensitivity : sequence of mapping
            Arguments changed one set at a time, such as ``({"landmark": 6}, {"adjust": ()})``; horizon, landmark,
            adjust, window, cluster, clock and seed may change. They decide nothing either.
        **arguments
            Every argument of `compare`: outcome, horizon, margin, direction, adjust, landmark …

        Returns
        -------
        Study
            A new one; this one stays as it is.

        Raises
        ------
        OptionError
            If an argument is unknown or not legal, a name or a question stands twice, or several primary outcomes,
            horizons or landmarks are given.
        """
        if not isinstance(name, str) or not name or name in {each.name for each in self.hypotheses}:
            names = [each.name for each in self.hypotheses] or [Message("word.none")]
            raise OptionError("error.study.name", name="name", value=str(name), names=names)
        level = round(1 - self.alpha, 12)
        given = {"cluster": self.cluster, "seed": self.seed, "level": level} | arguments
        if given["level"] != level:
            raise OptionError("error.study.level", name="level", value=str(given["level"]), alpha=str(self.alpha))
        new = declared(self.ledger, name, factor, given, secondary, sensitivity)
        same = next((each for each in self.hypotheses if each.asks == new.asks), None)
        if same:
            raise OptionError("error.study.same_question", name="factor", value=name, other=same.name)
        return replace(self, hypotheses=(*self.hypotheses, new))

    @classmethod
    def from_yaml(cls, path: str | Path, ledger: Ledger | None = None) -> "Study":
        """Return the study a file declares (docs/studies.md).

        Parameters
        ----------
        path : str or Path
            Paths within the file are relative to it.
        ledger : Ledger, optional
            Used instead of the data that the file names.

        Raises
        ------
        OptionError
            If the file says something that is not legal: with the line, the value, what is legal.
        FileNotReadableError
            If the file is not there or no YAML.
        """
        told = read_protocol(path)
        told.check_names("study", told.content, ("title", "alpha", "cluster", "seed", "data", "hypotheses"))
        book = opened(told) if ledger is None else ledger
        options = {name: told.content[name] for name in ("alpha", "cluster", "seed") if name in told.content}
        with told.at(known=tuple(options)):
            title = str(told.content.get("title") or "")
            study = cls(book, title=title, source=Path(path), lines=told.lines, **options)
        for name, given in told.hypotheses():
            with told.at("hypotheses", name, known=(*ARGUMENTS, "factor", "secondary", "sensitivity")):
                study = study.add(name, **given)
        return study

    def to_yaml(self) -> str:
        """Return the protocol as a study file, without the data: only what differs from the defaults."""
        return written(self)

    def protocol(self) -> dict[str, Any]:
        """Return everything that was declared, as plain values: what the hash is taken of."""
        study = {"format": FORMAT, "title": self.title, "alpha": float(self.alpha), "correction": "holm"}
        whole = {"cluster": self.cluster, "seed": self.seed}
        return study | whole | {"hypotheses": [plain(each.protocol()) for each in self.hypotheses]}

    @property
    def hash(self) -> str:
        """SHA-256 of the protocol; neither the data nor their date enter."""
        return hash_of(self.protocol())

    def __str__(self) -> str:
        return in_short(self)

    __repr__ = __str__

    def power(self) -> PowerTable:
        """Return the smallest difference that each comparison would find, without a look at the outcome by group.

        Returns
        -------
        PowerTable

        Raises
        ------
        OptionError
            If the study has no hypothesis, or one that cannot be asked.
        """
        self._check_askable()
        return power_table(self.ledger, self.hypotheses, self.alpha)

    def lock(self, path: str | Path | None = None, *, write: bool = False) -> Lock:
        """Write the protocol down, and this look at the data.

        Parameters
        ----------
        path : str or Path, optional
            File of the lock. One that is there must hold this protocol, and gets one look more.
        write : bool
            Without a path: whether to write beside the file the study was read from, ``study.yml`` →
            ``study.lock.json``. By default nothing is written.

        Returns
        -------
        Lock

        Raises
        ------
        ProtocolChangedError
            If the file holds another protocol, the data are older than its last look, or other standard attributes are
            there than then.
        FileNotReadableError
            If the file holds no lock, or its folder is not there.
        OptionError
            If `write` is asked of a study that comes from no file, the study has no hypothesis, or one that cannot be
            asked: its name is said, and its line.
        """
        self._check_askable()
        if path is None and write:
            if self.source is None:
                raise OptionError("error.study.lock_where", name="write", value=str(write))
            path = self.source.with_suffix(".lock.json")
        day, fixed = self.ledger.as_of, settled(self.ledger, self.hypotheses)
        if path is None or not Path(path).exists():
            lock = Lock(self.hash, day, (day,), self.protocol(), version("retention-kit"), fixed)
        else:
            lock = read_lock(path)
            check_unchanged(lock, self.protocol(), fixed)
            lock = looked(lock, day)
        if path is not None:
            write_lock(lock, path)
        return lock

    def run(self, lock: Lock | str | Path | None = None) -> StudyResult:
        """Answer every hypothesis.

        Parameters
        ----------
        lock : Lock, str or Path, optional
            What `lock` returned, or its file. Without one the result says that the study was not locked.

        Returns
        -------
        StudyResult

        Raises
        ------
        ProtocolChangedError
            If the protocol is not the locked one, the data are older than the last look, or other standard attributes
            are there than when it was locked.
        OptionError
            If the study has no hypothesis, or one that cannot be asked.
        """
        self._check_askable()
        lock = read_lock(lock) if isinstance(lock, str | Path) else lock
        if lock:
            check_unchanged(lock, self.protocol(), settled(self.ledger, self.hypotheses))
        look = look_of(lock, self.ledger.as_of) if lock else 1
        asked = held(self.hypotheses, lock.fixed if lock else {})
        found, tested = running.primaries(self.ledger, asked)
        beside = running.sensitivities(self.ledger, asked)
        return StudyResult(
            title=self.title,
            as_of=self.ledger.as_of,
            alpha=self.alpha,
            findings=running.with_lines(found, beside),
            secondaries=running.secondaries(self.ledger, asked),
            sensitivity=beside,
            hash=self.hash,
            lock=lock,
            look=look,
            power=power_table(self.ledger, asked, self.alpha),
            comparisons=tested,
            notes=(*running.notes(lock, look), *running.untested(found)),
            version=version("retention-kit"),
        )

    def _check_askable(self) -> None:
        if not self.hypotheses:
            raise OptionError("error.study.empty", name="hypotheses", value=self.title)
        for each in self.hypotheses:
            with told_of(each.name, self.source, self.lines):
                check_askable(self.ledger, each)
