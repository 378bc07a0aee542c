use local::Storage;
use std::{net::SocketAddr, path::PathBuf};
use url::Url;

/// The options of the server.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeOptions {
    /// The port to listen on, only on 127.0.0.1; 0 selects a free one
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// Store up to 1 GiB of leads in memory: they are lost when the server stops
    #[arg(long, conflicts_with = "data_dir")]
    pub memory: bool,
    /// The folder to store leads in
    #[arg(long, default_value = ".leadhook", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// Serve the table at this address, so that containers reach it [default: a free port of
    /// 127.0.0.1]
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = read_table_address)]
    pub table_address: Option<SocketAddr>,
    /// Web pages that may send leads, such as <http://localhost:5173>; may be given more than
    /// once [default: none]
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', value_parser = read_origin)]
    pub allowed_origins: Vec<String>,
}

impl ServeOptions {
    pub(super) fn storage(&self) -> Storage {
        if self.memory { Storage::Memory } else { Storage::Folder(self.data_dir.clone()) }
    }

    /// The folder with the table, or `memory`.
    pub(super) fn place(&self) -> String {
        if self.memory { "memory".to_owned() } else { self.data_dir.display().to_string() }
    }
}

/// Reads an address of one network interface: with all of them, the valid `Host` names are unknown.
fn read_table_address(text: &str) -> Result<SocketAddr, String> {
    let example = "write an address and a port, such as 172.17.0.1:8000";
    let address: SocketAddr = text.parse().map_err(|_| example.to_owned())?;
    if address.ip().is_unspecified() {
        return Err(format!("{} is not one address; {example}", address.ip()));
    }
    Ok(address)
}

/// Reads an origin and writes it as browsers do: in lower case, without the scheme's own port.
fn read_origin(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| ["http", "https"].contains(&url.scheme()) && !text.contains('*'));
    let origin = url.map(|url| (url.origin().ascii_serialization(), url));
    match origin {
        // What a URL has besides an origin is refused: it would not be compared.
        Some((origin, url)) if url.as_str().strip_suffix('/') == Some(&origin) => Ok(origin),
        _ => Err("an origin is a scheme and a host: http://localhost:5173".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::read_origin;

    #[test]
    fn an_origin_is_read_as_browsers_write_it() {
        let cases = [
            ("http://localhost:5173", Some("http://localhost:5173")),
            ("HTTP://LocalHost:5173", Some("http://localhost:5173")),
            ("http://localhost:80", Some("http://localhost")),
            ("https://form.example:443", Some("https://form.example")),
            ("http://localhost:443", Some("http://localhost:443")),
            ("https://form.example/", Some("https://form.example")),
            ("http://[::1]:5173", Some("http://[::1]:5173")),
            ("https://ação.example", Some("https://xn--ao-siap.example")),
            ("localhost:5173", None),
            ("https://", None),
            ("https://*", None),
            ("https://*.example", None),
            ("https://user@form.example", None),
            ("https://form.example/leads", None),
            ("https://form.example?a", None),
            ("ftp://form.example", None),
            ("null", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read_origin(text).ok().as_deref(), expected, "{text}");
        }
    }
}
