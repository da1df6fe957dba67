//! An axis from 0 with round numbers.

/// At most so many steps.
const STEPS: u32 = 6;

/// The numbers at an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    /// From one tick to the next, as a number from 1 to 5 and a power of ten.
    digit: f64,
    power: i32,
    steps: u32,
}

impl Scale {
    /// An axis that holds a number.
    pub(super) fn up_to(most: f64) -> Scale {
        let most = if most > 0.0 { most } else { 1.0 };
        let mut power = -9;
        loop {
            for digit in [1.0, 2.0, 5.0] {
                let scale = Scale {
                    digit,
                    power,
                    steps: STEPS,
                };
                if scale.top() >= most {
                    let steps = (most / scale.step()).ceil() as u32;
                    let steps = steps.clamp(1, STEPS);
                    return Scale { steps, ..scale };
                }
            }
            // Throughput is a ratio of 64-bit numbers, so this ends.
            power += 1;
            if power > 24 {
                return Scale {
                    digit: 1.0,
                    power,
                    steps: STEPS,
                };
            }
        }
    }

    fn step(self) -> f64 {
        self.digit * 10_f64.powi(self.power)
    }

    /// The last number.
    pub(super) fn top(self) -> f64 {
        self.step() * f64::from(self.steps)
    }

    /// The numbers, from 0.
    pub(super) fn ticks(self) -> impl Iterator<Item = f64> {
        (0..=self.steps).map(move |nth| self.step() * f64::from(nth))
    }

    /// A tick with as many decimals as the steps need.
    pub(super) fn text(self, tick: f64) -> String {
        let decimals = (-self.power).max(0) as usize;
        format!("{tick:.decimals$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let texts = |most| {
            let scale = Scale::up_to(most);
            let texts: Vec<String> = scale.ticks().map(|tick| scale.text(tick)).collect();
            texts.join(" ")
        };
        assert_eq!(texts(0.0), "0.0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(texts(7.3), "0 2 4 6 8");
        assert_eq!(texts(93.0), "0 20 40 60 80 100");
        assert_eq!(texts(0.13), "0.00 0.05 0.10 0.15");
    }
}
