//! Finds phone numbers in a text.

use crate::model::digit;
use std::ops::ControlFlow;

/// A number with fewer digits is found only if the text contains nothing else.
const SHORTEST: usize = 7;
/// A number with this many digits has its area code. Digits before or after it, such as an
/// extension, are not part of it.
const WITH_AREA: usize = 10;

/// Calls `take` with the digits of each number in the text, until `take` breaks. A number has
/// `longest` digits at most; only the number of all digits in the text may be longer.
///
/// A number begins and ends with a group of digits. What is before or after it has no digits, or
/// enough digits for another number. Beside a number with its area code there may also be fewer:
/// always after it, and before it if no `+` comes first.
pub(super) fn each(
    text: &str,
    longest: usize,
    take: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let all: String = text.chars().filter_map(digit).collect();
    let has_nothing_else = || text.chars().all(|c| c == '+' || is_between(c) || digit(c).is_some());
    if all.len() >= SHORTEST || (!all.is_empty() && has_nothing_else()) {
        take(&all)?;
    }
    if all.len() < SHORTEST {
        return ControlFlow::Continue(());
    }
    let mut run = Run::default();
    for c in text.chars() {
        match digit(c) {
            Some(digit) => run.push(digit),
            None if is_between(c) => run.is_apart = true,
            None => {
                run.each_number(longest, take)?;
                run = Run { is_international: c == '+', ..Run::default() };
            }
        }
    }
    run.each_number(longest, take)
}

/// Digits, without the characters between them.
#[derive(Default)]
struct Run {
    digits: String,
    /// The positions where groups of digits begin.
    groups: Vec<usize>,
    /// Whether a `+` is before the digits.
    is_international: bool,
    /// Whether the next digit begins a group.
    is_apart: bool,
}

impl Run {
    fn push(&mut self, digit: char) {
        if self.is_apart || self.digits.is_empty() {
            self.groups.push(self.digits.len());
        }
        self.is_apart = false;
        self.digits.push(digit);
    }

    fn each_number(
        &self,
        longest: usize,
        take: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for (index, &start) in self.groups.iter().enumerate() {
            let ends = self.groups[index + 1..].iter().copied().chain([self.digits.len()]);
            for end in ends.take_while(|end| end - start <= longest) {
                if self.stands_alone(start, end) {
                    take(&self.digits[start..end])?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn stands_alone(&self, start: usize, end: usize) -> bool {
        let (before, length, after) = (start, end - start, self.digits.len() - end);
        let is_other = |digits: usize| digits == 0 || digits >= SHORTEST;
        let with_area = length >= WITH_AREA;
        length >= SHORTEST
            && (is_other(before) || (with_area && !self.is_international))
            && (is_other(after) || with_area)
    }
}

/// A character that people or programs write between the digits of a number.
fn is_between(c: char) -> bool {
    let is_line_end = matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    (c.is_whitespace() && !is_line_end)
        || "-./()".contains(c)
        || matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' | '\u{ff08}' | '\u{ff09}')
        // A space or hyphen of an encoding that is not UTF-8.
        || c == char::REPLACEMENT_CHARACTER
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, phone: &str) -> bool {
        let mut take = |number: &str| {
            if number == phone { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        each(text, phone.len(), &mut take).is_break()
    }

    #[test]
    fn a_number_is_found_with_any_characters_between_its_digits() {
        let cases = [
            "5511999998888",
            "+55 (11) 99999-8888",
            "55.11.99999.8888",
            "55/11/99999/8888",
            "55\t11 99999 8888",
            "55\u{a0}11\u{202f}99999\u{2011}8888",
            "55 11 99999\u{2013}8888",
            "55 11 99999\u{2212}8888",
            "\u{202a}+55 11 99999-8888\u{202c}",
            "55\u{fffd}11\u{fffd}99999\u{fffd}8888",
            "5 5 1 1 9 9 9 9 9 8 8 8 8",
            "５５ １１ ９９９９９－８８８８",
            "٥٥١١٩٩٩٩٩٨٨٨٨",
            "tel:+55-11-99999-8888",
            "5511999998888 ext 12",
            "5511999998888 ramal 12",
            "5511999998888x12",
            "5511999998888#12",
            "5511999998888 12",
            "5511999998888 / 5511777776666",
            "5511777776666;5511999998888",
            "5511777776666, 5511999998888",
            "5511777776666\n5511999998888",
            "5511777776666 ou 5511999998888",
            "5511777776666 5511999998888",
            "+55 11 77777-6666 +55 11 99999-8888",
            "ap. 12 - 5511999998888",
            "2026-01-15 10:30: 5511999998888.",
        ];
        for text in cases {
            assert!(has(text, "5511999998888"), "{text}");
            let beside_another = format!("+5521333344445, {text}");
            assert!(has(&beside_another, "5511999998888"), "{beside_another}");
        }
    }

    #[test]
    fn a_short_number_is_not_found_inside_a_longer_one() {
        let cases = [
            ("inside a group", "551199999888", "1199999", false),
            ("at the beginning of a group", "5511999998888", "55119999", false),
            ("the end of a formatted number", "+55 11 99999-8888", "999998888", false),
            ("the same without a plus", "55 11 99999-8888", "999998888", false),
            ("the beginning", "11 99999-8888", "1199999", false),
            (
                "with its area code, inside an international one",
                "+55 41 5555-2671",
                "4155552671",
                false,
            ),
            ("with its area code, after a prefix", "0 11 99999-8888", "11999998888", true),
            ("beside another number", "1133334444 / 99999-8888", "999998888", true),
            ("nothing else", "99999-8888", "999998888", true),
            ("alone in a text", "call 99999-8888, please", "999998888", true),
            ("a few digits and nothing else", "190", "190", true),
            ("a few digits in a text", "190 m", "190", false),
            ("a few digits beside a number", "190, or 99999-8888", "190", false),
            ("digits of two lines", "1133334444, 99999\n8888", "999998888", false),
            ("a few digits at a line's end", "floor 5\n190", "190", false),
            ("all digits of a text, with plus signs", "55+11+99999+8888", "5511999998888", true),
            ("all digits of a text", "11 9999 ramal 12", "11999912", true),
            ("with one more digit", "5511999998888 1", "55119999988881", true),
            ("without a digit", "", "", false),
        ];
        for (case, text, phone, expected) in cases {
            assert_eq!(has(text, phone), expected, "{case}");
        }
    }
}
