//! The accesses of 64-bit Arm on another machine, where they cannot run: their types are checked,
//! and their instructions assembled, if an assembler for them is installed
//! (`binutils-aarch64-linux-gnu`); without one that part is skipped with a message.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(
    unsafe_code,
    reason = "the functions are called, with instructions that are only read"
)]

use std::cell::RefCell;
use std::io::Write as _;
use std::process::{Command, Stdio};

use tearline::probe::Kind;

#[path = "../src/probe/access/aarch64.rs"]
mod aarch64;

thread_local! {
    /// The instructions of the functions that were called.
    static READ: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Takes down the instructions and looks at the operands, as far as their types go.
macro_rules! asm {
    (@ $text:ident $name:ident = in(reg) $value:expr, $($rest:tt)*) => {
        let _: *mut u8 = $value;
        asm!(@ $text $($rest)*);
    };
    (@ $text:ident $name:ident = out($class:ident) _, $($rest:tt)*) => {
        asm!(@ $text $($rest)*);
    };
    (@ $text:ident options($($option:ident),*) $(,)?) => {};
    (@ $text:ident $template:literal, $($rest:tt)*) => {
        $text.push($template.to_owned());
        asm!(@ $text $($rest)*);
    };
    (@ $text:ident concat!($($part:literal),*), $($rest:tt)*) => {
        $text.push(concat!($($part),*).to_owned());
        asm!(@ $text $($rest)*);
    };
    ($($all:tt)*) => {{
        let mut text: Vec<String> = Vec::new();
        $crate::nothing();
        asm!(@ text $($all)*);
        $crate::READ.with_borrow_mut(|read| read.extend(text));
    }};
}
use asm;

/// As unsafe as real instructions.
unsafe fn nothing() {}

type Move = unsafe fn(*mut u8, *mut u8);

struct Moves {
    load: Move,
    store: Move,
}

/// An operand's register, by the operand's name.
const REGISTERS: [(&str, &str); 7] = [
    ("from", "x0"),
    ("to", "x1"),
    ("counter", "x0"),
    ("value", "x2"),
    ("low", "x2"),
    ("high", "x3"),
    ("failed", "x4"),
];

/// The template with registers for its operands.
fn instruction(template: &str) -> String {
    let mut text = template.to_owned();
    for (name, register) in REGISTERS {
        let number = &register[1..];
        text = text.replace(&format!("{{{name}}}"), register);
        for class in ["w", "x", "q"] {
            text = text.replace(&format!("{{{name}:{class}}}"), &format!("{class}{number}"));
        }
    }
    assert!(
        !text.contains(['{', '}']),
        "an operand that is not known: {text}"
    );
    text
}

#[test]
fn instructions_for_arm_assemble() {
    let nowhere = std::ptr::null_mut();
    for kind in Kind::ALL {
        let Some(moves) = aarch64::moves(kind) else {
            assert_eq!(aarch64::instructions(kind), None, "{}", kind.name());
            continue;
        };
        assert!(aarch64::instructions(kind).is_some(), "{}", kind.name());
        for each in [moves.load, moves.store] {
            // SAFETY: here the functions do nothing but take their instructions down.
            unsafe { each(nowhere, nowhere) };
        }
    }
    // SAFETY: as above.
    unsafe { aarch64::increment_plain(nowhere) };
    // SAFETY: as above.
    unsafe { aarch64::increment_locked(nowhere) };
    assert_eq!(aarch64::INCREMENTS.len(), 2);
    let read = READ.take();
    assert!(read.len() > 20, "{read:?}");
    let text: Vec<String> = read.iter().map(|template| instruction(template)).collect();
    let text = text.join("\n") + "\n";

    let assembler = Command::new("aarch64-linux-gnu-as")
        .args(["-o", "/dev/null", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut assembler) = assembler else {
        println!("skipped: aarch64-linux-gnu-as is not installed");
        return;
    };
    let mut input = assembler.stdin.take().expect("it is piped");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let output = assembler.wait_with_output().expect("it ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{text}");
}
