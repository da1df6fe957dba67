//! What the general-purpose registers are called (Intel SDM, volume 1, section 3.4.1).

use super::instruction::{Register, Width};

/// For each register its names in one, two, four and eight bytes.
const NAMES: [[&str; 4]; Register::COUNT] = [
    ["al", "ax", "eax", "rax"],
    ["cl", "cx", "ecx", "rcx"],
    ["dl", "dx", "edx", "rdx"],
    ["bl", "bx", "ebx", "rbx"],
    ["spl", "sp", "esp", "rsp"],
    ["bpl", "bp", "ebp", "rbp"],
    ["sil", "si", "esi", "rsi"],
    ["dil", "di", "edi", "rdi"],
    ["r8b", "r8w", "r8d", "r8"],
    ["r9b", "r9w", "r9d", "r9"],
    ["r10b", "r10w", "r10d", "r10"],
    ["r11b", "r11w", "r11d", "r11"],
    ["r12b", "r12w", "r12d", "r12"],
    ["r13b", "r13w", "r13d", "r13"],
    ["r14b", "r14w", "r14d", "r14"],
    ["r15b", "r15w", "r15d", "r15"],
];

/// The order in which herd7 shows registers: by letter first, not by encoding.
const SHOWN: [u8; 8] = [0, 3, 1, 2, 6, 7, 5, 4];

impl Register {
    /// The register of this name, in capitals or not, and how many of its bytes the name means.
    /// None for `ah` and its like, which are no low bytes.
    #[must_use]
    pub fn named(name: &str) -> Option<(Register, Width)> {
        let same = |known: &str| known.eq_ignore_ascii_case(name);
        let find = |(number, names): (usize, &[&str; 4])| {
            let width = Width::ALL[names.iter().position(|known| same(known))?];
            Some((Register(u8::try_from(number).ok()?), width))
        };
        NAMES.iter().enumerate().find_map(find)
    }

    /// What so many of its low bytes are called, in small letters and without a `%`.
    ///
    /// # Panics
    /// For a number that is not below [`Register::COUNT`].
    #[must_use]
    pub fn name(self, width: Width) -> &'static str {
        NAMES[self.index()][width as usize]
    }

    /// Its place in the order in which registers are shown.
    pub(super) fn rank(self) -> u8 {
        let found = SHOWN.iter().position(|&shown| shown == self.0);
        found.map_or(self.0, |rank| rank as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_registers() {
        for number in 0..16 {
            for width in Width::ALL {
                let register = Register(number);
                assert_eq!(
                    Register::named(register.name(width)),
                    Some((register, width))
                );
            }
        }
        assert_eq!(Register::named("EAX"), Some((Register(0), Width::Long)));
        assert_eq!(Register::named("ah"), None);
    }

    #[test]
    fn registers_are_shown_by_letter() {
        let mut all: Vec<Register> = (0..16).map(Register).collect();
        all.sort_by_key(|register| register.rank());
        let names: Vec<&str> = all.iter().map(|one| one.name(Width::Quad)).collect();
        assert_eq!(
            names.join(" "),
            "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15"
        );
    }
}
