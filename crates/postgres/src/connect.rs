//! Opening one connection.

use std::{sync::Arc, time::Duration};

use diesel::{ConnectionError, ConnectionResult, connection::CacheSize};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::{FutureExt, future::BoxFuture};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres::{
    Client, Config, Connection, Socket,
    config::{LoadBalanceHosts, SslMode},
    tls::MakeTlsConnect,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    database::{IDLE_IN_TRANSACTION_TIMEOUT, LOCK_TIMEOUT, STATEMENT_TIMEOUT},
    execution::BEGIN,
};

/// How long an answer of one host is waited for, so that one which is gone leaves time for the others.
const HOST_TIMEOUT: Duration = Duration::from_secs(1);
/// How far apart the probes of a connection are that may be dead.
const PROBE_PAUSE: Duration = Duration::from_secs(1);

/// Opens a connection whose statements, locks and forgotten transactions cannot last.
pub(crate) fn establish(url: &str) -> BoxFuture<'_, ConnectionResult<AsyncPgConnection>> {
    async move {
        let mut config: Config = url.parse().map_err(|error| bad_connection(&error))?;
        let options = format!(
            "{} -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} -c jit=off",
            config.get_options().unwrap_or_default(),
            STATEMENT_TIMEOUT.as_millis(),
            LOCK_TIMEOUT.as_millis(),
            IDLE_IN_TRANSACTION_TIMEOUT.as_millis(),
        );
        config.options(&options);
        let (client, connection) = connect(config).await?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
    .boxed()
}

/// Opens a connection to a pooler, which takes no options and keeps nothing prepared. Diesel prepares statements to set a
/// new connection up, so that too has to happen within one transaction.
pub(crate) fn establish_through_pooler(
    url: &str,
) -> BoxFuture<'_, ConnectionResult<AsyncPgConnection>> {
    async move {
        let (client, mut connection) =
            connect(url.parse().map_err(|error| bad_connection(&error))?).await?;
        tokio::select! {
            begun = client.batch_execute(BEGIN) => begun.map_err(|error| bad_connection(&error))?,
            ended = &mut connection => ended.map_err(|error| bad_connection(&error))?,
        }
        let mut connection =
            AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
        connection.set_prepared_statement_cache_size(CacheSize::Disabled);
        connection
            .batch_execute("COMMIT")
            .await
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(connection)
    }
    .boxed()
}

type RawConnection = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// With `sslmode=require` the connection is encrypted and the server's certificate verified by the platform's roots.
/// Every other mode is plain: what `prefer` might negotiate is verified against nothing.
async fn connect(config: Config) -> ConnectionResult<(Client, RawConnection)> {
    let mut config = bounded(config);
    let verified = config.get_ssl_mode() == SslMode::Require;
    if !verified {
        config.ssl_mode(SslMode::Disable);
    }
    let tls = tls(verified)
        .map_err(|_| ConnectionError::BadConnection("TLS cannot be set up".to_owned()))?;
    let connected = config.connect(tls).await;
    connected.map_err(|error| bad_connection(&error))
}

/// Bounds what a host can cost that is gone. One that takes connections and then says nothing would, if it came first,
/// always use up the whole time: so no host always comes first. A connection whose other end acknowledges nothing for as
/// long as a statement may take is dead, be it busy or idle.
fn bounded(mut config: Config) -> Config {
    config
        .application_name("vouch")
        .connect_timeout(HOST_TIMEOUT)
        .load_balance_hosts(LoadBalanceHosts::Random)
        .tcp_user_timeout(STATEMENT_TIMEOUT)
        .keepalives(true)
        .keepalives_idle(STATEMENT_TIMEOUT)
        .keepalives_interval(PROBE_PAUSE);
    config
}

/// Without verification it trusts nobody, and is not asked to.
fn tls(verified: bool) -> Result<MakeRustlsConnect, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    let builder = match verified {
        true => builder.with_platform_verifier()?,
        false => builder.with_root_certificates(RootCertStore::empty()),
    };
    Ok(MakeRustlsConnect::new(builder.with_no_client_auth()))
}

/// Keeps of an error what the log may say: neither an SQLSTATE nor the kind of an input or output error holds data.
fn bad_connection(error: &tokio_postgres::Error) -> ConnectionError {
    let source = std::error::Error::source(error);
    let io = source.and_then(|source| source.downcast_ref::<std::io::Error>());
    ConnectionError::BadConnection(match (error.code(), io) {
        (Some(code), _) => format!("SQLSTATE {}", code.code()),
        (None, Some(io)) => io.kind().to_string(),
        (None, None) => "the database cannot be spoken to".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    #[test]
    fn a_peer_that_is_gone_is_noticed_within_the_time_of_a_statement() {
        let config: Config = "postgres://vouch@127.0.0.1/vouch?keepalives=0"
            .parse()
            .unwrap();
        let config = bounded(config);
        assert_eq!(config.get_tcp_user_timeout(), Some(&STATEMENT_TIMEOUT));
        assert!(config.get_keepalives());
        assert_eq!(config.get_keepalives_idle(), STATEMENT_TIMEOUT);
        assert_eq!(config.get_keepalives_interval(), Some(PROBE_PAUSE));
    }
}
