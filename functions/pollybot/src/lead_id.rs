use shared::model::LeadIdForm;

/// How lead ids are written: `lead_` and 16 hexadecimal digits.
pub const LEAD_ID: LeadIdForm =
    LeadIdForm { prefix: "lead_", alphabet: b"0123456789abcdef", digits: 16 };
