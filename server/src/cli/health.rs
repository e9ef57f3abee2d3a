//! Whom to ask for health.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::value::duration;

/// Whom to ask, and what.
#[derive(Debug, Args)]
pub struct Health {
    /// The admin listener: an address or an `http` URL
    #[arg(long, env = "RESCIND_ADMIN", value_name = "URL")]
    pub admin: Option<Url>,
    /// The listener for metrics, if there is no admin listener
    #[arg(long, env = "RESCIND_METRICS", value_name = "URL")]
    pub metrics: Option<Url>,
    /// Ask only whether the process answers, not whether it takes new work
    #[arg(long)]
    pub live: bool,
    /// Longest time the answer may take
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub timeout: Duration,
    /// Read the address from this file; without it from `rescind-server.toml`, if there is one
    #[arg(long, env = "RESCIND_CONFIG", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

/// Where a listener is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Url(pub SocketAddr);

impl FromStr for Url {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const USAGE: &str = "write an address such as 127.0.0.1:8081, or http:// and an address";
        let text = text.strip_prefix("http://").map_or(text, |rest| rest.trim_end_matches('/'));
        let text = text.replace("localhost:", "127.0.0.1:");
        let mut address: SocketAddr = text.parse().map_err(|_| USAGE)?;
        if address.port() == 0 {
            return Err("port 0 is any free port; name the one that the server logged");
        }
        // What is listened to everywhere is reached here.
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        Ok(Self(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_to_connect_to() {
        for (text, expected) in [
            ("127.0.0.1:8081", Some("127.0.0.1:8081")),
            ("0.0.0.0:8081", Some("127.0.0.1:8081")),
            ("[::]:8081", Some("[::1]:8081")),
            ("http://127.0.0.1:8081/", Some("127.0.0.1:8081")),
            ("http://localhost:8081", Some("127.0.0.1:8081")),
            ("127.0.0.1:0", None),
            ("https://127.0.0.1:8081", None),
            ("8081", None),
        ] {
            let parsed = text.parse::<Url>().ok();
            assert_eq!(parsed, expected.map(|expected| Url(expected.parse().unwrap())), "{text}");
        }
    }
}
