//! What is timed, instruction by instruction: in assembly, so that the loops are the same whatever
//! the compiler does, and racing accesses have a meaning.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(in crate::probe::latency) use aarch64::*;
#[cfg(target_arch = "x86_64")]
pub(in crate::probe::latency) use x86_64::*;

/// So many times a loop repeats its instruction in each turn.
pub(in crate::probe::latency) const UNROLLED: u64 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "it runs the loops, on bytes of its own")]
    fn loops_do_what_they_say() {
        let mut words = [0_u64; 4];
        let at = words.as_mut_ptr().cast::<u8>();
        // SAFETY: 32 bytes are there, no other thread has them, and the first word holds its own
        // address when it is followed.
        unsafe {
            add_locked(at, 1000);
            add_plain(at.add(8), 77);
            timed_store(at.add(20), 5);
            assert_eq!(words, [1000, 77, 5 << 32, 0]);
            let at = words.as_mut_ptr();
            *at = at as u64;
            chase(at.cast(), 3);
            store(at.cast::<u8>().add(24), 3);
            assert_eq!(words[1..], [77, 5 << 32, 1]);
            let at = words.as_mut_ptr().cast::<u8>();
            forward(at.add(8), 3);
            assert_eq!(words[1], 0);
            timed_load(words.as_mut_ptr().cast::<u8>().add(20));
        }
        let (first, second) = (stamp(), stamp());
        assert!(first <= second, "{first} {second}");
        timed_nothing();
        timed_fence();
        add_dependent(3);
        fence(3);
    }
}
