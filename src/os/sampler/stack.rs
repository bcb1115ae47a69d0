//! Who has called the code that is interrupted: its stack, walked by the tables that panics are unwound by. The home of `gimli`.
//!
//! It runs in a handler of signals: it takes no memory and no lock, makes no call to the system, and reads nothing but
//! those tables and the thread's own stack, whatever the tables or registers say.
#![expect(unsafe_code, reason = "a stack is read by addresses")]

use std::ops::Range;
use std::ptr::{read_unaligned, with_exposed_provenance};

use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, EndianSlice, Expression, NativeEndian, Operation,
    ParsedEhFrameHdr, Pointer, Register, RegisterRule, RegisterRuleIter, UnwindContext,
    UnwindContextStorage, UnwindExpression, UnwindSection, UnwindTableRow,
};

use super::machine::{self, FRAME, REGISTERS, RETURN, STACK};
use super::program::Tables;

type Bytes = EndianSlice<'static, NativeEndian>;

/// Below its end, a stack may still hold what a function has in use.
const RED_ZONE: u64 = 128;

/// No stack is longer.
const LONGEST: u64 = 1 << 30;

/// How functions are unwound, and the end of the first thread's stack.
#[derive(Debug)]
pub(super) struct Unwinder {
    code: Range<u64>,
    bases: BaseAddresses,
    index: ParsedEhFrameHdr<Bytes>,
    entries: EhFrame<Bytes>,
    first_stack: u64,
}

/// Room for the rules of one function, on the stack: no function saves more registers, or nests more states.
struct OnTheStack;

impl UnwindContextStorage<usize> for OnTheStack {
    type Rules = [(Register, RegisterRule<usize>); REGISTERS];
    type Stack = [UnwindTableRow<usize, Self>; 4];
}

/// A function that is running or has called one.
struct Frame {
    /// Where it is, or where it goes on.
    at: u64,
    registers: [u64; REGISTERS],
}

/// What the tables say of a frame.
enum Caller {
    /// This one has called it.
    Known(Frame),
    /// Nobody has, or it can't be told.
    Nobody,
    /// They know nothing of its code.
    Unlisted,
}

/// What may be read.
struct Stack(Range<u64>);

impl Stack {
    /// That of the calling thread, above `end`, its register's value.
    fn own(end: u64, first_stack: u64) -> Self {
        // SAFETY: the call returns a number that the thread has at hand.
        let thread = unsafe { libc::pthread_self() } as u64;
        // glibc has what it knows of a thread at the upper end of the stack that it has mapped for it. The first thread's stack is the
        // system's, which has left its vector of figures there.
        let start = [thread, first_stack].into_iter().find(|start| {
            start
                .checked_sub(end)
                .is_some_and(|length| length < LONGEST)
        });
        Self(end.saturating_sub(RED_ZONE)..start.unwrap_or(end))
    }

    fn read(&self, address: u64) -> Option<u64> {
        if address < self.0.start || address.checked_add(8)? > self.0.end {
            return None;
        }
        let word = with_exposed_provenance::<u64>(usize::try_from(address).ok()?);
        // SAFETY: it lies between the end of this thread's stack and its start, all of which is mapped. Others may write to what it has
        // lent them: a word may be half of one and half of another, and no more is thought of it than that it is a number.
        Some(unsafe { read_unaligned(word) })
    }
}

impl Unwinder {
    /// `None` where the linker has made no index.
    pub(super) fn new(code: Range<u64>, tables: Tables) -> Option<Self> {
        let address = |bytes: &[u8]| bytes.as_ptr().expose_provenance() as u64;
        let bases = BaseAddresses::default()
            .set_eh_frame_hdr(address(tables.index))
            .set_text(code.start);
        let index = EhFrameHdr::new(tables.index, NativeEndian);
        let index = index.parse(&bases, 8).ok()?;
        let Pointer::Direct(start) = index.eh_frame_ptr() else {
            return None;
        };
        let before = usize::try_from(start.checked_sub(address(tables.segment))?).ok()?;
        // SAFETY: the call reads what the system has left on the stack at the start.
        let first_stack = unsafe { libc::getauxval(libc::AT_RANDOM) };
        Some(Self {
            code,
            bases: bases.set_eh_frame(start),
            index,
            entries: EhFrame::new(tables.segment.get(before..)?, NativeEndian),
            first_stack,
        })
    }

    /// Tells `see` where the interrupted code is, and then where each of those who called it was, until it has seen enough.
    ///
    /// # Safety
    /// `context` is what the system handed to the handler of a signal, which is still running.
    pub(super) unsafe fn walk(
        &self,
        context: *const libc::ucontext_t,
        mut see: impl FnMut(u64) -> bool,
    ) {
        // SAFETY: as the caller says.
        let (at, registers) = unsafe { machine::interrupted(context) };
        let mut frame = Frame { at, registers };
        let end = frame.get(STACK).unwrap_or(0);
        let stack = Stack::own(end, self.first_stack);
        if !see(at) {
            return;
        }
        let Some(next) = self.caller_of_the_first(&frame, &stack) else {
            return;
        };
        frame = next;
        // Where a call will return to may already be the next function: the call itself is right before.
        while self.code.contains(&frame.at) && see(frame.at - 1) {
            let Caller::Known(next) = self.caller(&frame, frame.at - 1, &stack) else {
                return;
            };
            if next.get(STACK) <= frame.get(STACK) {
                return;
            }
            frame = next;
        }
    }

    /// Code without tables, as assembly often is, may have kept a frame for debuggers all the same. A guess: it can miss one caller.
    fn caller_of_the_first(&self, frame: &Frame, stack: &Stack) -> Option<Frame> {
        match self.caller(frame, frame.at, stack) {
            Caller::Known(caller) => return Some(caller),
            Caller::Nobody => return None,
            Caller::Unlisted => {}
        }
        let base = frame.get(FRAME)?;
        let at = stack.read(base.checked_add(8)?)?;
        let mut registers = frame.registers;
        *registers.get_mut(FRAME)? = stack.read(base)?;
        *registers.get_mut(STACK)? = base.checked_add(16)?;
        self.code.contains(&at).then_some(Frame { at, registers })
    }

    /// Who has called what is at `at`, by the tables.
    fn caller(&self, frame: &Frame, at: u64, stack: &Stack) -> Caller {
        let mut room = UnwindContext::<usize, OnTheStack>::new_in();
        let Some(index) = self.index.table() else {
            return Caller::Unlisted;
        };
        let (entries, bases) = (&self.entries, &self.bases);
        let cie = EhFrame::cie_from_offset;
        let Ok(row) = index.unwind_info_for_address(entries, bases, &mut room, at, cie) else {
            return Caller::Unlisted;
        };
        let base = match row.cfa() {
            CfaRule::RegisterAndOffset { register, offset } => frame
                .get(usize::from(register.0))
                .map(|value| value.wrapping_add_signed(*offset)),
            CfaRule::Expression(expression) => self.value(expression, frame, stack, None),
        };
        base.and_then(|base| self.restored(row.registers(), frame, base, stack))
            .map_or(Caller::Nobody, Caller::Known)
    }

    /// The caller's registers.
    fn restored(
        &self,
        rules: RegisterRuleIter<'_, usize>,
        frame: &Frame,
        base: u64,
        stack: &Stack,
    ) -> Option<Frame> {
        let mut registers = frame.registers;
        // What isn't mentioned is as it was, but for where the call returns to: without that, nobody has called.
        let mut at = machine::without_a_rule(frame.get(RETURN)?);
        *registers.get_mut(STACK)? = base;
        for (register, rule) in rules {
            let number = usize::from(register.0);
            let value = match rule {
                RegisterRule::SameValue => frame.get(number),
                RegisterRule::Offset(offset) => stack.read(base.wrapping_add_signed(*offset)),
                RegisterRule::ValOffset(offset) => Some(base.wrapping_add_signed(*offset)),
                RegisterRule::Register(other) => frame.get(usize::from(other.0)),
                RegisterRule::Expression(expression) => self
                    .value(expression, frame, stack, Some(base))
                    .and_then(|address| stack.read(address)),
                RegisterRule::ValExpression(expression) => {
                    self.value(expression, frame, stack, Some(base))
                }
                _ => None,
            };
            if number == RETURN {
                at = value;
            }
            // What isn't known, and isn't one of those that lead on, matters to nobody.
            if let (Some(register), Some(value)) = (registers.get_mut(number), value) {
                *register = value;
            }
        }
        at.map(|at| Frame { at, registers })
    }

    /// The expressions that compilers write here: a register, an offset, what lies there. `None` for any other.
    fn value(
        &self,
        expression: &UnwindExpression<usize>,
        frame: &Frame,
        stack: &Stack,
        first: Option<u64>,
    ) -> Option<u64> {
        let Expression(bytes) = expression.get(&self.entries).ok()?;
        let encoding = gimli::Encoding {
            address_size: 8,
            format: gimli::Format::Dwarf32,
            version: 4,
        };
        let mut top = first;
        let mut operations = Expression(bytes).operations(encoding);
        while let Some(operation) = operations.next().ok()? {
            top = Some(match operation {
                Operation::RegisterOffset {
                    register, offset, ..
                } => frame
                    .get(usize::from(register.0))?
                    .wrapping_add_signed(offset),
                Operation::PlusConstant { value } => top?.wrapping_add(value),
                Operation::Deref {
                    size: 8,
                    space: false,
                    ..
                } => stack.read(top?)?,
                Operation::Nop => top?,
                _ => return None,
            });
        }
        top
    }
}

impl Frame {
    fn get(&self, register: usize) -> Option<u64> {
        self.registers.get(register).copied()
    }
}
