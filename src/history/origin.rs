//! Where rows came from, and what was counted on the way.

/// What was counted while a table was built.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) rows_read: u64,
    pub(crate) recorded_at_imputed: u64,
    pub(crate) impossible_dates: u64,
    pub(crate) amounts_from_floats: u64,
}

impl Counts {
    /// Adds what was counted elsewhere.
    pub(crate) const fn add(&mut self, other: Self) {
        self.rows_read += other.rows_read;
        self.recorded_at_imputed += other.recorded_at_imputed;
        self.impossible_dates += other.impossible_dates;
        self.amounts_from_floats += other.amounts_from_floats;
    }
}

/// Where each accepted row came from, for rejects that only show across rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    files: Vec<(usize, String)>,
    lines: Vec<u64>,
}

impl Origins {
    /// Names the file of the rows to come; the same name again says nothing new.
    pub(crate) fn start_file(&mut self, file: &str) {
        if self.files.last().is_some_and(|(_, last)| last == file) {
            return;
        }
        self.files.push((self.rows(), file.to_owned()));
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, line: u64) {
        self.lines.push(line);
    }

    /// Returns the number of rows.
    pub(crate) const fn rows(&self) -> usize {
        self.lines.len()
    }

    /// Returns file and line of a row.
    pub(crate) fn of(&self, row: usize) -> (&str, u64) {
        let after = self.files.partition_point(|(first, _)| *first <= row);
        let file = after
            .checked_sub(1)
            .map_or("", |index| self.files[index].1.as_str());
        (file, self.lines.get(row).copied().unwrap_or(0))
    }

    /// Drops the origins of the rows that are not kept.
    pub(crate) fn retain(&mut self, keep: &[bool]) {
        let mut kept_before = Vec::with_capacity(self.files.len());
        let (mut row, mut kept) = (0, 0);
        for (first, _) in &self.files {
            kept += keep.iter().take(*first).skip(row).filter(|&&keep| keep).count();
            row = row.max(*first);
            kept_before.push(kept);
        }
        for ((first, _), kept) in self.files.iter_mut().zip(kept_before) {
            *first = kept;
        }
        let mut flags = keep.iter();
        self.lines.retain(|_| flags.next().copied().unwrap_or(false));
    }

    /// Returns the file of the rows to come.
    pub(crate) fn file_at_hand(&self) -> Option<&str> {
        self.files.last().map(|(_, file)| file.as_str())
    }

    /// Returns the files rows were read from; one whose rows alternate with those of others comes again and again.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(_, file)| file.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_file_and_line_when_others_are_dropped() {
        let mut origins = Origins::default();
        for (file, lines) in [("a.csv", [2, 3]), ("empty.csv", [0, 0]), ("b.csv", [2, 3])] {
            origins.start_file(file);
            lines
                .into_iter()
                .filter(|&line| line > 0)
                .for_each(|line| origins.push(line));
        }
        assert_eq!((origins.of(1), origins.of(2)), (("a.csv", 3), ("b.csv", 2)));
        origins.retain(&[true, false, false, true]);
        assert_eq!((origins.of(0), origins.of(1)), (("a.csv", 2), ("b.csv", 3)));
    }
}
