//! What is turned away before anything is read of it: requests of web pages.
//!
//! A page of any site can send requests to this machine. Its browser adds an `Origin`; or,
//! where the site's own name was made to point here (DNS rebinding), a `Host` of that name.

use axum::http::{HeaderMap, Uri, header::HOST, header::ORIGIN};
use std::net::SocketAddr;

/// What containers call the machine they run on.
const CONTAINER_HOST: &str = "host.docker.internal";

/// Who may send requests to a listener.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
}

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Intruder {
    #[error("this Host is not served here; use the address that leadhook serve printed")]
    Host,
    #[error(
        "web pages may not send requests here; leadhook serve --allowed-origins names those that may"
    )]
    Origin,
}

impl Guard {
    /// Lets requests through that were sent to `address` or, on a loopback address, to a
    /// loopback name; and of web pages those of `origins`.
    pub(crate) fn new(address: SocketAddr, origins: Vec<String>) -> Self {
        let port = address.port();
        let mut hosts = vec![address.to_string()];
        if address.ip().is_loopback() {
            let names = ["127.0.0.1", "localhost", "[::1]"];
            hosts.extend(names.map(|name| format!("{name}:{port}")));
        }
        Self { hosts, origins }
    }

    /// Lets containers through as well, which call this machine by a name of their own.
    pub(crate) fn with_containers(address: SocketAddr) -> Self {
        let mut guard = Self::new(address, Vec::new());
        guard.hosts.push(format!("{CONTAINER_HOST}:{}", address.port()));
        guard
    }

    pub(crate) fn origins(&self) -> &[String] {
        &self.origins
    }

    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Intruder> {
        let mut hosts = headers.get_all(HOST).iter().map(|host| host.to_str().ok());
        let host = hosts.next().flatten();
        let absolute = uri.authority().map(hyper::http::uri::Authority::as_str);
        let is_ours = |host: &str| self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
        if !host.is_some_and(is_ours) || hosts.next().is_some() || !absolute.is_none_or(is_ours) {
            return Err(Intruder::Host);
        }
        let mut origins = headers.get_all(ORIGIN).iter();
        let allowed = |origin: &str| self.origins.iter().any(|allowed| allowed == origin);
        if origins.all(|origin| origin.to_str().is_ok_and(allowed)) {
            Ok(())
        } else {
            Err(Intruder::Origin)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, uri: &str, headers: &[(&str, &str)]) -> Result<(), Intruder> {
        let origins = vec!["http://localhost:5173".to_owned()];
        check_with(&Guard::new(address.parse().unwrap(), origins), uri, headers)
    }

    fn check_with(guard: &Guard, uri: &str, headers: &[(&str, &str)]) -> Result<(), Intruder> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, value.parse().unwrap());
        }
        guard.check(&uri.parse().unwrap(), &map)
    }

    #[test]
    fn only_loopback_names_with_our_port_are_taken_for_our_host() {
        let (ours, foreign) = (Ok(()), Err(Intruder::Host));
        let cases = [
            (&[("host", "127.0.0.1:3000")][..], ours),
            (&[("host", "localhost:3000")], ours),
            (&[("host", "LOCALHOST:3000")], ours),
            (&[("host", "[::1]:3000")], ours),
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
    fn an_address_for_containers_is_reached_by_itself_and_by_their_name_for_the_machine() {
        let (ours, foreign) = (Ok(()), Err(Intruder::Host));
        let cases = [
            ("172.17.0.1:8000", "172.17.0.1:8000", ours),
            ("172.17.0.1:8000", "host.docker.internal:8000", ours),
            ("172.17.0.1:8000", "localhost:8000", foreign),
            ("172.17.0.1:8000", "rebound.example:8000", foreign),
            // Docker Desktop leads the name to the loopback address.
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
    fn a_web_page_is_turned_away_unless_its_origin_is_allowed() {
        let host = ("host", "localhost:3000");
        let cases = [
            ("http://localhost:5173", Ok(())),
            ("http://localhost:3000", Err(Intruder::Origin)),
            ("https://evil.example", Err(Intruder::Origin)),
            ("null", Err(Intruder::Origin)),
            ("", Err(Intruder::Origin)),
        ];
        for (origin, expected) in cases {
            let checked = check("127.0.0.1:3000", "/", &[host, ("origin", origin)]);
            assert_eq!(checked, expected, "{origin}");
        }
    }
}
