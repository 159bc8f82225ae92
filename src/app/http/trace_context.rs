//! W3C Trace Context: a trace that a client began goes on here, and one begins here otherwise.

use axum::http::HeaderMap;

const HEADER: &str = "traceparent";

/// Where a request stands in its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TraceContext {
    /// Names the whole trace: 32 hexadecimal digits.
    trace_id: String,
    /// Names the work on this request: 16 hexadecimal digits.
    span_id: String,
    /// Whether the client records the trace, and what else it says; two hexadecimal digits.
    flags: String,
}

impl TraceContext {
    /// Returns the trace of a request: the client's, with a step of our own, or a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        let (trace_id, flags) = given
            .and_then(parse)
            .unwrap_or_else(|| (random_hex::<16>(), "00".to_owned()));
        Self {
            trace_id,
            span_id: random_hex::<8>(),
            flags,
        }
    }

    pub(super) fn trace_id(&self) -> &str {
        &self.trace_id
    }

    pub(super) fn span_id(&self) -> &str {
        &self.span_id
    }

    /// Returns the value of `traceresponse`, by which the client finds our step.
    pub(super) fn response(&self) -> String {
        format!("00-{}-{}-{}", self.trace_id, self.span_id, self.flags)
    }
}

/// Returns the trace and the flags of a `traceparent` that is well formed.
fn parse(text: &str) -> Option<(String, String)> {
    let mut parts = text.trim().split('-');
    let (version, trace_id, parent_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // Later versions may have more parts; version 00 has four, and ff is never valid.
    let is_version_known =
        is_hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    let is_valid = is_version_known
        && is_hex(trace_id, 32)
        && is_hex(parent_id, 16)
        && is_hex(flags, 2)
        && trace_id.contains(|digit: char| digit != '0')
        && parent_id.contains(|digit: char| digit != '0');
    is_valid.then(|| (trace_id.to_owned(), flags.to_owned()))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn random_hex<const BYTES: usize>() -> String {
    use std::fmt::Write as _;

    let mut bytes = [0_u8; BYTES];
    // An id that could not be drawn is only a trace that cannot be told from another.
    let _ = getrandom::fill(&mut bytes);
    bytes
        .iter()
        .fold(String::with_capacity(2 * BYTES), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::{HEADER, TraceContext, is_hex, parse};
    use axum::http::{HeaderMap, HeaderValue};

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_of_the_client_goes_on_with_a_step_of_ours() {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_static(GIVEN));
        let trace = TraceContext::of(&headers);
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(trace.span_id(), "00f067aa0ba902b7");
        assert!(trace.response().ends_with("-01"));
    }

    #[test]
    fn a_request_without_a_trace_begins_one() {
        let first = TraceContext::of(&HeaderMap::new());
        assert!(is_hex(first.trace_id(), 32) && is_hex(first.span_id(), 16));
        assert_ne!(first.trace_id(), TraceContext::of(&HeaderMap::new()).trace_id());
    }

    #[test]
    fn what_is_no_trace_is_not_taken_over() {
        for wrong in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert!(parse(&GIVEN.replacen("00", "01", 1)).is_some());
    }
}
