//! Line ends as one byte, so that a parser counts lines right.
//!
//! The csv crate leaves the second byte of `\r\n` to the next record and so counts it a line too early.

use std::io::{self, Read};

/// Size of the blocks read, in bytes.
const BLOCK_BYTES: usize = 1 << 16;

/// Reads `\r\n` as `\n`; a lone `\r` stays what it is.
pub(crate) struct UnixLines<R> {
    inner: R,
    block: Vec<u8>,
    /// The part of the block that is ready to be read.
    ready: std::ops::Range<usize>,
    /// A `\r` at the end of the last block, whose successor is not known yet.
    has_pending_return: bool,
}

impl<R: Read> UnixLines<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            block: vec![0; BLOCK_BYTES],
            ready: 0..0,
            has_pending_return: false,
        }
    }

    /// Reads the next block; nothing is ready afterwards only at the end.
    fn fill(&mut self) -> io::Result<()> {
        while self.ready.is_empty() {
            let held = usize::from(self.has_pending_return);
            self.block[0] = b'\r';
            let count = self.inner.read(&mut self.block[held..])?;
            if count == 0 {
                self.has_pending_return = false;
                self.ready = 0..held;
                return Ok(());
            }
            let filled = held + count;
            self.has_pending_return = self.block[filled - 1] == b'\r';
            let whole = filled - usize::from(self.has_pending_return);
            self.ready = 0..join_line_ends(&mut self.block[..whole]);
        }
        Ok(())
    }
}

impl<R: Read> Read for UnixLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fill()?;
        let count = buffer.len().min(self.ready.len());
        let end = self.ready.start + count;
        buffer[..count].copy_from_slice(&self.block[self.ready.start..end]);
        self.ready.start = end;
        Ok(count)
    }
}

/// Drops each `\r` before a `\n` and returns how many bytes are left.
fn join_line_ends(bytes: &mut [u8]) -> usize {
    if !bytes.contains(&b'\r') {
        return bytes.len();
    }
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
