//! How fast the web framework is on this machine when there is nothing to do: a handler that answers with a constant.

use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, http::header::ContentType, web};

use crate::Failure;

/// As long as a customer, which the service answers with.
const BODY: &str = r#"{"object":"customer","id":"ckcust_01kf2d9x0ee1rv8z3c5t7n9q2w","customer_reference":"user-0012345","interac_email":"ada.obi.12345@example.com","status":"pending","env":"test","created_at":"2026-01-15T10:00:00Z"}"#;

/// A server that answers everything with [`BODY`].
pub struct Limit {
    /// Where it answers.
    pub url: String,
    handle: ServerHandle,
}

impl Limit {
    /// Starts it with as many workers as there are cores, like the service.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let workers = std::thread::available_parallelism()?.get();
        let server = HttpServer::new(|| App::new().default_service(web::to(answer)))
            .workers(workers)
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

async fn answer() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(BODY)
}
