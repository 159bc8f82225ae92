//! What a part of the book adds up to: its means and its draws, by layer.

use std::borrow::Cow;

use super::matrix::DrawMatrix;
use super::setting::Setting;
use crate::forecast::allocate::Split;
use crate::forecast::book::Layer;

/// Draws of the open invoices, and of what is billed later where there is any.
#[derive(Clone, Debug)]
pub(in crate::forecast) struct LayerDraws {
    pub(in crate::forecast) open: DrawMatrix,
    pub(in crate::forecast) billing: Option<DrawMatrix>,
}

/// Means and draws of a part of the book; those of two parts can be added.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub(super) open: Split,
    pub(super) recurring: Split,
    pub(super) new_billing: Split,
    pub(super) draws: LayerDraws,
}

impl LayerDraws {
    /// Returns draws without cash.
    pub(in crate::forecast) fn zero(draws: usize, buckets: usize) -> Self {
        Self {
            open: DrawMatrix::zero(draws, buckets),
            billing: None,
        }
    }

    /// Returns the draws of what is billed later.
    pub(super) fn billing_mut(&mut self) -> &mut DrawMatrix {
        let (draws, buckets) = (self.open.draws(), self.open.buckets());
        self.billing
            .get_or_insert_with(|| DrawMatrix::zero(draws, buckets))
    }

    /// Adds the draws of another part.
    pub(in crate::forecast) fn add(&mut self, other: &Self) {
        self.open.add(&other.open);
        if let Some(billing) = &other.billing {
            self.billing_mut().add(billing);
        }
    }

    /// Replaces every cell by what `change` makes of it.
    pub(in crate::forecast) fn map(&self, change: impl Fn(i64) -> i64) -> Self {
        Self {
            open: self.open.map(&change),
            billing: self.billing.as_ref().map(|billing| billing.map(&change)),
        }
    }

    /// Returns the draws of all layers together.
    pub(in crate::forecast) fn all(&self) -> Cow<'_, DrawMatrix> {
        match &self.billing {
            None => Cow::Borrowed(&self.open),
            Some(billing) => {
                let mut all = self.open.clone();
                all.add(billing);
                Cow::Owned(all)
            }
        }
    }
}

impl Sums {
    /// Returns the sums of nothing.
    pub(super) fn zero(setting: &Setting<'_>) -> Self {
        let buckets = setting.spans.len();
        Self {
            open: Split::zero(buckets),
            recurring: Split::zero(buckets),
            new_billing: Split::zero(buckets),
            draws: LayerDraws::zero(setting.draws, buckets),
        }
    }

    /// Returns where the items of a layer are added.
    pub(super) fn layer_mut(&mut self, layer: Layer) -> (&mut Split, &mut DrawMatrix) {
        match layer {
            Layer::OpenInvoices => (&mut self.open, &mut self.draws.open),
            Layer::Recurring => (&mut self.recurring, self.draws.billing_mut()),
        }
    }

    /// Adds the sums of another part.
    pub(super) fn add(&mut self, other: &Self) {
        self.open.add(&other.open);
        self.recurring.add(&other.recurring);
        self.new_billing.add(&other.new_billing);
        self.draws.add(&other.draws);
    }

    /// Returns the sums of two parts together.
    pub(super) fn plus(mut self, other: &Self) -> Self {
        self.add(other);
        self
    }
}
