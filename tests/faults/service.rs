//! A process that is started again whenever it ends, like a supervisor would.

use std::{
    fs::{File, OpenOptions},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    process::{Child, Command},
    sync::{mpsc, oneshot},
    time::sleep,
};

/// Before a process that ended by itself is started again: what it needs may be away.
const PAUSE: Duration = Duration::from_millis(100);

/// A supervised process.
pub(crate) struct Service {
    orders: mpsc::UnboundedSender<Order>,
    counts: Arc<Counts>,
}

/// How often a process was started, and how it ended.
#[derive(Default)]
pub(crate) struct Counts {
    starts: AtomicUsize,
    kills: AtomicUsize,
    crashes: AtomicUsize,
}

impl Counts {
    pub(crate) fn starts(&self) -> usize {
        self.starts.load(Ordering::SeqCst)
    }
}

enum Order {
    /// Kill it; the next one dies by itself at this step, if any. Without one, who is about to is spared.
    Kill { crash_at: Option<String> },
    /// Kill it, and wait for the end of what the answer brings before the next one is started.
    Pause(oneshot::Sender<oneshot::Sender<()>>),
    /// See to it that the one that runs will not die by itself.
    Disarm,
}

impl Service {
    /// Starts what `command` makes, with its output in this file.
    pub(crate) fn start(
        command: impl Fn() -> std::process::Command + Send + Sync + 'static,
        log: &Path,
    ) -> Self {
        let (orders, received) = mpsc::unbounded_channel();
        let counts = Arc::new(Counts::default());
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .expect("a log");
        let launcher = Launcher {
            command: Box::new(command),
            log,
            counts: Arc::clone(&counts),
        };
        tokio::spawn(launcher.supervise(received));
        Self { orders, counts }
    }

    /// Kills the process, which is started again, unless it is about to kill itself.
    pub(crate) fn kill(&self) {
        self.order(Order::Kill { crash_at: None });
    }

    /// Kills the process; the next one kills itself at `step`, a name and the number of the passage.
    pub(crate) fn doom(&self, step: &str) {
        self.order(Order::Kill {
            crash_at: Some(step.to_owned()),
        });
    }

    /// Kills the process, which is started again when the answer is dropped.
    pub(crate) async fn pause(&self) -> oneshot::Sender<()> {
        let (answer, paused) = oneshot::channel();
        self.order(Order::Pause(answer));
        paused.await.expect("a supervisor")
    }

    /// From now on the process does not kill itself.
    pub(crate) fn disarm(&self) {
        self.order(Order::Disarm);
    }

    pub(crate) fn starts(&self) -> usize {
        self.counts.starts()
    }

    /// For who has to know whether the process is still the same.
    pub(crate) fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// How often it was killed, from outside or by its own hand.
    pub(crate) fn kills(&self) -> usize {
        self.counts.kills.load(Ordering::SeqCst) + self.crashes()
    }

    /// How often it died at a step.
    pub(crate) fn crashes(&self) -> usize {
        self.counts.crashes.load(Ordering::SeqCst)
    }

    fn order(&self, order: Order) {
        assert!(self.orders.send(order).is_ok(), "the supervisor is gone");
    }
}

struct Launcher {
    command: Box<dyn Fn() -> std::process::Command + Send + Sync>,
    log: File,
    counts: Arc<Counts>,
}

impl Launcher {
    /// Ends, and the process with it, when nobody can give orders any more.
    async fn supervise(self, mut orders: mpsc::UnboundedReceiver<Order>) {
        let mut crash_at: Option<String> = None;
        loop {
            let armed = crash_at.is_some();
            let mut process = self.launch(crash_at.take());
            loop {
                let order = tokio::select! {
                    ended = process.wait() => {
                        let by_itself = ended.is_ok_and(|status| status.signal().is_some());
                        self.counts.crashes.fetch_add(usize::from(by_itself), Ordering::SeqCst);
                        sleep(PAUSE).await;
                        break;
                    }
                    order = orders.recv() => order,
                };
                match order {
                    None => return,
                    Some(Order::Disarm) if !armed => {}
                    Some(Order::Kill { crash_at: None }) if armed => {}
                    Some(Order::Disarm) => {
                        self.kill(&mut process).await;
                        break;
                    }
                    Some(Order::Kill { crash_at: next }) => {
                        self.kill(&mut process).await;
                        crash_at = next;
                        break;
                    }
                    Some(Order::Pause(answer)) => {
                        self.kill(&mut process).await;
                        let (pause, end_of_pause) = oneshot::channel();
                        if answer.send(pause).is_ok() {
                            // Nothing is ever sent: it ends with the other half.
                            let _ = end_of_pause.await;
                        }
                        break;
                    }
                }
            }
        }
    }

    async fn kill(&self, process: &mut Child) {
        process.kill().await.expect("a process to kill");
        self.counts.kills.fetch_add(1, Ordering::SeqCst);
    }

    fn launch(&self, crash_at: Option<String>) -> Child {
        let mut command = (self.command)();
        if let Some(step) = crash_at {
            command.env("VOUCH_CRASH_AT", step);
        }
        let output = || Stdio::from(self.log.try_clone().expect("the log"));
        command
            .stdin(Stdio::null())
            .stdout(output())
            .stderr(output());
        self.counts.starts.fetch_add(1, Ordering::SeqCst);
        Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .expect("a process")
    }
}
