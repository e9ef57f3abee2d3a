//! How a deployment is reached: what is sent with every request, whose certificates count, through which proxy.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use reqwest::{Certificate, ClientBuilder, Identity};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::exchange::{Origin, OriginKind, Request};

/// How a deployment is reached.
#[derive(Clone, Default)]
pub struct Access {
    /// What is sent with every request that has no such header of its own.
    pub headers: Vec<ExtraHeader>,
    /// The certificates of authorities that are trusted beside those of the system.
    pub roots: Vec<Certificate>,
    /// The file that those came from, for reproductions.
    pub roots_file: Option<PathBuf>,
    /// The certificate that the judge shows, with its key.
    pub identity: Option<Identity>,
    /// The files that those came from, for reproductions.
    pub identity_files: Option<(PathBuf, Option<PathBuf>)>,
    /// The proxy that every request goes through; without it none is used, whatever the environment says.
    pub proxy: Option<Proxy>,
}

/// A header that is sent with every request.
#[derive(Clone, Debug)]
pub struct ExtraHeader {
    /// Its name.
    pub name: HeaderName,
    /// Its value.
    pub value: SecretString,
    /// The environment variable for it in reproductions; `None`: the value is no secret.
    pub source: Option<String>,
}

/// A proxy for HTTP.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Where it is.
    pub url: Url,
    /// Whom it lets through: a name and a password.
    pub login: Option<(String, SecretString)>,
}

impl Access {
    /// Every secret in it.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let headers =
            self.headers.iter().filter(|header| header.source.is_some()).map(|header| &header.value);
        headers.chain(self.proxy.iter().filter_map(|proxy| Some(&proxy.login.as_ref()?.1)))
    }

    /// Puts the headers on a request.
    pub(crate) fn dress(&self, request: &mut Request) {
        for header in &self.headers {
            let Ok(mut value) = HeaderValue::from_str(header.value.expose_secret()) else { continue };
            if request.headers.contains_key(&header.name) {
                continue;
            }
            value.set_sensitive(header.source.is_some());
            request.headers.insert(header.name.clone(), value);
            if let Some(source) = &header.source {
                let from = OriginKind::Supplied(source.clone());
                request.origins.push(Origin::new(header.value.expose_secret(), from));
            }
        }
    }

    /// The options that make curl take the same way. Where the proxy demands a password, curl asks for it.
    pub(crate) fn curl(&self) -> Vec<(&'static str, String)> {
        let path = |path: &PathBuf| path.display().to_string();
        let mut options = Vec::new();
        options.extend(self.roots_file.as_ref().map(|file| ("--cacert", path(file))));
        if let Some((certificate, key)) = &self.identity_files {
            options.push(("--cert", path(certificate)));
            options.extend(key.as_ref().map(|key| ("--key", path(key))));
        }
        if let Some(proxy) = &self.proxy {
            options.push(("--proxy", proxy.url.to_string()));
            options.extend(proxy.login.as_ref().map(|(name, _)| ("--proxy-user", name.clone())));
        }
        options
    }

    /// A client for the deployment itself.
    ///
    /// # Errors
    /// The proxy cannot be used.
    pub(crate) fn client(&self, timeout: Duration) -> reqwest::Result<ClientBuilder> {
        let mut builder = self.outside(timeout);
        if let Some(identity) = &self.identity {
            builder = builder.identity(identity.clone());
        }
        let Some(proxy) = &self.proxy else { return Ok(builder) };
        let mut through = reqwest::Proxy::all(proxy.url.clone())?;
        if let Some((name, password)) = &proxy.login {
            through = through.basic_auth(name, password.expose_secret());
        }
        Ok(builder.proxy(through))
    }

    /// A client for what stands beside the deployment: its clock, its hooks. These are reached without the proxy, and
    /// see neither the headers nor the certificate.
    pub(crate) fn outside(&self, timeout: Duration) -> ClientBuilder {
        // What is judged is one request and its one answer: nothing is followed, repeated or sent elsewhere.
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .http1_only()
            .timeout(timeout);
        if self.roots.is_empty() { builder } else { builder.tls_certs_merge(self.roots.iter().cloned()) }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("headers", &self.headers)
            .field("roots", &self.roots.len())
            .field("identity", &self.identity.is_some())
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}
