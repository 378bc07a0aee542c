use std::{net::SocketAddr, path::PathBuf};

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

/// Reads an address of one network interface: with all of them, the valid `Host` names are unknown.
fn read_table_address(text: &str) -> Result<SocketAddr, String> {
    let example = "write an address and a port, such as 172.17.0.1:8000";
    let address: SocketAddr = text.parse().map_err(|_| example.to_owned())?;
    if address.ip().is_unspecified() {
        return Err(format!("{} is not one address; {example}", address.ip()));
    }
    Ok(address)
}

/// Reads an origin as browsers write it: a scheme, a host and perhaps a port.
fn read_origin(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '*', ' ', '@']) => {
            Ok(text.to_ascii_lowercase())
        }
        _ => Err("an origin is a scheme and a host: http://localhost:5173".to_owned()),
    }
}
