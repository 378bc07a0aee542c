//! Measured figures, and tables of them.

use std::time::Duration;

/// Figures of one kind, in the unit of their table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    /// Adds a time in milliseconds.
    pub(crate) fn push_time(&mut self, time: Duration) {
        self.push(time.as_secs_f64() * 1_000.0);
    }

    /// Adds a figure.
    pub(crate) fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// The figure that this part of all figures is not above; 0.5: the median. 0 without figures.
    pub(crate) fn at(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
    }

    /// The median.
    pub(crate) fn median(&self) -> f64 {
        self.at(0.5)
    }
}

/// A Markdown table.
pub(crate) fn write_table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(head.to_vec());
    text += &line(vec!["---"; head.len()]);
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}

/// A figure with as many digits as it deserves.
pub(crate) fn write_figure(figure: f64) -> String {
    match figure {
        100.0.. => format!("{figure:.0}"),
        10.0..100.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_figures_is_not_above_it() {
        let mut figures = Figures::default();
        assert_eq!(figures.median(), 0.0);
        for figure in [5.0, 1.0, 4.0, 2.0, 3.0] {
            figures.push(figure);
        }
        let cases = [(0.0, 1.0), (0.1, 1.0), (0.5, 3.0), (0.9, 5.0), (0.99, 5.0)];
        for (part, expected) in cases {
            assert_eq!(figures.at(part), expected, "{part}");
        }
    }

    #[test]
    fn a_figure_has_three_digits() {
        for (figure, expected) in [(0.123_4, "0.12"), (12.34, "12.3"), (123.4, "123")] {
            assert_eq!(write_figure(figure), expected);
        }
    }
}
