//! How a deployment is reached, from what the target file says of it.

use std::path::Path;

use http::{HeaderName, HeaderValue};
use reqwest::{Certificate, Identity};
use rescind_specs::{Contract, KeyLocation, SchemeKind};
use secrecy::{ExposeSecret as _, SecretString};

use super::sources::{base_url, variable};
use super::{HeaderEntry, ProxyEntry, Sources, Target, TargetError, Tls};
use crate::access::{Access, ExtraHeader, Proxy};

/// What the target file says of the way to one deployment.
pub(super) struct Reach<'s> {
    pub(super) sources: &'s Sources<'s>,
    pub(super) contract: &'s Contract,
    pub(super) target: &'s Target,
}

impl Reach<'_> {
    pub(super) fn access(&self) -> Result<Access, TargetError> {
        let headers = self.target.headers.iter().map(|(name, entry)| self.header(name, entry));
        let mut access = Access {
            headers: headers.collect::<Result<_, _>>()?,
            proxy: self.target.proxy.as_ref().map(|entry| self.proxy(entry)).transpose()?,
            ..Access::default()
        };
        if let Some(tls) = &self.target.tls {
            self.certificates(tls, &mut access)?;
        }
        Ok(access)
    }

    fn header(&self, name: &str, entry: &HeaderEntry) -> Result<ExtraHeader, TargetError> {
        let place = format!("contracts.{}.headers.{name}", self.contract.name());
        let error = |why: &str| TargetError::Header { place: place.clone(), why: why.to_owned() };
        let parsed: HeaderName = name.parse().map_err(|_| error("its name is none of a header"))?;
        if let Some(scheme) = self.scheme_of(&parsed) {
            return Err(error(&format!(
                "the security scheme {scheme} of the contract stands there, and many a check sends a request without it"
            )));
        }
        let source = variable(self.contract.name(), &format!("HEADER_{name}"));
        let overriding = self.sources.environment.variable(&source);
        let (value, source): (SecretString, Option<String>) = match (overriding, entry) {
            (Some(value), _) => (value.into(), Some(source)),
            (None, HeaderEntry::Plain(text)) => (text.clone().into(), None),
            (None, HeaderEntry::Secret(secret)) => (self.sources.secret(secret, &place)?, Some(source)),
        };
        HeaderValue::from_str(value.expose_secret())
            .map_err(|_| error("its value has characters that no header has"))?;
        Ok(ExtraHeader { name: parsed, value, source })
    }

    /// The security scheme of the contract that has its value in this header.
    fn scheme_of(&self, header: &HeaderName) -> Option<String> {
        let required = self.contract.operations().iter().flat_map(|operation| operation.security.schemes());
        let mut schemes = required.filter_map(|name| Some((name, self.contract.scheme(name)?)));
        let taken = schemes.find(|(_, scheme)| match &scheme.kind {
            SchemeKind::ApiKey { location: KeyLocation::Header, name } => {
                header.as_str().eq_ignore_ascii_case(name)
            }
            SchemeKind::ApiKey { location: KeyLocation::Cookie, .. } => header == http::header::COOKIE,
            SchemeKind::ApiKey { location: KeyLocation::Query, .. } => false,
            SchemeKind::Basic | SchemeKind::Bearer | SchemeKind::OtherHttp(_) => {
                header == http::header::AUTHORIZATION
            }
        });
        taken.map(|(name, _)| name.to_string())
    }

    fn proxy(&self, entry: &ProxyEntry) -> Result<Proxy, TargetError> {
        let place = format!("contracts.{}.proxy", self.contract.name());
        Ok(match entry {
            ProxyEntry::Url(url) => Proxy { url: base_url(url, &place)?, login: None },
            ProxyEntry::Login(login) => Proxy {
                url: base_url(&login.url, &place)?,
                login: Some((login.user.clone(), self.sources.secret(&login.password, &place)?)),
            },
        })
    }

    fn certificates(&self, tls: &Tls, access: &mut Access) -> Result<(), TargetError> {
        let folder = self.sources.folder();
        if let Some(file) = &tls.roots {
            let path = folder.join(file);
            let bytes = read(&path)?;
            access.roots = Certificate::from_pem_bundle(&bytes).map_err(|error| unusable(&path, &error))?;
            if access.roots.is_empty() {
                return Err(TargetError::Certificate {
                    path,
                    why: "there is no certificate in it".to_owned(),
                });
            }
            access.roots_file = Some(path);
        }
        let Some(file) = &tls.certificate else {
            let Some(key) = &tls.key else { return Ok(()) };
            let why = "a key is named without its certificate".to_owned();
            return Err(TargetError::Certificate { path: folder.join(key), why });
        };
        let path = folder.join(file);
        let mut bytes = read(&path)?;
        if let Some(key) = &tls.key {
            bytes.push(b'\n');
            bytes.extend(read(&folder.join(key))?);
        }
        access.identity = Some(Identity::from_pem(&bytes).map_err(|error| unusable(&path, &error))?);
        access.identity_files = Some((path, tls.key.as_ref().map(|key| folder.join(key))));
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TargetError> {
    std::fs::read(path).map_err(|source| TargetError::Read { path: path.to_owned(), source })
}

fn unusable(path: &Path, error: &reqwest::Error) -> TargetError {
    TargetError::Certificate { path: path.to_owned(), why: crate::clock::root(error) }
}
