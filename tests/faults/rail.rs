//! The sandbox rail as a process of its own, and its controls.

use std::path::Path;

use reqwest::{Client, Method};
use serde_json::Value;

use crate::{cluster::program, port::Port, service::Service};

/// A sandbox rail that keeps its address and its state when it is killed.
pub(crate) struct Rail {
    pub(crate) process: Service,
    port: Port,
    client: Client,
}

impl Rail {
    pub(crate) fn start(folder: &Path, client: &Client) -> Self {
        let port = Port::new();
        let (listen, data) = (port.address.to_string(), folder.join("rail"));
        let command = move || {
            let mut command = program();
            command
                .args(["sandbox-rail", "--listen", &listen, "--data"])
                .arg(&data);
            command
        };
        Self {
            process: Service::start(command, &folder.join("rail.log")),
            port,
            client: client.clone(),
        }
    }

    pub(crate) fn url(&self) -> String {
        self.port.url()
    }

    /// Whether it answers.
    pub(crate) async fn is_up(&self) -> bool {
        self.control(Method::GET, "faults", None).await.is_some()
    }

    /// Puts these faults in the place of all others. Nothing happens while the rail is away.
    pub(crate) async fn set_faults(&self, faults: &[Value]) {
        self.control(Method::DELETE, "faults", None).await;
        for fault in faults {
            self.control(Method::POST, "faults", Some(fault)).await;
        }
    }

    /// Every record, whole.
    pub(crate) async fn customers(&self) -> Vec<Value> {
        let all = self
            .control(Method::GET, "customers", None)
            .await
            .expect("a rail");
        all["data"].as_array().expect("a list").clone()
    }

    async fn control(&self, method: Method, path: &str, body: Option<&Value>) -> Option<Value> {
        let url = format!("{}/_sandbox/{path}", self.url());
        let request = self.client.request(method, url);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await.ok()?;
        assert!(
            answer.status().is_success(),
            "the rail refused {path}: {body:?}"
        );
        answer.json().await.ok()
    }
}
