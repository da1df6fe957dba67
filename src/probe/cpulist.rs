//! Lists of processors as Linux writes them (`0-3,8,10-11`).

/// The numbers of a list, in order and each once; none if it is not such a list, or names a number
/// of `most` or more.
#[must_use]
pub fn parse(text: &str, most: u32) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if first > last || last >= most {
            return None;
        }
        numbers.extend(first..=last);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers)
}

/// The list as Linux writes it.
#[must_use]
pub fn write(numbers: &[u32]) -> String {
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let run = |run: &[u32]| match run {
        [first, .., last] => format!("{first}-{last}"),
        _ => run[0].to_string(),
    };
    runs.map(run).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written() {
        let read = |text| parse(text, 1024);
        assert_eq!(read("0-3,8,10-11\n"), Some(vec![0, 1, 2, 3, 8, 10, 11]));
        assert_eq!(read(""), Some(vec![]), "no processor");
        for wrong in ["a", "3-1", "1-", "-1", "0-4294967295", "1024", "1;2"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(write(&[0, 1, 2, 3, 8, 10, 11]), "0-3,8,10-11");
        assert_eq!(write(&[]), "");
    }
}
