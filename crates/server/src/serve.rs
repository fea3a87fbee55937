//! `vouch serve`: start and graceful stop.

use std::net::TcpListener;

use tokio::signal::unix::{SignalKind, signal};
use vouch_domain::tenant::Env;

use crate::{
    CommandError, callbacks, config::ServeArgs, demo::DemoKeys, metrics, operators, output,
    parts::Parts, sandbox::Sandbox, store::OpenStore,
};

/// Runs until the process is asked to stop.
pub(crate) async fn run(args: ServeArgs) -> Result<(), CommandError> {
    #[cfg(debug_assertions)]
    crate::crash::arm()?;
    let store = OpenStore::open(&args.store).await?;
    let served = serve_on(&args, &store).await;
    store.close().await;
    served
}

async fn serve_on(args: &ServeArgs, store: &OpenStore) -> Result<(), CommandError> {
    let listener = TcpListener::bind(args.listen)
        .map_err(|error| format!("cannot listen on {}: {error}", args.listen))?;
    let address = listener.local_addr()?;
    let public_url = args
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{address}"));
    let sandbox = sandbox(args, store, &public_url).await?;
    let served = serve(args, store, sandbox.as_ref(), listener, &public_url).await;
    if let Some(sandbox) = sandbox {
        sandbox.close().await;
    }
    served
}

/// The sandbox rail of the test env, unless a rail is configured for it.
async fn sandbox(
    args: &ServeArgs,
    store: &OpenStore,
    public_url: &str,
) -> Result<Option<Sandbox>, CommandError> {
    if args.test_rail.rail().url.is_some() {
        return Ok(None);
    }
    let callback_url = callbacks::url(public_url, Env::Test);
    let sandbox = Sandbox::open(args, &store.database, &callback_url).await?;
    Ok(Some(sandbox))
}

async fn serve(
    args: &ServeArgs,
    store: &OpenStore,
    sandbox: Option<&Sandbox>,
    listener: TcpListener,
    public_url: &str,
) -> Result<(), CommandError> {
    // Before anything that is measured.
    let metrics = metrics::serve(args.ops_listen)?;
    let parts = Parts::new(args, store, sandbox, public_url)?;

    let mut background = parts.start_background(store, args.key_age());

    let server = parts.start(args, store, sandbox, listener)?;
    let handle = server.handle();
    let mut running = tokio::spawn(server);
    if let Err(error) = greet(args, store, sandbox, public_url).await {
        // Nobody reads standard output, say. The service is up all the same.
        tracing::warn!(%error, "the greeting could not be given");
    }

    tokio::select! {
        stop = asked_to_stop() => stop?,
        ended = &mut running => return Err(format!("the server ended by itself: {ended:?}").into()),
        () = background.ends() => return Err("a background task ended by itself".into()),
    }
    tracing::info!("stopping: no new connections, what is under way is finished");
    background.stop();
    handle.stop(true).await;
    running.await??;
    metrics.stop(false).await;
    background.finish().await;
    Ok(())
}

/// Says where everything is, and how to begin.
async fn greet(
    args: &ServeArgs,
    store: &OpenStore,
    sandbox: Option<&Sandbox>,
    public_url: &str,
) -> Result<(), CommandError> {
    output::line(&format!(
        "Vouch serves {public_url} (reference: {public_url}/docs)"
    ))?;
    if let Some(sandbox) = sandbox {
        output::line(&format!(
            "The sandbox rail for test data is at {}",
            sandbox.url
        ))?;
    }
    if !store.is_local() {
        return Ok(());
    }
    if let Some(demo) = DemoKeys::of(&args.store.data_dir, &operators::operators(store)).await? {
        output::line(&format!(
            "Create a first customer, by the Remittance API or by the Treasury API:\n\n{}\n\n{}\n",
            demo.remittance_curl(public_url),
            demo.treasury_curl(public_url)
        ))?;
    }
    Ok(())
}

/// Waits for SIGINT or SIGTERM.
pub(crate) async fn asked_to_stop() -> Result<(), CommandError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
