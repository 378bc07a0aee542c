use shared::model::LeadIdForm;

/// How lead ids are written: `lead_` and 11 digits of Crockford's base 32.
pub const LEAD_ID: LeadIdForm =
    LeadIdForm { prefix: "lead_", alphabet: b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", digits: 11 };
