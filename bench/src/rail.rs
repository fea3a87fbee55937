//! A rail that agrees to everything at once and keeps nothing, so that what is measured is Vouch.

use std::net::TcpListener;

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::header::ContentType,
    web::{self, Bytes},
};
use uuid::Uuid;

use crate::Failure;

/// A rail on a port of its own.
pub struct Rail {
    /// Where it answers.
    pub url: String,
    handle: ServerHandle,
}

impl Rail {
    /// Starts it with one worker: what it does takes some microseconds.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let server = HttpServer::new(|| App::new().default_service(web::to(agree)))
            .workers(1)
            .disable_signals()
            .listen(listener)?
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { url, handle })
    }

    /// Stops it.
    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

async fn agree(_body: Bytes) -> HttpResponse {
    let id = Uuid::new_v4();
    HttpResponse::Created()
        .content_type(ContentType::json())
        .body(format!(r#"{{"message":"ok","data":{{"id":"{id}"}}}}"#))
}
