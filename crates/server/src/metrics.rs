//! `/metrics`, on a listener of its own that the world need not reach.

use std::{io, net::SocketAddr};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::CommandError;

/// Bounds of the latency histogram in seconds: from a cached read to a create that waits for the rail.
const LATENCY_BUCKETS: [f64; 12] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0,
];

/// Collects the metrics of this process and serves them.
pub(crate) fn serve(listen: SocketAddr) -> Result<ServerHandle, CommandError> {
    let handle = PrometheusBuilder::new()
        .set_buckets(&LATENCY_BUCKETS)?
        .install_recorder()?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(handle.clone()))
            .route("/metrics", web::get().to(render))
    })
    .workers(1)
    .disable_signals()
    .bind(listen)
    .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {listen}: {error}")))?
    .run();
    let stop = server.handle();
    tokio::spawn(server);
    Ok(stop)
}

async fn render(metrics: web::Data<PrometheusHandle>) -> String {
    metrics.run_upkeep();
    metrics.render()
}
