//! Refuses requests of web pages before their body is read.
//!
//! A page of any site can send requests to this machine. Its browser adds an `Origin`. If the
//! site's name resolves to this machine (DNS rebinding), the browser sends that name as the `Host`.

use axum::http::{
    HeaderMap, Uri,
    header::{HOST, ORIGIN},
    uri::Authority,
};
use std::net::{IpAddr, SocketAddr};

/// The port of `http` URLs. Clients leave it out of `Host`.
const DEFAULT_PORT: u16 = 80;
/// The names of a loopback address.
const LOOPBACK_HOSTS: [&str; 4] = ["127.0.0.1", "localhost", "localhost.", "[::1]"];
/// The name that containers use for the machine they run on.
const CONTAINER_HOST: &str = "host.docker.internal";

/// Who may send requests to a listener.
#[derive(Clone, Debug)]
pub struct Guard {
    port: u16,
    hosts: Vec<String>,
    origins: Vec<String>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedRequest {
    /// Its `Host` is not one of ours.
    #[error("this Host is not served here; use the address that leadhook serve printed")]
    Host,
    /// It comes from a web page.
    #[error(
        "web pages may not send requests here; leadhook serve --allowed-origins names those that may"
    )]
    Origin,
}

impl Guard {
    /// Accepts requests to `address` and, if that is a loopback address, to a loopback name.
    /// Accepts only web pages of `origins`.
    pub fn new(address: SocketAddr, origins: Vec<String>) -> Self {
        let mut hosts = vec![match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        }];
        if address.ip().is_loopback() {
            hosts.extend(LOOPBACK_HOSTS.map(str::to_owned));
        }
        Self { port: address.port(), hosts, origins }
    }

    /// Also accepts requests of containers, which use their own name for this machine.
    pub(crate) fn with_containers(address: SocketAddr) -> Self {
        let mut guard = Self::new(address, Vec::new());
        guard.hosts.push(CONTAINER_HOST.to_owned());
        guard
    }

    pub(crate) fn origins(&self) -> &[String] {
        &self.origins
    }

    /// Refuses a request with a foreign `Host`, and one of a web page that is not allowed.
    ///
    /// # Errors
    /// The reason to refuse it.
    pub fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), RefusedRequest> {
        self.check_host(uri, headers)?;
        let mut origins = headers.get_all(ORIGIN).iter();
        let allowed = |origin: &str| self.origins.iter().any(|allowed| allowed == origin);
        if origins.all(|origin| origin.to_str().is_ok_and(allowed)) {
            Ok(())
        } else {
            Err(RefusedRequest::Origin)
        }
    }

    /// Refuses a request with a foreign `Host`.
    ///
    /// # Errors
    /// If the `Host` is foreign.
    pub fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), RefusedRequest> {
        let mut hosts = headers.get_all(HOST).iter().map(|host| host.to_str().ok());
        let host = hosts.next().flatten();
        let absolute = uri.authority().map(Authority::as_str);
        let is_ours = |host: &str| self.is_ours(host);
        if !host.is_some_and(is_ours) || hosts.next().is_some() || !absolute.is_none_or(is_ours) {
            return Err(RefusedRequest::Host);
        }
        Ok(())
    }

    /// Whether this is one of our names with our port.
    fn is_ours(&self, host: &str) -> bool {
        let name = match host.strip_suffix(&format!(":{}", self.port)) {
            Some(name) => name,
            None if self.port == DEFAULT_PORT => host,
            None => return false,
        };
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, uri: &str, headers: &[(&str, &str)]) -> Result<(), RefusedRequest> {
        let origins = vec!["http://localhost:5173".to_owned()];
        check_with(&Guard::new(address.parse().unwrap(), origins), uri, headers)
    }

    fn check_with(
        guard: &Guard,
        uri: &str,
        headers: &[(&str, &str)],
    ) -> Result<(), RefusedRequest> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, value.parse().unwrap());
        }
        guard.check(&uri.parse().unwrap(), &map)
    }

    #[test]
    fn only_loopback_names_with_our_port_are_accepted_as_host() {
        let (ours, foreign) = (Ok(()), Err(RefusedRequest::Host));
        let cases = [
            (&[("host", "127.0.0.1:3000")][..], ours),
            (&[("host", "localhost:3000")], ours),
            (&[("host", "LOCALHOST:3000")], ours),
            (&[("host", "[::1]:3000")], ours),
            (&[("host", "localhost.:3000")], ours),
            (&[("host", "localhost..:3000")], foreign),
            (&[("host", "::1:3000")], foreign),
            (&[("host", ":3000")], foreign),
            (&[], foreign),
            (&[("host", "")], foreign),
            (&[("host", "127.0.0.1")], foreign),
            (&[("host", "127.0.0.1:3001")], foreign),
            (&[("host", "rebound.example:3000")], foreign),
            (&[("host", "localhost.rebound.example:3000")], foreign),
            (&[("host", "host.docker.internal:3000")], foreign),
            (&[("host", "user@localhost:3000")], foreign),
            (&[("host", "localhost:3000"), ("host", "rebound.example:3000")], foreign),
        ];
        for (headers, expected) in cases {
            assert_eq!(check("127.0.0.1:3000", "/", headers), expected, "{headers:?}");
        }
        let absolute = "http://rebound.example:3000/";
        let host = [("host", "localhost:3000")];
        assert_eq!(check("127.0.0.1:3000", absolute, &host), foreign, "an absolute target");
    }

    #[test]
    fn only_port_80_may_be_left_out_of_a_host() {
        let (ours, foreign) = (Ok(()), Err(RefusedRequest::Host));
        let cases = [
            ("127.0.0.1:80", "127.0.0.1", ours),
            ("127.0.0.1:80", "127.0.0.1:80", ours),
            ("127.0.0.1:80", "LocalHost", ours),
            ("127.0.0.1:80", "localhost.", ours),
            ("127.0.0.1:80", "[::1]", ours),
            ("127.0.0.1:80", "[::1]:80", ours),
            ("[::1]:80", "[::1]", ours),
            ("[::1]:80", "localhost", ours),
            ("[::1]:8000", "[::1]:8000", ours),
            ("172.17.0.1:80", "172.17.0.1", ours),
            ("127.0.0.1:80", "", foreign),
            ("127.0.0.1:80", ":80", foreign),
            ("127.0.0.1:80", "localhost:3000", foreign),
            ("127.0.0.1:80", "localhost:80:80", foreign),
            ("127.0.0.1:80", "rebound.example", foreign),
            ("127.0.0.1:80", "rebound.example:80", foreign),
            ("127.0.0.1:8080", "localhost", foreign),
            ("127.0.0.1:443", "localhost", foreign),
        ];
        for (address, host, expected) in cases {
            assert_eq!(check(address, "/", &[("host", host)]), expected, "{host} at {address}");
        }
        let absolute = "http://localhost/";
        assert_eq!(check("127.0.0.1:80", absolute, &[("host", "localhost")]), ours, "absolute");
    }

    #[test]
    fn a_table_is_reached_by_its_address_and_by_the_containers_name_for_the_machine() {
        let (ours, foreign) = (Ok(()), Err(RefusedRequest::Host));
        let cases = [
            ("172.17.0.1:8000", "172.17.0.1:8000", ours),
            ("172.17.0.1:8000", "host.docker.internal:8000", ours),
            ("172.17.0.1:8000", "localhost:8000", foreign),
            ("172.17.0.1:8000", "rebound.example:8000", foreign),
            // Docker Desktop resolves the name to the loopback address.
            ("127.0.0.1:8000", "host.docker.internal:8000", ours),
            ("127.0.0.1:8000", "localhost:8000", ours),
            ("127.0.0.1:8000", "host.docker.internal:8001", foreign),
            ("127.0.0.1:8000", "rebound.example:8000", foreign),
        ];
        for (address, host, expected) in cases {
            let guard = Guard::with_containers(address.parse().unwrap());
            let checked = check_with(&guard, "/", &[("host", host)]);
            assert_eq!(checked, expected, "{host} at {address}");
        }
    }

    #[test]
    fn a_web_page_is_refused_unless_its_origin_is_allowed() {
        let host = ("host", "localhost:3000");
        let cases = [
            ("http://localhost:5173", Ok(())),
            ("http://localhost:3000", Err(RefusedRequest::Origin)),
            ("https://evil.example", Err(RefusedRequest::Origin)),
            ("null", Err(RefusedRequest::Origin)),
            ("", Err(RefusedRequest::Origin)),
        ];
        for (origin, expected) in cases {
            let checked = check("127.0.0.1:3000", "/", &[host, ("origin", origin)]);
            assert_eq!(checked, expected, "{origin}");
        }
    }
}
