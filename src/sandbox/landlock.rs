//! No file, no port, nobody's signals, by landlock. The home of the library of that name.

use landlock::{
    ABI, Access, AccessFs, AccessNet, Compatible, LandlockStatus, NetPort, PathBeneath, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use super::{Level, Needs};

/// The rights that are given up are those of this version of the kernel's interface (Linux 6.12), all of them.
const NEEDED: ABI = ABI::V6;

/// What is in force for the calling thread and all that it starts, and the version of the kernel's interface.
///
/// Nothing of a kind that is handled may be done without a rule: no path be opened, no TCP port bound or connected to, no
/// abstract socket reached, and no process signalled outside. The only rules are those that the configuration makes needed: files
/// beneath a few folders may be read, or written, and a few TCP ports connected to. What is open already stays so.
///
/// # Errors
/// The kernel's.
pub(super) fn apply(needs: Needs<'_>) -> Result<(Level, u32), String> {
    let status = ruleset(needs).map_err(|error| error.to_string())?;
    let level = match status.0 {
        RulesetStatus::FullyEnforced => Level::Full,
        RulesetStatus::PartiallyEnforced => Level::Part,
        RulesetStatus::NotEnforced => Level::None,
    };
    let version = match status.1 {
        LandlockStatus::Available {
            effective_abi,
            kernel_abi,
        } => kernel_abi.map_or(effective_abi as u32, i32::unsigned_abs),
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => 0,
    };
    Ok((level, version))
}

fn ruleset(needs: Needs<'_>) -> Result<(RulesetStatus, LandlockStatus), RulesetError> {
    let folders = needs.folders.iter().copied().chain(needs.tokens);
    let folders =
        folders.map(|folder| Ok::<_, RulesetError>(PathBeneath::new(folder, AccessFs::ReadFile)));
    let writing =
        AccessFs::WriteFile | AccessFs::MakeReg | AccessFs::MakeDir | AccessFs::RemoveFile;
    let written = needs.written.iter().copied();
    let written = written.map(|folder| Ok::<_, RulesetError>(PathBeneath::new(folder, writing)));
    let ports = needs.ports.unwrap_or_default().iter();
    let ports = ports.map(|&port| Ok::<_, RulesetError>(NetPort::new(port, AccessNet::ConnectTcp)));
    let status = Ruleset::default()
        .set_compatibility(landlock::CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEEDED))?
        .handle_access(AccessNet::from_all(NEEDED))?
        .scope(Scope::from_all(NEEDED))?
        .create()?
        .add_rules(folders)?
        .add_rules(written)?
        .add_rules(ports)?
        .restrict_self()?;
    Ok((status.ruleset, status.landlock))
}
