//! Registers by the numbers that tables for unwinding have for them.
#![expect(
    unsafe_code,
    reason = "the system's own structure is read by its address"
)]

#[cfg(target_arch = "x86_64")]
pub(super) use self::x86_64::*;

#[cfg(target_arch = "aarch64")]
pub(super) use self::aarch64::*;

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use libc::c_int;

    /// Registers that are followed.
    pub(in crate::os::sampler) const REGISTERS: usize = 17;
    pub(in crate::os::sampler) const FRAME: usize = 6;
    pub(in crate::os::sampler) const STACK: usize = 7;
    /// Stands for where a call returns to, which is on the stack.
    pub(in crate::os::sampler) const RETURN: usize = 16;

    const ORDER: [c_int; REGISTERS] = [
        libc::REG_RAX,
        libc::REG_RDX,
        libc::REG_RCX,
        libc::REG_RBX,
        libc::REG_RSI,
        libc::REG_RDI,
        libc::REG_RBP,
        libc::REG_RSP,
        libc::REG_R8,
        libc::REG_R9,
        libc::REG_R10,
        libc::REG_R11,
        libc::REG_R12,
        libc::REG_R13,
        libc::REG_R14,
        libc::REG_R15,
        libc::REG_RIP,
    ];

    /// Where the code was, and what was in its registers.
    ///
    /// # Safety
    /// `context` is what the system handed to the handler of a signal, which is still running.
    pub(in crate::os::sampler) unsafe fn interrupted(
        context: *const libc::ucontext_t,
    ) -> (u64, [u64; REGISTERS]) {
        // SAFETY: as the caller says.
        let stored = unsafe { (&raw const (*context).uc_mcontext.gregs).read() };
        let registers = ORDER.map(|number| {
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            stored.get(number).map_or(0, |value| value.cast_unsigned())
        });
        (registers[RETURN], registers)
    }

    /// A call returns nowhere that has put nothing on the stack.
    pub(in crate::os::sampler) fn without_a_rule(_return: u64) -> Option<u64> {
        None
    }
}

#[cfg(target_arch = "aarch64")]
mod aarch64 {
    /// Registers that are followed.
    pub(in crate::os::sampler) const REGISTERS: usize = 32;
    pub(in crate::os::sampler) const FRAME: usize = 29;
    pub(in crate::os::sampler) const RETURN: usize = 30;
    pub(in crate::os::sampler) const STACK: usize = 31;

    /// Where the code was, and what was in its registers.
    ///
    /// # Safety
    /// `context` is what the system handed to the handler of a signal, which is still running.
    pub(in crate::os::sampler) unsafe fn interrupted(
        context: *const libc::ucontext_t,
    ) -> (u64, [u64; REGISTERS]) {
        // SAFETY: as the caller says.
        let (at, stack, stored) = unsafe {
            (
                (&raw const (*context).uc_mcontext.pc).read(),
                (&raw const (*context).uc_mcontext.sp).read(),
                (&raw const (*context).uc_mcontext.regs).read(),
            )
        };
        let mut registers = [stack; REGISTERS];
        for (register, value) in registers.iter_mut().zip(stored) {
            *register = value;
        }
        (at, registers)
    }

    /// A function that calls none leaves where it returns to in its register.
    pub(in crate::os::sampler) fn without_a_rule(returns: u64) -> Option<u64> {
        (returns != 0).then_some(returns)
    }
}
