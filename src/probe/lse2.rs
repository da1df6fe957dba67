//! FEAT_LSE2 of 64-bit Arm, which decides how much of an access is performed whole (Arm ARM, B2.2.1).

/// The bit of `AT_HWCAP` by which Linux on 64-bit Arm tells of it, `HWCAP_USCAT` (Linux,
/// `Documentation/arch/arm64/elf_hwcaps.rst`).
#[cfg(any(test, target_arch = "aarch64"))]
const USCAT: usize = 1 << 25;

/// Whether a 64-bit Arm processor of these capabilities has it.
#[cfg(any(test, target_arch = "aarch64"))]
fn is_among(capabilities: usize) -> bool {
    capabilities & USCAT != 0
}

/// Whether this processor has it; none if it is no 64-bit Arm.
#[cfg(target_arch = "aarch64")]
pub(super) fn of_this_processor() -> Option<bool> {
    Some(is_among(rustix::param::linux_hwcap().0))
}

/// Whether this processor has it; none, as it is no 64-bit Arm.
#[cfg(not(target_arch = "aarch64"))]
pub(super) fn of_this_processor() -> Option<bool> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `LD_SHOW_AUXV=1` prints as `AT_HWCAP`, made of the bits of `asm/hwcap.h`.
    #[test]
    fn the_bit_is_found_among_others() {
        let (fp, asimd, atomics, ilrcpc, flagm) = (1, 1 << 1, 1 << 8, 1 << 26, 1 << 27);
        let without = fp | asimd | atomics | ilrcpc | flagm;
        assert!(!is_among(without));
        assert!(is_among(without | 1 << 25));
        assert!(!is_among(0));
        assert_eq!(of_this_processor().is_some(), cfg!(target_arch = "aarch64"));
    }
}
