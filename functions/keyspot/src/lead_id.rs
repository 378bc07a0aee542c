use shared::model::LeadIdForm;

/// How lead ids are written: `c` and 14 digits of base 36.
pub const LEAD_ID: LeadIdForm =
    LeadIdForm { prefix: "c", alphabet: b"0123456789abcdefghijklmnopqrstuvwxyz", digits: 14 };
