//! Where events may be sent: a key that may set an endpoint must not reach what only this machine can.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;

/// Why nothing is sent to a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no URL.
    #[error("an endpoint is an https URL such as https://example.com/hook, got {given:?}")]
    NotAUrl {
        /// What was given.
        given: String,
    },
    /// It is not encrypted.
    #[error("an endpoint uses https, got {scheme:?}; webhooks.is_private_allowed lifts this")]
    NotEncrypted {
        /// The scheme.
        scheme: String,
    },
    /// It carries a name and a password, which would end in logs.
    #[error("an endpoint's URL holds no user name or password; the signature tells who sends")]
    Credentials,
    /// The name leads nowhere.
    #[error("the host {host:?} has no address")]
    NoAddress {
        /// The host.
        host: String,
    },
    /// It leads into a private network.
    #[error(
        "the host {host:?} has the address {address}, which is not public; webhooks.is_private_allowed lifts this"
    )]
    Private {
        /// The host.
        host: String,
        /// Where it leads.
        address: IpAddr,
    },
}

/// A URL with the addresses it was resolved to; the connection must use these, so that a name which changes
/// between the check and the connection gains nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedUrl {
    /// The URL.
    pub url: Url,
    /// Its host.
    pub host: String,
    /// Its addresses, all of them allowed.
    pub addresses: Vec<SocketAddr>,
}

/// Checks a URL and resolves its host.
///
/// # Errors
///
/// [`Refusal`] when nothing may be sent there.
pub async fn checked_url(given: &str, is_private_allowed: bool) -> Result<CheckedUrl, Refusal> {
    let (url, host, port) = parsed(given, is_private_allowed)?;
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let no_address = || Refusal::NoAddress { host: host.clone() };
    let found = tokio::net::lookup_host((bare, port)).await;
    let addresses: Vec<SocketAddr> = found.map_err(|_| no_address())?.collect();
    if addresses.is_empty() {
        return Err(no_address());
    }
    if !is_private_allowed && let Some(private) = addresses.iter().find(|address| !is_public(address.ip())) {
        return Err(Refusal::Private {
            host,
            address: private.ip(),
        });
    }
    Ok(CheckedUrl { url, host, addresses })
}

fn parsed(given: &str, is_private_allowed: bool) -> Result<(Url, String, u16), Refusal> {
    let not_a_url = || Refusal::NotAUrl {
        given: given.to_owned(),
    };
    let url = Url::parse(given).map_err(|_| not_a_url())?;
    match url.scheme() {
        "https" => {}
        "http" if is_private_allowed => {}
        other => {
            return Err(Refusal::NotEncrypted {
                scheme: other.to_owned(),
            });
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    let host = url.host_str().ok_or_else(not_a_url)?.to_owned();
    let port = url.port_or_known_default().ok_or_else(not_a_url)?;
    Ok((url, host, port))
}

/// Returns whether an address is one of the public internet (IANA special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_protocol = a == 192 && b == 0 && c == 0;
    let is_benchmark = a == 198 && (18..20).contains(&b);
    let is_relay = a == 192 && b == 88 && c == 99;
    !(a == 0
        || a >= 240
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || is_shared
        || is_protocol
        || is_benchmark
        || is_relay)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4() {
        // ::ffff:10.0.0.1 and ::10.0.0.1 lead where 10.0.0.1 leads.
        return is_public_v4(inner);
    }
    let head = address.segments();
    let is_global_unicast = head[0] & 0xe000 == 0x2000;
    let is_documentation = head[0] == 0x2001 && head[1] == 0x0db8;
    // 6to4 and Teredo carry an IPv4 address inside; NAT64 is not global unicast at all.
    let is_tunnel = head[0] == 0x2002 || (head[0] == 0x2001 && head[1] == 0);
    is_global_unicast && !is_documentation && !is_tunnel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for (address, expected) in [
            ("93.184.216.34", true),
            ("2606:2800:220:1:248:1893:25c8:1946", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("::ffff:169.254.169.254", false),
            ("::ffff:93.184.216.34", true),
            ("64:ff9b::a9fe:a9fe", false),
            ("2002:7f00:1::", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[tokio::test]
    async fn what_is_not_https_without_credentials_to_a_public_host_is_refused_with_the_reason() {
        let refused = |given: &'static str| async move { checked_url(given, false).await.unwrap_err() };
        assert!(matches!(refused("nonsense").await, Refusal::NotAUrl { .. }));
        assert!(matches!(
            refused("http://93.184.216.34/").await,
            Refusal::NotEncrypted { .. }
        ));
        assert!(matches!(
            refused("file:///etc/passwd").await,
            Refusal::NotEncrypted { .. }
        ));
        assert_eq!(
            refused("https://user:word@93.184.216.34/").await,
            Refusal::Credentials
        );
        for given in [
            "https://127.0.0.1/hook",
            "https://[::1]/hook",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://localhost/",
        ] {
            assert!(matches!(refused(given).await, Refusal::Private { .. }), "{given}");
        }
    }

    #[tokio::test]
    async fn a_private_network_may_be_allowed() {
        let checked = checked_url("http://127.0.0.1:9/hook", true).await.unwrap();
        assert_eq!(checked.addresses, vec!["127.0.0.1:9".parse().unwrap()]);
    }
}
