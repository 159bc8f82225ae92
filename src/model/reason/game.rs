//! The game behind the reasons: what is expected of an invoice of which some groups are its own, and the
//! others those of a typical customer.

use crate::features::lateness::BINS;
use crate::features::{InvoiceView, PayerProfile};
use crate::model::cash_model::{CashModel, Scratch};
use crate::model::invoice_input::{FactColumns, InvoiceInput, position_of};
use crate::model::reason::baseline::Baseline;
use crate::model::reason::group::{GROUPS, Groups, ReasonGroup};
use crate::model::reason::outlook::Outlook;
use crate::model::reason::shapley::shapley;

/// Recent levels of lateness, each with the part of it that is a change. The level is a matter of history,
/// and the change is taken out of it, or put on a typical level, where only one of the two is the customer's own.
const CARRIED: [(&str, &str); 2] = [
    ("fast_lateness", "lateness_drift"),
    ("regime_lateness", "regime_shift"),
];

/// What the games of all invoices have in common.
pub(super) struct Rules<'a> {
    model: &'a dyn CashModel,
    baseline: Baseline,
    groups: Vec<Option<ReasonGroup>>,
    carried: [(usize, usize); 2],
    columns: FactColumns,
}

/// What is expected of an invoice and of its baseline, and what each group adds to the one to give the other.
pub(super) struct Played {
    pub(super) baseline: Outlook,
    pub(super) prediction: Outlook,
    /// Days late and probability of payment in time, in the order of [`ReasonGroup::ALL`].
    pub(super) shares: [[f64; 2]; GROUPS],
}

impl<'a> Rules<'a> {
    /// The rules for invoices predicted by `model`.
    pub(super) fn new(model: &'a dyn CashModel) -> Self {
        Self {
            model,
            baseline: Baseline::new(model.feature_means()),
            groups: ReasonGroup::of_features(),
            carried: CARRIED.map(|(level, change)| (position_of(level), position_of(change))),
            columns: FactColumns::find(),
        }
    }

    /// Plays the game of one invoice.
    pub(super) fn play(&self, own: InvoiceInput<'_>, scratch: &mut Scratch) -> Played {
        let game = Game::new(self, own);
        let mut mixed = own.features.to_vec();
        let outlooks: Vec<Outlook> = (0..1_usize << game.players.len())
            .map(|members| game.outlook(game.coalition(members), &mut mixed, scratch))
            .collect();
        let values: Vec<[f64; 2]> = outlooks
            .iter()
            .map(|outlook| [outlook.days_late, outlook.paid_in_time])
            .collect();
        let mut shares = [[0.0; 2]; GROUPS];
        for (player, share) in game.players.iter().zip(shapley(&values)) {
            shares[player.position()] = share;
        }
        Played {
            baseline: outlooks[0],
            prediction: outlooks[outlooks.len() - 1],
            shares,
        }
    }
}

/// One invoice beside its baseline.
struct Game<'a> {
    rules: &'a Rules<'a>,
    own: InvoiceInput<'a>,
    typical: Vec<f64>,
    typical_payer: PayerProfile,
    /// Hazards at runs of a typical customer whose runs come as often as this one's.
    typical_at_own_rate: [f64; BINS],
    /// Groups in which the invoice differs from its baseline. The others cannot matter: they get nothing, and each
    /// left out halves the work.
    players: Vec<ReasonGroup>,
}

impl<'a> Game<'a> {
    fn new(rules: &'a Rules<'a>, own: InvoiceInput<'a>) -> Self {
        let group = own.view.group;
        let mut game = Self {
            rules,
            own,
            typical: rules.baseline.features(own.features),
            typical_payer: PayerProfile::typical(group),
            typical_at_own_rate: PayerProfile::typical_at_run(group, own.view.profile.run_rate),
            players: Vec::new(),
        };
        game.players = ReasonGroup::ALL
            .into_iter()
            .filter(|player| game.features_differ(*player) || game.profiles_differ(*player))
            .collect();
        game
    }

    fn features_differ(&self, group: ReasonGroup) -> bool {
        let pairs = self.own.features.iter().zip(&self.typical);
        self.rules
            .groups
            .iter()
            .zip(pairs)
            .any(|(of, (own, typical))| *of == Some(group) && differ(*own, *typical))
    }

    /// Whether the part of the profile that belongs to a group is not a typical one.
    fn profiles_differ(&self, group: ReasonGroup) -> bool {
        let (own, typical) = (self.own.view.profile, &self.typical_payer);
        match group {
            ReasonGroup::History => {
                any_differ(&own.slow, &typical.slow) || any_differ(&own.at_run, &self.typical_at_own_rate)
            }
            ReasonGroup::Change => any_differ(&own.fast, &own.slow),
            ReasonGroup::Rhythm => {
                own.run_count > 0 || own.days_since_run.is_some() || differ(own.run_rate, typical.run_rate)
            }
            ReasonGroup::OpenBook | ReasonGroup::Invoice | ReasonGroup::Events => false,
        }
    }

    /// The groups of a coalition of players, bit by bit in their order, and those that cannot matter.
    fn coalition(&self, members: usize) -> Groups {
        let mut groups = Groups::NONE;
        for group in ReasonGroup::ALL {
            let is_own = match self.players.iter().position(|player| *player == group) {
                Some(bit) => members & (1 << bit) != 0,
                None => true,
            };
            if is_own {
                groups = groups.with(group);
            }
        }
        groups
    }

    /// What is expected where these groups are the invoice's own; `mixed` has room for the features.
    fn outlook(&self, groups: Groups, mixed: &mut [f64], scratch: &mut Scratch) -> Outlook {
        self.mix_features(groups, mixed);
        let profile = self.mix_profile(groups);
        let features: &[f64] = mixed;
        let input = InvoiceInput {
            view: InvoiceView {
                profile: &profile,
                ..self.own.view
            },
            features,
            facts: self.rules.columns.read(features),
        };
        let paid_by = self.rules.model.paid_by(std::slice::from_ref(&input), scratch);
        Outlook::of(&input.view, &paid_by[0])
    }

    fn mix_features(&self, groups: Groups, mixed: &mut [f64]) {
        let (own, typical) = (self.own.features, &self.typical);
        for (position, mixed) in mixed.iter_mut().enumerate() {
            let is_own = self.rules.groups[position].is_none_or(|group| groups.has(group));
            *mixed = if is_own { own[position] } else { typical[position] };
        }
        let has_change = groups.has(ReasonGroup::Change);
        if groups.has(ReasonGroup::History) == has_change {
            return;
        }
        for (level, change) in self.rules.carried {
            mixed[level] += if has_change { own[change] } else { -own[change] };
        }
    }

    fn mix_profile(&self, groups: Groups) -> PayerProfile {
        let (own, typical) = (self.own.view.profile, &self.typical_payer);
        let has_rhythm = groups.has(ReasonGroup::Rhythm);
        let mut mixed = if has_rhythm { own.clone() } else { typical.clone() };
        mixed.regime = own.regime;
        let has_history = groups.has(ReasonGroup::History);
        (mixed.slow, mixed.at_run) = match (has_history, has_rhythm) {
            (true, _) => (own.slow, own.at_run),
            (false, true) => (typical.slow, self.typical_at_own_rate),
            (false, false) => (typical.slow, typical.at_run),
        };
        mixed.fast = match (groups.has(ReasonGroup::Change), has_history) {
            (true, true) => own.fast,
            (true, false) => std::array::from_fn(|bin| typical.slow[bin] + (own.fast[bin] - own.slow[bin])),
            (false, _) => mixed.slow,
        };
        mixed
    }
}

fn differ(left: f64, right: f64) -> bool {
    (left - right).abs() > 0.0
}

fn any_differ(left: &[f64], right: &[f64]) -> bool {
    left.iter().zip(right).any(|(left, right)| differ(*left, *right))
}
