//! Certificates of the target file, against a server that shows one of an authority of its own and demands one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use http::{HeaderMap, Method};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rescind_conformance::exchange::{Reply, Request};
use rescind_conformance::plan::{Plan, Writes};
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::session::Session;
use rescind_conformance::target_file::{ProcessEnvironment, Sources, TargetFile};
use rescind_specs::Vendor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// Whoever signs certificates.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// A certificate for a name, with its key.
    fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

/// Serves 204 to whoever shows a certificate of the authority.
async fn serve(authority: &Authority) -> u16 {
    let (certificate, key) = authority.sign("127.0.0.1");
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    port
}

/// The status that a call gets with these certificates, or why there is none.
async fn called(folder: &Path, port: u16, tls: &str) -> Result<u16, String> {
    let path = folder.join("rescind.toml");
    std::fs::write(&path, format!("[contracts.wattshift]\nurl = \"https://127.0.0.1:{port}\"\n{tls}"))
        .unwrap();
    let (file, _) = TargetFile::read(&path).unwrap();
    let sources = Sources {
        urls: &[],
        controls: &[],
        file: Some((&file, &path)),
        environment: &ProcessEnvironment,
        writes: Writes::Forbidden,
    };
    let contract = Vendor::WattShift.contract().unwrap();
    let deployment = sources.deployment(contract).unwrap();
    let (plan, redactor) = (Plan::default(), Redactor::new());
    let session = Session::open(contract, &deployment, &plan, &redactor, &Silent).await.unwrap();
    let request = Request {
        operation: None,
        method: Method::GET,
        target: "/".to_owned(),
        headers: HeaderMap::new(),
        body: None,
        origins: Vec::new(),
    };
    match &session.send(request).await.reply {
        Reply::Received(response) => Ok(response.status.as_u16()),
        Reply::Lost(why) => Err(why.clone()),
    }
}

#[tokio::test]
async fn certificates_are_trusted_and_shown_as_the_file_says() {
    let authority = Authority::new();
    let port = serve(&authority).await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    write("ca.pem", authority.certificate.pem());
    let (certificate, key) = authority.sign("judge");
    write("judge.pem", certificate.pem());
    write("judge.key", key.serialize_pem());
    write("both.pem", certificate.pem() + &key.serialize_pem());
    let (stranger, strange_key) = Authority::new().sign("judge");
    write("stranger.pem", stranger.pem() + &strange_key.serialize_pem());

    let roots = "[contracts.wattshift.tls]\nroots = 'ca.pem'\n";
    let with = |more: &str| format!("{roots}{more}");
    let apart = with("certificate = 'judge.pem'\nkey = 'judge.key'\n");
    assert_eq!(called(folder.path(), port, &apart).await, Ok(204));
    assert_eq!(called(folder.path(), port, &with("certificate = 'both.pem'\n")).await, Ok(204));
    let shown_alone = apart.replace("roots = 'ca.pem'\n", "");
    let refused = ["", roots, &with("certificate = 'stranger.pem'\n"), &shown_alone];
    for tls in refused {
        let called = called(folder.path(), port, tls).await;
        assert!(called.is_err(), "{tls}: {called:?}");
    }
}
