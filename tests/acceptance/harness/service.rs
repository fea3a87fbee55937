//! A running service.

use std::{
    fs,
    sync::{Arc, Weak},
};

use serde_json::Value;
use tokio::sync::Mutex;

use super::{caller::Caller, home::Home, process::Process, rail::Rail};

/// `vouch serve`, killed with this value.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) url: String,
    pub(crate) home: Home,
}

/// A key as `vouch key create` gives it.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Service {
    /// A service of the test's own, for tests that disturb the rail or the process.
    pub(crate) async fn new() -> Self {
        Home::new().await.serve().await
    }

    /// Likewise, with these settings.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let home = Home::new().await;
        let set = |home: Home, (name, value): &(&str, &str)| home.set(name, value);
        settings.iter().fold(home, set).serve().await
    }

    /// The service of all tests that keep to organisations of their own. It ends with the last test that uses it.
    pub(crate) async fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Service>> = Mutex::const_new(Weak::new());
        let mut shared = SHARED.lock().await;
        if let Some(service) = shared.upgrade() {
            return service;
        }
        let service = Arc::new(Self::new().await);
        *shared = Arc::downgrade(&service);
        service
    }

    /// Starts a service and waits until it serves.
    pub(crate) async fn start(home: Home) -> Self {
        // What this process's client needs for any request, encrypted or not. Others may have been faster.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let process = home.try_serve();
        let line = process.says("Vouch serves ").await;
        let url = line.split(' ').nth(2).expect("a URL").to_owned();
        Self { process, url, home }
    }

    /// The data folder's sandbox rail.
    pub(crate) fn rail(&self) -> Rail {
        let file =
            fs::read(self.home.folder.join("sandbox-rail.json")).expect("the rail's address");
        let address: Value = serde_json::from_slice(&file).expect("JSON");
        Rail::at(address["url"].as_str().expect("a URL"))
    }

    /// A new organisation.
    pub(crate) fn organisation(&self) -> String {
        let arguments = [
            "org",
            "create",
            "--name",
            "Acme",
            "--email",
            "acme@example.com",
            "--json",
        ];
        let made = self.home.run(&arguments).json();
        made["organisation_id"].as_str().expect("an id").to_owned()
    }

    /// A new key.
    pub(crate) fn key(&self, organisation: &str, env: &str, more: &[&str]) -> Key {
        self.key_of("remittance", organisation, env, more)
    }

    /// A new key of this API.
    pub(crate) fn key_of(&self, api: &str, organisation: &str, env: &str, more: &[&str]) -> Key {
        let mut arguments = vec!["key", "create", "--org", organisation];
        arguments.extend(["--api", api, "--env", env, "--json"]);
        arguments.extend(more);
        let made = self.home.run(&arguments).json();
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Key {
            id: text("key_id"),
            secret: text("key"),
        }
    }

    /// A caller with a new key of this organisation.
    pub(crate) fn caller_of(&self, organisation: &str, env: &str) -> Caller {
        Caller::new(&self.url, &self.key(organisation, env, &[]).secret)
    }

    /// A caller of a new organisation.
    pub(crate) fn caller(&self) -> Caller {
        self.caller_of(&self.organisation(), "test")
    }
}
