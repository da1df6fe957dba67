//! Numbers with a few decimals, held exactly: shares in percent and exponents.

use std::fmt;
use std::str::FromStr;

use crate::dice::Dice;

/// Three decimals.
const PARTS: u32 = 1000;

/// A share from 0 % to 100 %, to a thousandth of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

/// An exponent from 0 to 10, to a thousandth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exponent(u32);

impl Share {
    /// Nothing of it.
    pub const NONE: Share = Share(0);
    /// All of it.
    pub const ALL: Share = Share(100 * PARTS);

    /// So many percent.
    ///
    /// # Panics
    /// When it is more than 100.
    #[must_use]
    pub fn percent(percent: u32) -> Share {
        assert!(percent <= 100, "a share is part of a whole");
        Share(percent * PARTS)
    }

    /// The share in percent, for drawings and reports.
    #[must_use]
    pub fn as_percent(self) -> f64 {
        f64::from(self.0) / f64::from(PARTS)
    }

    /// What is left of the whole.
    #[must_use]
    pub fn rest(self) -> Share {
        Share::ALL.less(self)
    }

    /// What is left without the other; nothing if that is larger.
    #[must_use]
    pub fn less(self, other: Share) -> Share {
        Share(self.0.saturating_sub(other.0))
    }

    /// The sum, unless that is more than all.
    #[must_use]
    pub fn plus(self, other: Share) -> Option<Share> {
        let sum = Share(self.0 + other.0);
        (sum <= Share::ALL).then_some(sum)
    }

    /// A share of this share, rounded down.
    #[must_use]
    pub fn of(self, whole: Share) -> Share {
        let parts = u64::from(self.0) * u64::from(whole.0);
        Share((parts / u64::from(Share::ALL.0)) as u32)
    }

    /// One of this many equal throws, of which this share lies below it.
    pub(super) fn throw(dice: &mut Dice) -> Share {
        Share(dice.up_to(Share::ALL.0 - 1))
    }
}

impl Exponent {
    /// The number itself.
    pub(super) fn value(self) -> f64 {
        f64::from(self.0) / f64::from(PARTS)
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Share, String> {
        let number = text.strip_suffix('%').unwrap_or(text);
        let parts = decimal(number).filter(|&parts| parts <= Share::ALL.0);
        parts.map(Share).ok_or_else(|| {
            "expected a number of percent from 0 to 100, with at most three decimals".to_owned()
        })
    }
}

impl FromStr for Exponent {
    type Err = String;

    fn from_str(text: &str) -> Result<Exponent, String> {
        let parts = decimal(text).filter(|&parts| parts <= 10 * PARTS);
        parts
            .map(Exponent)
            .ok_or_else(|| "expected a number from 0 to 10, with at most three decimals".to_owned())
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.0)
    }
}

impl fmt::Display for Exponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.0)
    }
}

/// A number in thousandths.
fn decimal(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let known = (1..=4).contains(&whole.len()) && fraction.len() <= 3;
    if !known || !digits(whole) || !digits(fraction) || text.ends_with('.') {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let fraction: u32 = format!("{fraction:0<3}").parse().ok()?;
    Some(whole * PARTS + fraction)
}

fn write_decimal(f: &mut fmt::Formatter<'_>, parts: u32) -> fmt::Result {
    let (whole, fraction) = (parts / PARTS, parts % PARTS);
    if fraction == 0 {
        return write!(f, "{whole}");
    }
    let fraction = format!("{fraction:03}");
    write!(f, "{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for text in ["0", "50", "99.9", "99.999", "0.001", "100"] {
            let share: Share = text.parse().unwrap();
            assert_eq!(share.to_string(), text);
        }
        for wrong in [
            "", ".", "1.", ".5", "-1", "100.001", "1e2", "99.9999", "NaN", "99999",
        ] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
        assert_eq!("99.90%".parse::<Share>().unwrap().rest().to_string(), "0.1");
        assert!("10.001".parse::<Exponent>().is_err());
    }
}
