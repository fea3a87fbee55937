//! Where the data of one or more processes is, and the settings that they share.

use std::{
    env,
    process::{Command, Output},
    sync::Arc,
};

use serde_json::Value;
use vouch_testkit::ScratchDatabase;

use super::{
    data_folder::DataFolder, pooler::Pooler, process::Process, program::vouch, service::Service,
};

/// The master key of every service on a database of the test server.
pub(crate) const MASTER_KEY: &str = "YWNjZXB0YW5jZS1zdWl0ZS1tYXN0ZXIta2V5LTMyYnk=";

/// A data folder, a database, and settings.
#[derive(Clone)]
pub(crate) struct Home {
    pub(crate) folder: Arc<DataFolder>,
    // Ended before the database is dropped.
    pooler: Option<Arc<Pooler>>,
    database: Option<Arc<ScratchDatabase>>,
    settings: Vec<(String, String)>,
}

impl Home {
    /// On a migrated database of its own.
    pub(crate) async fn new() -> Self {
        Self::on(ScratchDatabase::migrated().await).await
    }

    /// On this database.
    pub(crate) async fn on(database: ScratchDatabase) -> Self {
        let url = database.url().to_owned();
        let pooler = Pooler::wanted(&url, &database.client().await).await;
        let home = Self {
            pooler: pooler.map(Arc::new),
            database: Some(Arc::new(database)),
            ..Self::local()
        };
        let home = home
            .set("DATABASE_URL", &url)
            .set("VOUCH_MASTER_KEY", MASTER_KEY);
        match home.pooler.as_ref().map(|pooler| pooler.url.clone()) {
            None => home,
            Some(url) => home
                .set("DATABASE_URL", &url)
                .set("VOUCH_DB_POOLER", "transaction"),
        }
    }

    /// With no pooler in between.
    pub(crate) fn direct(&self) -> Self {
        let url = self.database().url();
        self.clone()
            .set("DATABASE_URL", url)
            .unset("VOUCH_DB_POOLER")
    }

    /// On a database that the program starts by itself.
    pub(crate) fn local() -> Self {
        let folder = DataFolder::new();
        let path = folder.path().display().to_string();
        let home = Self {
            folder: Arc::new(folder),
            pooler: None,
            database: None,
            settings: Vec::new(),
        };
        home.set("VOUCH_LISTEN", "127.0.0.1:0")
            .set("VOUCH_OPS_LISTEN", "127.0.0.1:0")
            .set("VOUCH_WORKERS", "2")
            // A test asks as fast as it can.
            .set("VOUCH_RATE_LIMIT_READ", "0")
            .set("VOUCH_RATE_LIMIT_WRITE", "0")
            .set("VOUCH_RATE_LIMIT_ANONYMOUS", "0")
            .set("VOUCH_DATA_DIR", &path)
    }

    /// The same database and settings with a data folder of its own.
    pub(crate) fn elsewhere(&self) -> Self {
        let folder = DataFolder::new();
        let path = folder.path().display().to_string();
        let home = Self {
            folder: Arc::new(folder),
            ..self.clone()
        };
        home.set("VOUCH_DATA_DIR", &path)
    }

    /// With this variable.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self = self.unset(name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without this variable.
    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn database(&self) -> &ScratchDatabase {
        self.database
            .as_ref()
            .expect("a database of the test server")
    }

    /// Where the database is that a client of PostgreSQL should ask.
    pub(crate) fn database_url(&self) -> String {
        match &self.database {
            Some(database) => database.url().to_owned(),
            None => self.folder.database_url(),
        }
    }

    /// `vouch` with these settings and nothing of the test's own environment that could matter.
    pub(crate) fn vouch(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(vouch());
        for (name, _) in env::vars_os() {
            let is_setting = name.as_encoded_bytes().starts_with(b"VOUCH_");
            if is_setting || name == "DATABASE_URL" {
                command.env_remove(name);
            }
        }
        let settings = self.settings.iter().map(|(name, value)| (name, value));
        command
            .args(arguments)
            .envs(settings)
            .current_dir(self.folder.path());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        Finished(self.vouch(arguments).output().expect("vouch"))
    }

    /// Starts a sandbox rail beside the services, with its state in a folder of this name; answers with its URL, too.
    pub(crate) async fn rail(&self, name: &str, options: &[&str]) -> (Process, String) {
        let folder = self.folder.join(name).display().to_string();
        let mut arguments = vec!["sandbox-rail", "--listen", "127.0.0.1:0", "--data", &folder];
        arguments.extend(options);
        let rail = Process::start(self.vouch(&arguments));
        let line = rail.says("sandbox rail at ").await;
        let url = line.rsplit(' ').next().expect("a URL").to_owned();
        (rail, url)
    }

    /// Starts a service.
    pub(crate) async fn serve(&self) -> Service {
        Service::start(self.clone()).await
    }

    /// Starts a service that need not come up.
    pub(crate) fn try_serve(&self) -> Process {
        Process::start(self.vouch(&["serve"]))
    }
}

/// A command that has ended.
pub(crate) struct Finished(Output);

impl Finished {
    /// Standard output of a success.
    pub(crate) fn output(&self) -> String {
        assert!(self.0.status.success(), "{}", self.log());
        String::from_utf8(self.0.stdout.clone()).expect("UTF-8")
    }

    /// Standard output of a success, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.output()).expect("JSON")
    }

    /// Standard error of a failure.
    pub(crate) fn complaint(&self) -> String {
        assert_eq!(self.0.status.code(), Some(1), "{}", self.log());
        self.log()
    }

    /// Standard error.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}
