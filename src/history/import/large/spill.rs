//! Rows set aside on disk, so that those of one part can be taken back together.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use polars::prelude::{
    DataFrame, IdxCa, IdxSize, ParquetCompression, ParquetReader, ParquetWriter, SerReader, StatisticsOptions,
};

use crate::history::Error;

/// Nobody searches these files.
const NO_STATISTICS: StatisticsOptions = StatisticsOptions {
    min_value: false,
    max_value: false,
    distinct_count: false,
    null_count: false,
    binary_statistics_truncate_length: None,
};

/// First row and number of rows of a part in a file.
type Span = (usize, usize);

/// Rows of one shape, divided into parts: a file for each batch that was set aside, a row group in it for each part.
#[derive(Debug)]
pub(super) struct Spill {
    folder: PathBuf,
    name: String,
    parts: usize,
    /// Where each part is, file by file.
    files: Vec<Vec<Span>>,
}

impl Spill {
    /// Returns a spill without rows; its files are `<name>-<number>.parquet`.
    pub(super) fn new(folder: &Path, name: &str, parts: usize) -> Self {
        Self {
            folder: folder.to_path_buf(),
            name: name.to_owned(),
            parts,
            files: Vec::new(),
        }
    }

    /// Sets rows aside, each in its part, behind those that are there.
    pub(super) fn append(&mut self, frame: &DataFrame, parts_of_rows: &[usize]) -> Result<(), Error> {
        if frame.height() == 0 {
            return Ok(());
        }
        let (order, spans) = gathered(parts_of_rows, self.parts);
        let order = IdxCa::from_vec("rows".into(), order);
        let mut ordered = frame
            .take(&order)
            .map_err(|source| Error::polars("dividing a table into parts", source))?;
        ordered.rechunk_mut_par();
        write_groups(&self.path(self.files.len()), &ordered, &spans)?;
        self.files.push(spans);
        Ok(())
    }

    /// Sets rows of one part aside.
    pub(super) fn append_to(&mut self, part: usize, frame: &DataFrame) -> Result<(), Error> {
        self.append(frame, &vec![part; frame.height()])
    }

    /// Returns the rows of a part in the order they were set aside; nothing where there are none.
    pub(super) fn read(&self, part: usize) -> Result<Option<DataFrame>, Error> {
        let mut frames = Vec::new();
        for (number, spans) in self.files.iter().enumerate() {
            if let Some((first, rows)) = spans.get(part).copied().filter(|(_, rows)| *rows > 0) {
                frames.push(read_rows(&self.path(number), first, rows)?);
            }
        }
        let mut frames = frames.into_iter();
        let Some(mut all) = frames.next() else {
            return Ok(None);
        };
        for frame in frames {
            all.vstack_mut(&frame)
                .map_err(|source| Error::polars("putting a part of a table together", source))?;
        }
        all.rechunk_mut_par();
        Ok(Some(all))
    }

    /// Gives the space back.
    pub(super) fn remove(self) -> Result<(), Error> {
        for number in 0..self.files.len() {
            let path = self.path(number);
            fs::remove_file(&path).map_err(|error| Error::io(&path, error))?;
        }
        Ok(())
    }

    fn path(&self, number: usize) -> PathBuf {
        self.folder.join(format!("{}-{number}.parquet", self.name))
    }
}

/// Writes slices of a frame, which is one chunk, as row groups.
pub(super) fn write_groups(path: &Path, frame: &DataFrame, spans: &[Span]) -> Result<(), Error> {
    let failed = |source| Error::polars(&format!("writing {}", path.display()), source);
    let file = File::create(path).map_err(|error| Error::io(path, error))?;
    let mut buffered = BufWriter::new(file);
    let mut writer = ParquetWriter::new(&mut buffered)
        .with_compression(ParquetCompression::Lz4Raw)
        .with_statistics(NO_STATISTICS)
        .batched(frame.schema())
        .map_err(failed)?;
    for (first, rows) in spans.iter().filter(|(_, rows)| *rows > 0) {
        let offset = i64::try_from(*first).expect("polars counts rows in 32 bits");
        writer.write_batch(&frame.slice(offset, *rows)).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    drop(writer);
    buffered.flush().map_err(|error| Error::io(path, error))
}

/// Reads some rows of a file.
pub(super) fn read_rows(path: &Path, first: usize, rows: usize) -> Result<DataFrame, Error> {
    let file = File::open(path).map_err(|error| Error::io(path, error))?;
    ParquetReader::new(file)
        .with_slice(Some((first, rows)))
        .finish()
        .map_err(|source| Error::polars(&format!("reading {}", path.display()), source))
}

/// Returns the rows ordered by their part, those of one part as they were, and where each part then is.
fn gathered(parts_of_rows: &[usize], parts: usize) -> (Vec<IdxSize>, Vec<Span>) {
    let mut spans: Vec<Span> = vec![(0, 0); parts];
    for part in parts_of_rows {
        spans[*part].1 += 1;
    }
    let mut first = 0;
    for span in &mut spans {
        span.0 = first;
        first += span.1;
    }
    let mut next: Vec<usize> = spans.iter().map(|(first, _)| *first).collect();
    let mut order: Vec<IdxSize> = vec![0; parts_of_rows.len()];
    for (row, part) in (0..).zip(parts_of_rows) {
        order[next[*part]] = row;
        next[*part] += 1;
    }
    (order, spans)
}

#[cfg(test)]
mod tests {
    use polars::prelude::Column;

    use super::*;
    use crate::history::row_values::RowValues;

    fn frame(names: &[&str], numbers: &[i64]) -> DataFrame {
        let columns = vec![
            Column::new("name".into(), names),
            Column::new("number".into(), numbers),
        ];
        DataFrame::new(names.len(), columns).unwrap()
    }

    fn shown(frame: Option<DataFrame>) -> Vec<String> {
        let Some(frame) = frame else { return Vec::new() };
        let (names, numbers) = (
            RowValues::of(&frame, "name").unwrap(),
            RowValues::of(&frame, "number").unwrap(),
        );
        (0..frame.height())
            .map(|row| format!("{} {}", names.shown(row), numbers.shown(row)))
            .collect()
    }

    #[test]
    fn the_rows_of_a_part_come_back_in_the_order_they_were_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = Spill::new(folder.path(), "names", 3);
        spill
            .append(&frame(&["a", "b", "c", "d"], &[1, 2, 3, 4]), &[2, 0, 2, 0])
            .unwrap();
        spill.append(&frame(&["e"], &[5]), &[2]).unwrap();
        spill.append_to(0, &frame(&["f", "g"], &[6, 7])).unwrap();
        spill.append(&frame(&[], &[]), &[]).unwrap();
        assert_eq!(shown(spill.read(0).unwrap()), ["b 2", "d 4", "f 6", "g 7"]);
        assert_eq!(shown(spill.read(1).unwrap()), Vec::<String>::new());
        assert_eq!(shown(spill.read(2).unwrap()), ["a 1", "c 3", "e 5"]);
        spill.remove().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
