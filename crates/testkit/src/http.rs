//! A plain HTTP/1.1 client for JSON, without TLS: servers of tests are on loopback.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::error::Error;

#[derive(Clone)]
pub(crate) struct Client(HyperClient<HttpConnector, Full<Bytes>>);

impl Client {
    pub(crate) fn new() -> Self {
        Self(HyperClient::builder(TokioExecutor::new()).build_http())
    }

    pub(crate) async fn post(&self, url: &str, body: Bytes) -> Result<(StatusCode, Bytes), Error> {
        let failed = |reason: String| Error::transport(url, reason);
        let request = Request::post(url)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| failed(error.to_string()))?;
        let response = self.0.request(request).await;
        let response = response.map_err(|error| failed(error.to_string()))?;
        let status = response.status();
        let body = response.into_body().collect().await;
        Ok((
            status,
            body.map_err(|error| failed(error.to_string()))?.to_bytes(),
        ))
    }
}
