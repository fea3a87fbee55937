//! The platform's end of the webhooks.

use std::{
    collections::VecDeque,
    net::TcpListener,
    sync::{Arc, Mutex},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::StatusCode,
    web::{self, Bytes, Data},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::harness::until;

/// What arrived.
#[derive(Clone)]
pub(crate) struct Callback {
    pub(crate) path: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) content_type: String,
    pub(crate) user_agent: String,
    pub(crate) raw: Bytes,
}

impl Callback {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.raw).unwrap()
    }

    /// Whether it is signed as the vendor says.
    pub(crate) fn is_signed(&self, secret: &str) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{}.", self.timestamp).as_bytes());
        mac.update(&self.raw);
        let expected: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        expected == self.signature
    }
}

#[derive(Default)]
struct Inbox {
    callbacks: Mutex<Vec<Callback>>,
    /// What the next callbacks are answered; 200 after that.
    statuses: Mutex<VecDeque<u16>>,
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    inbox: Data<Inbox>,
    server: ServerHandle,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl Receiver {
    pub(crate) fn start() -> Self {
        Self::answering(&[])
    }

    /// Answers the first callbacks with these statuses.
    pub(crate) fn answering(statuses: &[u16]) -> Self {
        let inbox = Data::new(Inbox::default());
        inbox.statuses.lock().unwrap().extend(statuses);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::clone(&inbox.clone().into_inner());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::from(Arc::clone(&shared)))
                .default_service(web::to(take))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            url,
            inbox,
            server: handle,
        }
    }

    /// Everything so far.
    pub(crate) fn callbacks(&self) -> Vec<Callback> {
        self.inbox.callbacks.lock().unwrap().clone()
    }

    /// Waits until so many have arrived.
    pub(crate) async fn until(&self, count: usize) -> Vec<Callback> {
        until(async || {
            let callbacks = self.callbacks();
            (callbacks.len() >= count).then_some(callbacks)
        })
        .await
    }
}

async fn take(request: HttpRequest, raw: Bytes, inbox: Data<Inbox>) -> HttpResponse {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    inbox.callbacks.lock().unwrap().push(Callback {
        path: request.path().to_owned(),
        timestamp: header("x-blaaiz-timestamp"),
        signature: header("x-blaaiz-signature"),
        content_type: header("content-type"),
        user_agent: header("user-agent"),
        raw,
    });
    let status = inbox.statuses.lock().unwrap().pop_front().unwrap_or(200);
    HttpResponse::build(StatusCode::from_u16(status).unwrap()).finish()
}
