//! A running program and everything it says.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Mutex,
    thread,
};

use tokio::{sync::watch, time::timeout};

use super::patience::{PATIENCE, eventually};

/// A child process; killed with this value.
pub(crate) struct Process {
    child: Mutex<Child>,
    stdout: Transcript,
    stderr: Transcript,
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process");
        let stdout = Transcript::of(child.stdout.take().expect("its output"));
        let stderr = Transcript::of(child.stderr.take().expect("its log"));
        Self {
            child: Mutex::new(child),
            stdout,
            stderr,
        }
    }

    /// What it has written to standard output so far.
    pub(crate) fn output(&self) -> String {
        self.stdout.text()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.stderr.text()
    }

    /// Waits for a line of standard output that holds `text`.
    pub(crate) async fn says(&self, text: &str) -> String {
        let line = |said: &str| {
            let line = said
                .split_inclusive('\n')
                .find(|line| line.contains(text))?;
            line.ends_with('\n').then(|| line.trim_end().to_owned())
        };
        match self.stdout.wait_for(|said| line(said).is_some()).await {
            Some(said) => line(&said).expect("the line that was waited for"),
            None => panic!("never said {text:?}\n{}{}", self.output(), self.log()),
        }
    }

    /// Waits for a log that holds `text`.
    pub(crate) async fn logs(&self, text: &str) {
        let logged = self.stderr.wait_for(|log| log.contains(text)).await;
        assert!(logged.is_some(), "never logged {text:?}\n{}", self.log());
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Waits for its end.
    pub(crate) async fn ends(&self) -> ExitStatus {
        eventually("the end of the process", async || {
            self.child.lock().unwrap().try_wait().expect("a status")
        })
        .await
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(&self) -> ExitStatus {
        self.signal("TERM");
        self.ends().await
    }

    /// Ends it without a warning.
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), process.to_string()])
        .status();
    assert!(
        sent.expect("kill").success(),
        "{name} was not sent to {process}"
    );
}

/// What a stream has said so far.
struct Transcript(watch::Receiver<String>);

impl Transcript {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (said, receiver) = watch::channel(String::new());
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream
                .read_until(b'\n', &mut line)
                .is_ok_and(|bytes| bytes > 0)
            {
                said.send_modify(|said| said.push_str(&String::from_utf8_lossy(&line)));
                line.clear();
            }
        });
        Self(receiver)
    }

    fn text(&self) -> String {
        self.0.borrow().clone()
    }

    /// What was said once `wanted` is true of it; nothing when the stream ends, or says nothing of the kind for long.
    async fn wait_for(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let mut said = self.0.clone();
        let waited = timeout(PATIENCE, said.wait_for(|said| wanted(said))).await;
        Some(waited.ok()?.ok()?.clone())
    }
}
