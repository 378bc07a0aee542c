//! Which addresses leads may be posted to.
//!
//! A URL that an account's owner chooses must not reach what only this machine or its network can
//! reach, such as the metadata service of AWS.

use ipnet::{Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// The longest URL, in bytes.
const MAX_URL: usize = 2_000;

/// The IPv4 networks that are not public, by the registry of special addresses:
/// <https://www.iana.org/assignments/iana-ipv4-special-registry>.
const NOT_PUBLIC: [Ipv4Net; 15] = [
    Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 8),
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10),
    Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 0, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 2, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 88, 99, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(198, 18, 0, 0), 15),
    Ipv4Net::new_assert(Ipv4Addr::new(198, 51, 100, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(203, 0, 113, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 4),
    Ipv4Net::new_assert(Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The only IPv6 network that is public. What lies outside it: unspecified, loopback, IPv4-mapped,
/// NAT64, unique-local, link-local and multicast addresses.
const PUBLIC_V6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// The networks in it that are not public: protocol assignments with Teredo, documentation, 6to4:
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>.
const NOT_PUBLIC_V6: [Ipv6Net; 4] = [
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    Ipv6Net::new_assert(Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    Ipv6Net::new_assert(Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Which addresses may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Public ones, and only by HTTPS.
    Public,
    /// Also those of this machine, for `leadhook serve`.
    PublicAndLoopback,
    /// All: the operator chose the address for this one command.
    Any,
}

/// Why a URL may not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// It is not a URL.
    #[error("this is not a URL; write it as https://example.com/leads")]
    NotAUrl,
    /// It is too long.
    #[error("a URL has at most 2000 characters")]
    TooLong,
    /// It is not HTTPS.
    #[error("the URL must begin with https://")]
    NotHttps,
    /// It has a user name or a password.
    #[error("the URL must not have a user name or a password")]
    Credentials,
    /// Its host is an address that may not be used.
    #[error("{0} is not a public address")]
    NotPublic(IpAddr),
}

impl Addresses {
    /// Whether an address may be used.
    pub fn allow(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Public => is_public(address),
            Self::PublicAndLoopback => is_public(address) || address.to_canonical().is_loopback(),
        }
    }
}

/// Reads a URL that leads may be posted to. The addresses of a host's name are checked when they
/// are known: at each connection.
///
/// # Errors
/// If the URL may not be used.
pub fn check_url(text: &str, allowed: Addresses) -> Result<Url, BadUrl> {
    if text.len() > MAX_URL {
        return Err(BadUrl::TooLong);
    }
    let url = Url::parse(text).map_err(|_| BadUrl::NotAUrl)?;
    let address = match url.host().ok_or(BadUrl::NotAUrl)? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    };
    let is_here = address.is_some_and(|address| address.to_canonical().is_loopback())
        || url.host_str() == Some("localhost");
    match (url.scheme(), allowed) {
        ("https", _) | ("http", Addresses::Any) => {}
        ("http", Addresses::PublicAndLoopback) if is_here => {}
        _ => return Err(BadUrl::NotHttps),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadUrl::Credentials);
    }
    match address {
        Some(address) if !allowed.allow(address) => Err(BadUrl::NotPublic(address)),
        _ => Ok(url),
    }
}

/// Whether an address is one of the public internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => {
            PUBLIC_V6.contains(&address)
                && !NOT_PUBLIC_V6.iter().any(|network| network.contains(&address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: [&str; 19] = [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.0.0.1",
        "128.0.0.1",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.0.1",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:200::1",
        "2a00:1450:4001::8844",
    ];

    const OTHERS: [(&str, &str); 38] = [
        ("this network", "0.0.0.0"),
        ("private", "10.0.0.1"),
        ("shared", "100.64.0.1"),
        ("loopback", "127.0.0.1"),
        ("metadata", "169.254.169.254"),
        ("private", "172.16.0.1"),
        ("private", "172.31.255.255"),
        ("protocol assignments", "192.0.0.192"),
        ("documentation", "192.0.2.1"),
        ("6to4 relay", "192.88.99.1"),
        ("private", "192.168.0.1"),
        ("benchmarking", "198.18.0.1"),
        ("benchmarking", "198.19.255.255"),
        ("documentation", "198.51.100.1"),
        ("documentation", "203.0.113.1"),
        ("multicast", "224.0.0.1"),
        ("reserved", "240.0.0.1"),
        ("broadcast", "255.255.255.255"),
        ("unspecified", "::"),
        ("loopback", "::1"),
        ("mapped metadata", "::ffff:169.254.169.254"),
        ("mapped public", "::ffff:1.1.1.1"),
        ("compatible", "::127.0.0.1"),
        ("NAT64 metadata", "64:ff9b::169.254.169.254"),
        ("NAT64 local", "64:ff9b:1::1"),
        ("discard", "100::1"),
        ("Teredo", "2001::1"),
        ("benchmarking", "2001:2::1"),
        ("ORCHID", "2001:20::1"),
        ("documentation", "2001:db8::1"),
        ("6to4 metadata", "2002:a9fe:a9fe::1"),
        ("documentation", "3fff::1"),
        ("segment routing", "5f00::1"),
        ("metadata of AWS", "fd00:ec2::254"),
        ("unique-local", "fc00::1"),
        ("link-local", "fe80::1"),
        ("site-local", "fec0::1"),
        ("multicast", "ff02::1"),
    ];

    #[test]
    fn only_public_addresses_are_public() {
        for address in PUBLIC {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for (what, address) in OTHERS {
            assert!(!is_public(address.parse().unwrap()), "{what}: {address}");
        }
    }

    #[test]
    fn the_metadata_address_is_refused_in_every_notation() {
        let hosts = [
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "0xa9.0xfe.43518",
            "169.254.43518",
            "169.16689662",
            "169.254.169.254.",
            "１６９.254.169.254",
            "[::ffff:169.254.169.254]",
            "[::ffff:a9fe:a9fe]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::]",
            "[fd00:ec2::254]",
            "[::a9fe:a9fe]",
        ];
        for host in hosts {
            for allowed in [Addresses::Public, Addresses::PublicAndLoopback] {
                let url = format!("https://{host}/latest/meta-data/");
                let refused = check_url(&url, allowed);
                assert!(matches!(refused, Err(BadUrl::NotPublic(_))), "{url}: {refused:?}");
            }
        }
    }

    #[test]
    fn a_url_is_https_and_has_no_credentials() {
        use Addresses::{Any, Public, PublicAndLoopback};
        let long = format!("https://example.com/{}", "a".repeat(5_000));
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let cases = [
            ("https://example.com/leads", Public, None),
            ("HTTPS://Example.com:8443/leads?a=b", Public, None),
            ("https://hooks.slack.com/services/T0/B0/x", PublicAndLoopback, None),
            ("http://example.com/", Public, Some(BadUrl::NotHttps)),
            ("http://example.com/", PublicAndLoopback, Some(BadUrl::NotHttps)),
            ("http://localhost:8080/", Public, Some(BadUrl::NotHttps)),
            ("http://localhost:8080/", PublicAndLoopback, None),
            ("http://127.0.0.1:8080/", PublicAndLoopback, None),
            ("http://[::1]:8080/", PublicAndLoopback, None),
            ("https://127.0.0.1/", Public, Some(BadUrl::NotPublic(loopback))),
            ("http://192.168.0.1/", PublicAndLoopback, Some(BadUrl::NotHttps)),
            ("http://192.168.0.1/", Any, None),
            ("ftp://example.com/", Any, Some(BadUrl::NotHttps)),
            ("file:///etc/passwd", Any, Some(BadUrl::NotAUrl)),
            ("https://user@example.com/", Public, Some(BadUrl::Credentials)),
            ("https://:secret@example.com/", Any, Some(BadUrl::Credentials)),
            ("example.com/leads", Public, Some(BadUrl::NotAUrl)),
            ("https://", Public, Some(BadUrl::NotAUrl)),
            ("", Public, Some(BadUrl::NotAUrl)),
            (&long, Public, Some(BadUrl::TooLong)),
        ];
        for (url, allowed, expected) in cases {
            assert_eq!(check_url(url, allowed).err(), expected, "{url} {allowed:?}");
        }
    }
}
