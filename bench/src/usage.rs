//! What processes have used, by the kernel's books: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.

use std::{fs, time::Duration};

use crate::Failure;

/// Linux counts processor time for programs in hundredths of a second, whatever the kernel's own clock.
const TICKS_PER_SECOND: u64 = 100;

/// Processor time that this process, its children, and those of its children that have ended used so far.
///
/// # Errors
/// Without a `/proc`.
pub fn processor_time(process: u32) -> Result<Duration, Failure> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // It may have ended since it was listed.
        let Some(stat) = Stat::of(id) else { continue };
        if id == process {
            ticks += stat.own + stat.of_ended_children;
        } else if stat.parent == process {
            ticks += stat.own;
        }
    }
    Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

struct Stat {
    parent: u32,
    own: u64,
    of_ended_children: u64,
}

impl Stat {
    fn of(process: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name, in brackets, may hold anything.
        let (_, after_name) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = after_name.split(' ').collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: number(11)? + number(12)?,
            of_ended_children: number(13)? + number(14)?,
        })
    }
}

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Held now.
    pub resident: u64,
    /// The most ever held.
    pub peak: u64,
}

impl Memory {
    /// Of this process.
    ///
    /// # Errors
    /// Without a `/proc`, or such a process.
    pub fn of(process: u32) -> Result<Self, Failure> {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
            Some(kibibytes * 1024)
        };
        let unknown = "a status without memory";
        Ok(Self {
            resident: field("VmRSS:").ok_or(unknown)?,
            peak: field("VmHWM:").ok_or(unknown)?,
        })
    }
}
