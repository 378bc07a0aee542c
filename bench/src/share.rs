//! A share of a processor, by a control group: Lambda gives a function as much of one as it has
//! memory.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// How often Lambda gives a share anew, in microseconds.
const PERIOD: u64 = 20_000;
/// The memory of a function that gets a whole processor:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>.
pub(crate) const WHOLE: u64 = 1_769;

/// The share of a processor that a function with some memory gets.
pub(crate) struct Share {
    megabytes: u64,
}

/// A process that gets a share.
pub(crate) struct Throttled {
    group: PathBuf,
}

impl Share {
    /// The share of `megabytes`.
    ///
    /// # Errors
    /// If this process may not make control groups: only root may.
    pub(crate) fn of_memory(megabytes: u64) -> io::Result<Self> {
        let share = Self { megabytes };
        share.make_group("try")?;
        Ok(share)
    }

    /// Gives `process` this share and no more from now on. Each process has a group of its own: in
    /// a common one it would pay for the time that the last process used too much.
    pub(crate) fn throttle(&self, process: u32) -> Throttled {
        let throttled = self.make_group(&process.to_string()).unwrap();
        fs::write(throttled.group.join("cgroup.procs"), process.to_string()).unwrap();
        throttled
    }

    fn make_group(&self, name: &str) -> io::Result<Throttled> {
        let is_first_version = Path::new("/sys/fs/cgroup/cpu/cpu.cfs_period_us").exists();
        let root = if is_first_version { "/sys/fs/cgroup/cpu" } else { "/sys/fs/cgroup" };
        if !is_first_version {
            fs::write("/sys/fs/cgroup/cgroup.subtree_control", "+cpu")?;
        }
        let group = Path::new(root).join(format!("leadhook-bench-{name}"));
        fs::create_dir_all(&group)?;
        let throttled = Throttled { group };
        let group = &throttled.group;
        let quota = PERIOD * self.megabytes / WHOLE;
        if is_first_version {
            fs::write(group.join("cpu.cfs_period_us"), PERIOD.to_string())?;
            fs::write(group.join("cpu.cfs_quota_us"), quota.to_string())?;
        } else {
            fs::write(group.join("cpu.max"), format!("{quota} {PERIOD}"))?;
        }
        Ok(throttled)
    }
}

impl Drop for Throttled {
    fn drop(&mut self) {
        // A group of a process that is not quite gone stays, and nothing uses it again.
        let _ = fs::remove_dir(&self.group);
    }
}
