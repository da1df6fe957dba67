//! Words of commands that are printed to be typed again.

/// A word as a shell reads it.
pub(super) fn word(text: &str) -> String {
    let quoted = shlex::try_quote(text).expect("no argument and no file's name has a NUL");
    quoted.into_owned()
}

/// The name of a file, which is no option even if it begins like one; `-` is standard input.
pub(super) fn file(name: &str) -> String {
    match name.starts_with('-') && name != "-" {
        true => word(&format!("./{name}")),
        false => word(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell's reading of what was written is what was meant.
    #[test]
    fn words_are_read_as_they_were() {
        for text in [
            "a b", "it's", "\"", "$HOME", "a;b", "*", "~", "", "é", "a\nb", "\\", "!",
        ] {
            let read = shlex::split(&word(text)).expect("quotes are closed");
            assert_eq!(read, [text]);
        }
    }

    #[test]
    fn plain_words_stay_as_they_are() {
        for text in ["traces/split-line.trace", "go-swiss", "a_b.toml", "-"] {
            assert_eq!(file(text), text);
        }
    }

    #[test]
    fn no_file_is_read_as_an_option() {
        assert_eq!(file("--seed"), "./--seed");
        assert_eq!(file("-a b"), "'./-a b'");
    }
}
