//! Masks names and contacts until the operator asks for them.

/// Whether names and contacts are masked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mask {
    pub(crate) hides: bool,
}

/// What stands for a hidden text.
const DOTS: &str = "•••";

impl Mask {
    /// A name or a contact; masked, only the first letter of each word.
    pub(crate) fn text(self, text: Option<&str>) -> String {
        let text = text.unwrap_or_default();
        if !self.hides {
            return text.to_owned();
        }
        let words = text.split_whitespace().take(4).map(|word| {
            let first = word.chars().next().filter(|c| c.is_alphabetic());
            let host = word.split_once('@').map_or("", |_| "@•••");
            format!("{}{DOTS}{host}", first.map(String::from).unwrap_or_default())
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// A text that may have personal data anywhere.
    pub(crate) fn all(self, text: &str) -> String {
        if self.hides {
            "hidden; show names and contacts to read it".to_owned()
        } else {
            text.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_text_has_only_first_letters() {
        let mask = Mask { hides: true };
        let cases = [
            ("Maria Silva", "M••• S•••"),
            ("maria@exemplo.com", "m•••@•••"),
            ("+55 11 99999", "••• ••• •••"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(mask.text(Some(text)), expected);
            assert_eq!(Mask { hides: false }.text(Some(text)), text);
        }
        assert!(!mask.all("Maria").contains("Maria"));
    }
}
