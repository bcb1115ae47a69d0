//! What the machine, or the container, grants.

use std::fs;
use std::path::{Path, PathBuf};

/// Cores this process may use: its affinity and its container's quota, at least 1.
pub fn cpus() -> usize {
    // The standard library looks at affinity and at both kinds of control groups.
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Bytes of memory this process may use: its container's limit, else the machine's memory.
pub fn memory() -> u64 {
    memory_under(Path::new("/"))
}

fn memory_under(root: &Path) -> u64 {
    let machine = read(&root.join("proc/meminfo"))
        .and_then(|text| mem_total(&text))
        .unwrap_or(1 << 30);
    let groups = read(&root.join("proc/self/cgroup")).unwrap_or_default();
    limit_files(&groups)
        .iter()
        .filter_map(|file| read(&root.join(file))?.trim().parse().ok())
        .fold(machine, u64::min)
}

/// The files that may hold a memory limit, from the text of `/proc/self/cgroup`: the group's own and its parents'.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            if number == "0" && controllers.is_empty() {
                Some(("sys/fs/cgroup", path, "memory.max"))
            } else if controllers.split(',').any(|name| name == "memory") {
                Some(("sys/fs/cgroup/memory", path, "memory.limit_in_bytes"))
            } else {
                None
            }
        })
        .flat_map(|(mount, path, file)| {
            // Inside a container the path may be one that only the host has: its parents
            // end at the mount, which is the container's own group there.
            Path::new(path.trim_start_matches('/'))
                .ancestors()
                .map(move |group| Path::new(mount).join(group).join(file))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn mem_total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[(&str, &str)]) -> PathBuf {
        let name = std::thread::current()
            .name()
            .unwrap_or("test")
            .replace(':', "-");
        let root = std::env::temp_dir().join(format!("pixmill-os-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&root));
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const MEMINFO: (&str, &str) = ("proc/meminfo", "MemTotal:  2048 kB\nMemFree: 1 kB\n");

    #[test]
    fn the_smallest_limit_counts() {
        for (files, expected) in [
            (vec![MEMINFO], 2_097_152),
            (
                vec![
                    MEMINFO,
                    ("proc/self/cgroup", "0::/a/b\n"),
                    ("sys/fs/cgroup/a/b/memory.max", "max\n"),
                    ("sys/fs/cgroup/a/memory.max", "1000000\n"),
                ],
                1_000_000,
            ),
            (
                vec![
                    MEMINFO,
                    ("proc/self/cgroup", "0::/\n"),
                    ("sys/fs/cgroup/memory.max", "500000\n"),
                ],
                500_000,
            ),
            (
                vec![
                    MEMINFO,
                    ("proc/self/cgroup", "3:cpu,memory:/box\n0::/\n"),
                    (
                        "sys/fs/cgroup/memory/box/memory.limit_in_bytes",
                        "9223372036854771712",
                    ),
                    ("sys/fs/cgroup/memory/memory.limit_in_bytes", "700000"),
                ],
                700_000,
            ),
            (vec![MEMINFO, ("proc/self/cgroup", "nonsense")], 2_097_152),
        ] {
            let root = root(&files);
            assert_eq!(memory_under(&root), expected, "{files:?}");
            fs::remove_dir_all(root).unwrap();
        }
    }
}
