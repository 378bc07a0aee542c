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
    group: PathBuf,
}

impl Share {
    /// The share of `megabytes`.
    ///
    /// # Errors
    /// If this process may not make control groups: only root may.
    pub(crate) fn of_memory(megabytes: u64) -> io::Result<Self> {
        let is_first_version = Path::new("/sys/fs/cgroup/cpu/cpu.cfs_period_us").exists();
        let root = if is_first_version { "/sys/fs/cgroup/cpu" } else { "/sys/fs/cgroup" };
        let group = Path::new(root).join(format!("leadhook-bench-{megabytes}"));
        if !is_first_version {
            fs::write("/sys/fs/cgroup/cgroup.subtree_control", "+cpu")?;
        }
        fs::create_dir_all(&group)?;
        let quota = PERIOD * megabytes / WHOLE;
        if is_first_version {
            fs::write(group.join("cpu.cfs_period_us"), PERIOD.to_string())?;
            fs::write(group.join("cpu.cfs_quota_us"), quota.to_string())?;
        } else {
            fs::write(group.join("cpu.max"), format!("{quota} {PERIOD}"))?;
        }
        Ok(Self { group })
    }

    pub(crate) fn limit(&self, process: u32) {
        fs::write(self.group.join("cgroup.procs"), process.to_string()).unwrap();
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // It stays if a process of it is not gone yet. The next run uses it again.
        let _ = fs::remove_dir(&self.group);
    }
}
