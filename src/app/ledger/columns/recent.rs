//! Rows in memory, in few frames.

use std::collections::BTreeSet;

use polars::prelude::{BooleanChunked, DataFrame, Int64Chunked};

use super::{Error, SEQUENCE};

/// Rows that no segment holds yet.
///
/// Each frame has more than twice the rows of the one after it, so that there are few of them and a row is
/// seldom copied, whether rows come singly or in bulk.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    frames: Vec<DataFrame>,
}

impl Recent {
    pub(super) fn rows(&self) -> usize {
        self.frames.iter().map(DataFrame::height).sum()
    }

    /// Adds rows behind those that are there.
    pub(super) fn push(&mut self, frame: DataFrame) -> Result<(), Error> {
        if frame.height() == 0 {
            return Ok(());
        }
        let mut last = frame;
        while let Some(before) = self.frames.pop_if(|before| before.height() <= 2 * last.height()) {
            last = stacked(before, &last)?;
            last.rechunk_mut();
        }
        self.frames.push(last);
        Ok(())
    }

    /// Adds the rows of others before those that are there.
    pub(super) fn put_before(&mut self, others: Self) {
        let mut frames = others.frames;
        frames.append(&mut self.frames);
        self.frames = frames;
    }

    /// Returns all rows as one frame, without copying them.
    pub(super) fn frame(&self) -> Result<Option<DataFrame>, Error> {
        let mut frames = self.frames.iter();
        let Some(first) = frames.next() else {
            return Ok(None);
        };
        let mut all = first.clone();
        for frame in frames {
            all = stacked(all, frame)?;
        }
        Ok(Some(all))
    }

    /// Drops the rows of these sequences; returns the sequences that are not here.
    pub(super) fn drop_rows(&mut self, unwanted: &BTreeSet<i64>) -> Result<BTreeSet<i64>, Error> {
        let mut absent = unwanted.clone();
        for frame in &mut self.frames {
            let mut is_hit = false;
            for sequence in sequences(frame)?.iter().flatten() {
                is_hit |= absent.remove(&sequence);
            }
            if is_hit {
                *frame = kept(frame, |sequence| !unwanted.contains(&sequence))?;
            }
        }
        self.frames.retain(|frame| frame.height() > 0);
        Ok(absent)
    }
}

/// Returns the sequences of a frame's rows.
pub(super) fn sequences(frame: &DataFrame) -> Result<&Int64Chunked, Error> {
    frame
        .column(SEQUENCE)
        .and_then(|column| column.i64())
        .map_err(|source| Error::polars("reading the sequence of rows", source))
}

/// Returns the rows whose sequence is wanted.
pub(super) fn kept(frame: &DataFrame, is_wanted: impl Fn(i64) -> bool) -> Result<DataFrame, Error> {
    let mask: BooleanChunked = sequences(frame)?
        .iter()
        .map(|sequence| sequence.is_some_and(&is_wanted))
        .collect();
    frame
        .filter(&mask)
        .map_err(|source| Error::polars("dropping rows that were superseded", source))
}

/// Returns the rows of both frames, without copying them.
pub(super) fn stacked(mut first: DataFrame, second: &DataFrame) -> Result<DataFrame, Error> {
    first
        .vstack_mut(second)
        .map_err(|source| Error::polars("putting rows together", source))?;
    Ok(first)
}
