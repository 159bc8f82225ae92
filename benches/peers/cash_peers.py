"""Forecasts of weekly cash without a model of the single invoice.

Each gives, for a cut-off and a series, one row a week of the horizon: mean, P10, P50 and P90.
"""

from functools import cache

import numpy as np
import pandas as pd

from cash_ledger import WEEKS, Ledger

Series = tuple[str, str]
LOOK_BACK_WEEKS = 26
ERRORS_NEEDED = 4
YEAR_WEEKS = 52
NORMAL_P90 = 1.2816


class NaivePeers:
    """Ageing roll rates, the mean of the last four weeks and seasonal naive; bands from their own past errors."""

    def __init__(self, ledger: Ledger, first_day: int):
        self.ledger, self.first_day = ledger, first_day
        # Asked again and again, at the same past cut-offs.
        self.book, self.point = cache(self._book), cache(self._point)

    def _book(self, cutoff: int, known_by: int) -> tuple[dict, dict, dict]:
        book, keys = self.ledger.book(cutoff, known_by), self.ledger.members
        return ({key: book.by_bucket(key) for key in keys}, {key: book.collected(key) for key in keys},
                {key: book.newly_billed(key) for key in keys})

    def past(self, cutoff: int) -> list[int]:
        """Earlier weekly cut-offs, latest first, four weeks after the beginning at the earliest."""
        earliest = max(self.first_day - 1 + 28, cutoff - 7 * (LOOK_BACK_WEEKS + WEEKS))
        return list(range(cutoff - 7, earliest - 1, -7))

    def roll_rates(self, cutoff: int, key: Series) -> tuple[np.ndarray, np.ndarray]:
        """Cash of the open book, and of new billing: past shares collected, past means."""
        open_amount, collected = np.zeros((5, WEEKS)), np.zeros((5, WEEKS))
        new, count = np.zeros(WEEKS), np.zeros(WEEKS)
        for past in self.past(cutoff):
            ended = np.arange(1, WEEKS + 1) * 7 <= cutoff - past
            ended &= cutoff - past <= (np.arange(1, WEEKS + 1) + LOOK_BACK_WEEKS) * 7
            was_open, came, newly = (part[key] for part in self.book(past, cutoff))
            open_amount += was_open[:, None] * ended
            collected += came * ended
            new += newly * ended
            count += ended
        rates = np.divide(collected, open_amount, out=np.zeros_like(collected), where=open_amount > 0)
        now_open = self.book(cutoff, cutoff)[0][key]
        new = np.divide(new, count, out=np.zeros(WEEKS), where=count > 0)
        for week in np.flatnonzero(count == 0):  # a horizon that no past cut-off has seen the end of
            rates[:, week] = rates[:, week - 1] if week else 0.0
            new[week] = new[week - 1] if week else 0.0
        return now_open @ rates, new

    def _point(self, method: str, cutoff: int, key: Series) -> np.ndarray:
        if method.startswith("roll_rates"):
            book, new = self.roll_rates(cutoff, key)
            return book if method.endswith("book") else book + new
        cash = self.ledger.weekly_cash(key, self.first_day, cutoff, cutoff)
        if method == "last_four_weeks":
            return np.full(WEEKS, cash[-4:].mean())
        season = YEAR_WEEKS if len(cash) >= YEAR_WEEKS + WEEKS else 4
        return cash[len(cash) - season + np.arange(WEEKS) % season]

    def actual(self, method: str, past: int, known_by: int, key: Series) -> np.ndarray:
        """What came in the weeks after a past cut-off, as known by `known_by`."""
        if method.endswith("book"):
            return self.book(past, known_by)[1][key].sum(axis=0)
        return self.ledger.weekly_cash(key, past + 1, past + 7 * WEEKS, known_by)

    def forecast(self, method: str, cutoff: int, key: Series) -> np.ndarray:
        """The point and its band: the P10 and P90 of the method's errors in weeks that have ended."""
        point = self.point(method, cutoff, key)
        errors = [[] for _ in range(WEEKS)]
        for past in self.past(cutoff):
            error = self.actual(method, past, cutoff, key) - self.point(method, past, key)
            ended = min((cutoff - past) // 7, WEEKS)
            for week in range(ended):
                if len(errors[week]) < LOOK_BACK_WEEKS:
                    errors[week].append(error[week])
        cash = self.ledger.weekly_cash(key, self.first_day, cutoff, cutoff)
        low, high = np.array([-NORMAL_P90, NORMAL_P90]) * np.std(np.diff(cash))
        rows = []
        for week in range(WEEKS):
            if len(errors[week]) >= ERRORS_NEEDED:  # else the band of the week before
                low, high = np.quantile(errors[week], [0.1, 0.9])
            # The median is the point, so the band reaches down to it and up to it at least.
            rows.append([point[week], point[week] + min(low, 0), point[week], point[week] + max(high, 0)])
        return np.maximum(rows, 0)


def statistical(ledger: Ledger, first_day: int, cutoff: int) -> dict[str, dict[Series, np.ndarray]]:
    """AutoETS, AutoARIMA and Theta on the weekly series with their own 80 % intervals, floored at zero."""
    from statsforecast import StatsForecast
    from statsforecast.models import AutoARIMA, AutoETS, Naive, Theta

    series = {key: ledger.weekly_cash(key, first_day, cutoff, cutoff) for key in ledger.members}
    length = len(next(iter(series.values())))
    models = [AutoETS(season_length=1, alias="auto_ets"), AutoARIMA(season_length=1, alias="auto_arima"),
              Theta(season_length=1, alias="theta")]
    if length >= 2 * YEAR_WEEKS:
        models.append(Theta(season_length=YEAR_WEEKS, alias="theta_yearly"))
    names = [f"{currency}/{entity}" for currency, entity in series]
    frame = pd.DataFrame({"unique_id": np.repeat(names, length), "ds": np.tile(np.arange(length), len(names)),
                          "y": np.concatenate(list(series.values()))})
    engine = StatsForecast(models=models, freq=1, n_jobs=1, fallback_model=Naive())
    out = engine.forecast(df=frame, h=WEEKS, level=[80]).set_index("unique_id")
    forecasts = {}
    for model in models:
        columns = [model.alias, f"{model.alias}-lo-80", model.alias, f"{model.alias}-hi-80"]
        forecasts[model.alias] = {
            key: np.maximum(np.nan_to_num(out.loc[name, columns].to_numpy(float)), 0) for key, name in zip(series, names)}
    return forecasts
