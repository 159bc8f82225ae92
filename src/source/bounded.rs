//! Bytes in portions: a reader that gives no more than it was allowed since it was last asked to go on; and a bound for
//! what rows repeat.

use std::io::{self, BufRead, Read};
use std::path::Path;

use super::Error;

/// Bytes that all rows of a file may get from other rows.
const REPEATED_BYTES_MAX: u64 = 1 << 30;

/// Counts the bytes that rows get from other rows: a cell that is read once may be written into every row.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    bytes: u64,
}

impl Repeated {
    /// Adds a text that a row gets; refuses more than a file may ask for.
    pub(super) fn add(&mut self, text: &str) -> Result<(), Error> {
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= REPEATED_BYTES_MAX {
            return Ok(());
        }
        Err(Error::too_large(
            Path::new(""),
            "bytes of cells that rows repeat",
            REPEATED_BYTES_MAX,
            self.bytes,
        ))
    }
}

/// Gives at most a number of bytes, give or take a block, before it is told to go on.
pub(super) struct Bounded<R> {
    inner: R,
    left: u64,
    taken: u64,
    is_exceeded: bool,
}

impl<R> Bounded<R> {
    /// Allows nothing yet.
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            left: 0,
            taken: 0,
            is_exceeded: false,
        }
    }

    /// Allows that many bytes until the next call.
    pub(super) fn allow(&mut self, bytes: u64) {
        self.left = bytes;
    }

    /// Whether more was asked for than was allowed.
    pub(super) fn is_exceeded(&self) -> bool {
        self.is_exceeded
    }

    /// Bytes given so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    fn count(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.left = self.left.saturating_sub(bytes);
        self.taken = self.taken.saturating_add(bytes);
    }

    fn check(&mut self) -> io::Result<()> {
        if self.left > 0 {
            return Ok(());
        }
        self.is_exceeded = true;
        Err(io::Error::other("more than is allowed at once"))
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.check()?;
        let allowed = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.inner.read(buffer.get_mut(..allowed).unwrap_or_default())?;
        self.count(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check()?;
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count(amount);
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_given_than_is_allowed_until_the_next_call() {
        let mut bounded = Bounded::new(b"abcdef".as_slice());
        bounded.allow(4);
        let mut read = [0; 6];
        assert_eq!(bounded.read(&mut read).expect("four bytes are allowed"), 4);
        assert!(bounded.read(&mut read).is_err() && bounded.is_exceeded());
        bounded.allow(10);
        assert_eq!(bounded.fill_buf().expect("the rest is allowed"), b"ef");
        bounded.consume(2);
        assert_eq!(bounded.taken(), 6);
    }
}
