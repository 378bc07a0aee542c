//! The forms of a lead id. Each form reads only what it wrote.

use shared::model::LeadId;

/// An id as a number, and as RD Station, PollyBot and Keyspot write it.
const FORMS: [[&str; 4]; 4] = [
    ["0", "lead_00000000000", "lead_0000000000000000", "c00000000000000"],
    ["35", "lead_00000000013", "lead_0000000000000023", "c0000000000000z"],
    ["373458190336353", "lead_0AKN21CC0B1", "lead_000153a882c60161", "c00003odobo4di9"],
    ["9007199254740991", "lead_7ZZZZZZZZZZ", "lead_001fffffffffffff", "c0002gosa7pa2gv"],
];

fn read(form: usize, text: &str) -> Option<LeadId> {
    match form {
        0 => text.parse().ok(),
        1 => rdstation::LEAD_ID.read(text),
        2 => pollybot::LEAD_ID.read(text),
        _ => keyspot::LEAD_ID.read(text),
    }
}

#[test]
fn each_form_reads_only_its_own_ids() {
    for forms in FORMS {
        let id: LeadId = forms[0].parse().unwrap();
        let written = [
            id.to_string(),
            rdstation::LEAD_ID.write(id),
            pollybot::LEAD_ID.write(id),
            keyspot::LEAD_ID.write(id),
        ];
        assert_eq!(written, forms);
        for (form, text) in forms.iter().enumerate() {
            for reader in 0..forms.len() {
                assert_eq!(
                    read(reader, text),
                    (reader == form).then_some(id),
                    "{text} by {reader}"
                );
            }
        }
    }
}

#[test]
fn a_text_that_is_not_an_id_is_read_by_no_form() {
    for text in [
        "",
        "-1",
        "+1",
        "01",
        " 1",
        "1.0",
        "9007199254740992",
        "99999999999999999999",
        "lead_",
        "lead_0000000000I",
        "lead_0000000000a",
        "lead_80000000000",
        "lead_000000000000000G",
        "lead_000000000000000F",
        "lead_0020000000000000",
        "lead_ffffffffffffffff",
        "c",
        "c0000000000000Z",
        "c0002gosa7pa2gw",
        "czzzzzzzzzzzzzz",
        "x00000000000000",
    ] {
        for form in 0..4 {
            assert_eq!(read(form, text), None, "{text} by {form}");
        }
    }
}
