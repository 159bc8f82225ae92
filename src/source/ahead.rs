//! Reads a file on a thread of its own, some rows ahead of who takes them.
//!
//! Taking a file apart and making sense of its rows then go on at the same time. Rows come in the order of the file,
//! in batches that are handed back and used again. A reader that fails on its input, even by a panic in a library,
//! ends its thread and becomes an error.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use super::{Error, Rows, Sheet, SourceRow};

/// Rows of a batch.
const BATCH_ROWS: usize = 1024;
/// Bytes of cells from which on a batch is full.
const BATCH_BYTES: usize = 1 << 20;
/// Batches that wait to be taken.
const BATCHES_AHEAD: usize = 4;
/// A row whose cells took more than that gives its memory back.
const KEPT_BYTES: usize = 1 << 14;

enum Message {
    Sheets(Vec<Sheet>),
    Rows(Batch),
}

#[derive(Default)]
struct Batch {
    /// Rows, the spare ones of an earlier use behind those of this one.
    rows: Vec<SourceRow>,
    used: usize,
}

/// Where a reader puts what it reads.
pub(super) struct Sink {
    messages: SyncSender<Message>,
    spent: Receiver<Batch>,
    batch: Batch,
    bytes: usize,
}

impl Sink {
    /// Says which sheets the file has; once, before any row. `false` when nobody waits for them any more.
    pub(super) fn sheets(&mut self, sheets: Vec<Sheet>) -> bool {
        self.messages.send(Message::Sheets(sheets)).is_ok()
    }

    /// Has `fill` write the next row, which holds the cells of an earlier one; `fill` answers `false` at the end.
    ///
    /// The answer is whether to go on.
    pub(super) fn push(
        &mut self,
        fill: impl FnOnce(&mut SourceRow) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        if self.batch.used == self.batch.rows.len() {
            self.batch.rows.push(SourceRow::default());
        }
        let row = &mut self.batch.rows[self.batch.used];
        if !fill(row)? {
            return Ok(false);
        }
        // A cell has an end beside its text.
        let ends = row.cells.len().saturating_mul(size_of::<usize>());
        self.bytes = self
            .bytes
            .saturating_add(row.cells.as_slice().len())
            .saturating_add(ends);
        self.batch.used += 1;
        if self.batch.used < BATCH_ROWS && self.bytes < BATCH_BYTES {
            return Ok(true);
        }
        Ok(self.flush())
    }

    fn flush(&mut self) -> bool {
        let next = self.spent.try_recv().unwrap_or_default();
        let full = std::mem::replace(&mut self.batch, next);
        self.bytes = 0;
        self.messages.send(Message::Rows(full)).is_ok()
    }
}

/// Rows that a thread reads.
pub(super) struct Ahead {
    path: PathBuf,
    sheets: Vec<Sheet>,
    messages: Receiver<Message>,
    spent: Sender<Batch>,
    batch: Batch,
    taken: usize,
    /// `None` when it has ended.
    reader: Option<JoinHandle<Result<(), Error>>>,
}

impl Ahead {
    /// Starts a reader and waits until it knows the sheets of the file.
    pub(super) fn start(
        path: &Path,
        read: impl FnOnce(&mut Sink) -> Result<(), Error> + Send + 'static,
    ) -> Result<Self, Error> {
        let (messages, received) = sync_channel(BATCHES_AHEAD);
        let (spent, returned) = channel();
        let reader = std::thread::Builder::new()
            .name("source".to_owned())
            .spawn(move || {
                let mut sink = Sink {
                    messages,
                    spent: returned,
                    batch: Batch::default(),
                    bytes: 0,
                };
                read(&mut sink)?;
                sink.flush();
                Ok(())
            })
            .map_err(|error| Error::io(path, error))?;
        let mut ahead = Self {
            path: path.to_path_buf(),
            sheets: Vec::new(),
            messages: received,
            spent,
            batch: Batch::default(),
            taken: 0,
            reader: Some(reader),
        };
        match ahead.messages.recv() {
            Ok(Message::Sheets(sheets)) => ahead.sheets = sheets,
            Ok(Message::Rows(batch)) => ahead.batch = batch,
            Err(_) => ahead.end()?,
        }
        Ok(ahead)
    }

    /// Hears how the reader ended.
    fn end(&mut self) -> Result<(), Error> {
        match self.reader.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(Error::malformed(
                &self.path,
                "the file",
                "it is damaged in a way that its reader does not know",
            )),
        }
    }

    /// Takes the next batch; `false` when there is none.
    fn advance(&mut self) -> Result<bool, Error> {
        let mut spent = std::mem::take(&mut self.batch);
        for row in &mut spent.rows {
            if row.cells.as_slice().len() > KEPT_BYTES {
                *row = SourceRow::default();
            }
        }
        spent.used = 0;
        // A reader that has ended needs no memory; the batch is then dropped.
        let _ = self.spent.send(spent);
        self.taken = 0;
        match self.messages.recv() {
            Ok(Message::Rows(batch)) => {
                self.batch = batch;
                Ok(true)
            }
            Ok(Message::Sheets(_)) => Ok(true),
            Err(_) => {
                self.end()?;
                Ok(false)
            }
        }
    }
}

impl Rows for Ahead {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn next_row(&mut self, row: &mut SourceRow) -> Result<bool, Error> {
        while self.taken == self.batch.used {
            if !self.advance()? {
                return Ok(false);
            }
        }
        std::mem::swap(row, &mut self.batch.rows[self.taken]);
        self.taken += 1;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET_ROWS: u64 = 5000;

    fn numbered(sink: &mut Sink, rows: u64) -> Result<(), Error> {
        sink.sheets(vec![Sheet::default()]);
        let mut line = 0;
        let mut goes_on = true;
        while goes_on {
            goes_on = sink.push(|row| {
                line += 1;
                row.line = line;
                row.cells.clear();
                row.cells.push_field(&line.to_string());
                Ok(line <= rows)
            })?;
        }
        Ok(())
    }

    #[test]
    fn rows_come_in_order_and_end() {
        let mut ahead = Ahead::start(Path::new("x"), |sink| numbered(sink, SHEET_ROWS)).unwrap();
        assert_eq!(ahead.sheets().len(), 1);
        let mut row = SourceRow::default();
        for line in 1..=SHEET_ROWS {
            assert!(ahead.next_row(&mut row).unwrap());
            assert_eq!(
                (row.line, row.cells.get(0)),
                (line, Some(line.to_string().as_str()))
            );
        }
        assert!(!ahead.next_row(&mut row).unwrap());
        assert!(!ahead.next_row(&mut row).unwrap());
    }

    #[test]
    fn an_error_of_the_reader_and_its_panic_are_errors() {
        let mut failing = Ahead::start(Path::new("x"), |sink| {
            numbered(sink, 3)?;
            Err(Error::malformed(Path::new("x"), "line 4", "bad"))
        })
        .unwrap();
        let mut row = SourceRow::default();
        let error = loop {
            match failing.next_row(&mut row) {
                Ok(true) => {}
                Ok(false) => panic!("the error is lost"),
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains("line 4"), "{error}");
        let broken = Ahead::start(Path::new("x"), |_| panic!("a defect"));
        assert!(
            broken
                .err()
                .expect("the panic is an error")
                .to_string()
                .contains("damaged")
        );
    }

    #[test]
    fn rows_that_nobody_takes_do_not_hold_the_reader() {
        let (told, heard) = channel();
        let ahead = Ahead::start(Path::new("x"), move |sink| {
            numbered(sink, 1_000_000)?;
            told.send(()).expect("the test waits");
            Ok(())
        })
        .unwrap();
        drop(ahead);
        heard.recv().expect("the reader ends when nobody listens");
    }
}
