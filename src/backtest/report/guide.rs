//! What the report tells its reader beside the numbers.

/// How to read the page.
pub(super) const HOW_TO_READ: &str = "## How to read it

- **CRPS** judges the whole distribution, in days; for a forecast that is certain of one day it is
  the absolute error. It is the number to compare models by.
- **MAE** judges the median day alone, which is at most day 91. An invoice paid later counts with its
  true day; one still open at the end with the distance to day 91, the least its error can be.
- **Log-loss** punishes certainty that turns out wrong; 0.693 is a coin. **Brier** is its mild sister.
- **Calibration ratio** is predicted over observed: 1.10 expects ten percent too many events.
  **Calibration error** is the mean gap over ten bins of predicted probability.
- **AUC** is the chance that a late invoice was ranked above one in time. Above 0.97 the ledger is
  suspected of giving away what is to be predicted.
- **WAPE** is the sum of absolute errors over the sum of actual cash, **bias** the same with signs:
  above zero promises too much. **Pinball** losses are in units of the currency a week.
- **P10-P90 holds** should be 80 %; together with a small relative width.

";

/// What the page cannot tell.
pub(super) const LIMITS: &str = "## Limits

- The last cut-offs are scored only as far as the ledger watched them: a measure that needs more days
  leaves out every case of such a cut-off, paid or not, since keeping those already paid would favour
  optimistic models. CRPS is summed over the observed days.
- An invoice that is credited or written off is scored up to that day. It brings no cash, so the cash
  of models that do not foresee it is too high.
- Cut-offs overlap: one invoice is a case at each cut-off at which it was open. The bootstrap draws
  customers with all their cases for that reason; it does not cover shocks common to all customers.
- Weeks run Monday to Sunday. Unless cut-offs are Sundays, the first week of a forecast is a part.
- Where the ledger does not say when a fact was recorded, the day of business is taken; a ledger
  entered late looks more knowing here than it was.
- What happened was influenced by the collections work of its time.
";
