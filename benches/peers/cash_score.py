"""Scores of weekly cash forecasts, and the convex combination of two of them.

A forecast is a row with target, part, series, method, cutoff, week, mean, p10, p50, p90 and actual.
"""

import numpy as np
import pandas as pd

from cash_ledger import WEEKS

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
FORECAST = ["mean", *QUANTILES]
POOLED = {"1-6": (1, 6), "7-13": (7, WEEKS)}
SHOWN_WEEKS = range(1, 9)
DUECAST, COMBINED = "duecast", "combined"
WEIGHTS = np.linspace(0, 1, 21)
# A weight is learned from this many ended cut-offs on; until then the one of the week before is kept.
CUTOFFS_NEEDED = 4
# What a row of a neighbouring week counts beside one of the week itself.
NEIGHBOUR = 0.25


def label(key: tuple[str, str]) -> str:
    """`USD`, or `USD/E1` for an entity's part of it."""
    return "/".join(filter(None, key))


def pinball(actual: np.ndarray, forecast: np.ndarray, quantile: float) -> np.ndarray:
    """Pinball loss in the unit of the amounts."""
    error = actual - forecast
    return np.maximum(quantile * error, (quantile - 1) * error)


def score(rows: pd.DataFrame) -> pd.Series:
    """All but the coverage relative to the actual cash; bias is positive where too much was forecast."""
    total = rows["actual"].sum() or np.nan  # no cash at all: nothing to be relative to
    error = rows["mean"] - rows["actual"]
    scores = {"n": len(rows), "wape": error.abs().sum() / total, "bias": error.sum() / total}
    for name, quantile in QUANTILES.items():
        scores[f"pinball_{name}"] = pinball(rows["actual"], rows[name], quantile).sum() / total
    scores["pinball"] = sum(scores[f"pinball_{name}"] for name in QUANTILES) / len(QUANTILES)
    scores["coverage"] = rows["actual"].between(rows["p10"], rows["p90"]).mean()
    scores["width"] = (rows["p90"] - rows["p10"]).sum() / total
    return pd.Series(scores)


def scorecard(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Scores by target, part, series and method: each week of the horizon, then weeks pooled."""
    keys = ["target", "part", "series", "method"]
    by_week = forecasts.groupby([*keys, "week"], sort=False).apply(score, include_groups=False)
    cards = [by_week.reset_index().rename(columns={"week": "weeks"})]
    for name, (first, last) in POOLED.items():
        some = forecasts[forecasts["week"].between(first, last)]
        cards.append(some.groupby(keys, sort=False).apply(score, include_groups=False).reset_index().assign(weeks=name))
    card = pd.concat(cards).astype({"weeks": str})
    # Amounts of several currencies cannot be added, their relative scores can be averaged.
    entity = card["series"].str.contains("/")
    for name, some in (("mean of currencies", card[~entity]), ("mean of entities", card[entity])):
        if some["series"].nunique() > 1:
            groups = some.drop(columns="series").groupby(["target", "part", "method", "weeks"], sort=False)
            cards.append(groups.mean().reset_index().assign(series=name))
    return pd.concat(cards).astype({"weeks": str, "n": int}).reset_index(drop=True)


def scaled_loss(rows: pd.DataFrame) -> pd.Series:
    """Pinball loss of each row, summed over the quantiles, relative to its series' mean cash."""
    scale = rows.groupby("series")["actual"].transform("mean")
    return sum(pinball(rows["actual"], rows[name], quantile) for name, quantile in QUANTILES.items()) / scale


def best_partner(forecasts: pd.DataFrame, methods: list[str], first_score: int) -> str:
    """The top-down method of least loss in the weeks that had ended by the first cut-off that is scored."""
    ended = (forecasts["cutoff"] + 7 * forecasts["week"] <= first_score) & ~forecasts["series"].str.contains("/")
    ended = forecasts[ended & forecasts["method"].isin(methods)]
    if ended.empty:
        raise SystemExit("no week of a tuning cut-off had ended by the first scoring cut-off: tune earlier")
    return scaled_loss(ended).groupby(ended["method"]).mean().idxmin()


def mixed(ours: pd.DataFrame, partner: pd.DataFrame, weight: float) -> pd.DataFrame:
    """The mean and each quantile are averaged: `weight` on ours, the rest on the partner's."""
    rows = ours.copy()
    rows[FORECAST] = weight * ours[FORECAST].to_numpy() + (1 - weight) * partner[FORECAST].to_numpy()
    return rows


def combine(forecasts: pd.DataFrame, partner: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The combination at the scoring cut-offs, and the weight on ours by cut-off and week.

    A weight is the one of least loss over the currencies at all earlier cut-offs whose week had ended by then.
    Evidence is thin, so the weeks before and after it in the horizon have a say too.
    """
    keys = ["series", "cutoff", "week"]
    sides = [forecasts[forecasts["method"] == name].sort_values(keys, ignore_index=True) for name in (DUECAST, partner)]
    ours, theirs = sides
    theirs = theirs[theirs["series"].isin(ours["series"].unique())].reset_index(drop=True)
    assert ours[keys].equals(theirs[keys]), "the two sides were not asked the same"
    losses = np.column_stack([scaled_loss(mixed(ours, theirs, weight)) for weight in WEIGHTS])
    whole = ~ours["series"].str.contains("/")
    combined, weights = [], []
    for cutoff in sorted(ours.loc[ours["part"] == "score", "cutoff"].unique()):
        weight = 1.0
        for week in range(1, WEEKS + 1):
            ended = (ours["cutoff"] + 7 * ours["week"] <= cutoff) & whole
            evidence = (ours["week"] == week) + NEIGHBOUR * (ours["week"] - week).abs().eq(1)
            if ours.loc[ended & (evidence > 0), "cutoff"].nunique() >= CUTOFFS_NEEDED:
                loss = (evidence * ended).to_numpy() @ losses
                weight = WEIGHTS[len(loss) - 1 - loss[::-1].argmin()]
            here = (ours["cutoff"] == cutoff) & (ours["week"] == week)
            combined.append(mixed(ours[here], theirs[here], weight).assign(method=COMBINED))
            weights.append((cutoff, week, weight))
    return pd.concat(combined, ignore_index=True), pd.DataFrame(weights, columns=["cutoff", "week", "weight"])


def markdown(table: pd.DataFrame) -> str:
    """A table whose texts are to the left, numbers to the right."""
    lines = ["| " + " | ".join(table.columns) + " |"]
    lines.append("|" + "|".join(" --- " if kind == object else " ---: " for kind in table.dtypes) + "|")
    show = lambda cell: cell if isinstance(cell, str) else f"{cell:.3f}" if isinstance(cell, float) else str(cell)
    lines += ["| " + " | ".join(map(show, row)) + " |" for row in table.astype(object).itertuples(index=False)]
    return "\n".join(lines)


def report(card: pd.DataFrame, target: str, series: str) -> str:
    """Of one series at the scoring cut-offs: pooled scores, then the main ones by week."""
    card = card[(card["target"] == target) & (card["series"] == series) & (card["part"] == "score")]
    columns = ["method", "wape", "bias", *(f"pinball_{name}" for name in QUANTILES), "pinball", "coverage", "width"]
    parts = []
    for weeks in POOLED:
        pooled = card[card["weeks"] == weeks]
        parts.append(f"Weeks {weeks}, {pooled['n'].iloc[0]} weeks of cash:\n\n{markdown(pooled[columns])}")
    for metric in ("wape", "bias", "pinball", "coverage", "width"):
        table = card.pivot(index="method", columns="weeks", values=metric)[[str(week) for week in SHOWN_WEEKS]]
        table = table.loc[card["method"].unique()].reset_index()
        parts.append(f"{metric} by week of the horizon:\n\n{markdown(table)}")
    return "\n\n".join(parts)


def report_combination(forecasts: pd.DataFrame, weights: pd.DataFrame, partner: str) -> str:
    """Loss by week of the horizon of the two sides and their combination, over the currencies."""
    rows = forecasts[(forecasts["part"] == "score") & forecasts["method"].isin([DUECAST, partner, COMBINED])]
    rows = rows[~rows["series"].str.contains("/")].reset_index(drop=True)
    rows["loss"] = scaled_loss(rows) / len(QUANTILES)
    table = rows.pivot_table(index="week", columns="method", values="loss")[[DUECAST, partner, COMBINED]]
    by_cutoff = rows.pivot_table(index=["week", "cutoff"], columns="method", values="loss")
    better = by_cutoff[COMBINED] < by_cutoff[DUECAST]
    table.insert(0, "weight on duecast", weights.groupby("week")["weight"].mean())
    table["cut-offs where combining is better"] = better.groupby("week").mean()
    lines = []
    for name, other in (("the combination", COMBINED), (f"{partner} alone", partner)):
        first = max((week for week in table.index if table.loc[week, other] >= table.loc[week, DUECAST]), default=0) + 1
        lines.append(f"From week {first} on {name} has less loss than duecast alone at every horizon." if first <= WEEKS
                     else f"There is no horizon from which on {name} always has less loss than duecast alone.")
    return "\n\n".join([markdown(table.reset_index()), *lines])
