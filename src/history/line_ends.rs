//! Line ends as one byte, so that a parser counts lines right.
//!
//! The csv crate leaves the second byte of `\r\n` to the next record and so counts it a line too early.

use std::io::{self, Read};

/// Reads `\r\n` as `\n`; a lone `\r` stays what it is.
pub(crate) struct UnixLines<R> {
    inner: R,
    /// A `\r` at the end of the last block, whose successor is not known yet.
    has_pending_return: bool,
}

impl<R: Read> UnixLines<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            has_pending_return: false,
        }
    }
}

impl<R: Read> Read for UnixLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One byte is kept free for a pending return, and one is needed to make progress.
        if buffer.len() < 2 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a buffer of at least two bytes is needed",
            ));
        }
        loop {
            let held = usize::from(self.has_pending_return);
            buffer[0] = b'\r';
            let count = self.inner.read(&mut buffer[held..])?;
            if count == 0 {
                self.has_pending_return = false;
                return Ok(held);
            }
            let filled = held + count;
            self.has_pending_return = buffer[filled - 1] == b'\r';
            let kept = join_line_ends(&mut buffer[..filled - usize::from(self.has_pending_return)]);
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

/// Drops each `\r` before a `\n` and returns how many bytes are left.
fn join_line_ends(bytes: &mut [u8]) -> usize {
    let mut kept = 0;
    for index in 0..bytes.len() {
        if bytes[index] == b'\r' && bytes.get(index + 1) == Some(&b'\n') {
            continue;
        }
        bytes[kept] = bytes[index];
        kept += 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes one block at a time.
    struct Blocks(Vec<Vec<u8>>);

    impl Read for Blocks {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let mut block = self.0.remove(0);
            let rest = block.split_off(block.len().min(buffer.len()));
            if !rest.is_empty() {
                self.0.insert(0, rest);
            }
            buffer[..block.len()].copy_from_slice(&block);
            Ok(block.len())
        }
    }

    #[test]
    fn line_ends_are_joined_wherever_a_block_is_cut() {
        let text = b"a\r\nb\rc\n\r\n\r\r\nd\r";
        for cut in 0..text.len() {
            let blocks = [&text[..cut], &text[cut..]].map(<[u8]>::to_vec);
            let blocks = blocks.into_iter().filter(|block| !block.is_empty()).collect();
            let mut read = Vec::new();
            UnixLines::new(Blocks(blocks)).read_to_end(&mut read).unwrap();
            assert_eq!(read, b"a\nb\rc\n\n\r\nd\r", "cut at {cut}");
        }
    }
}
