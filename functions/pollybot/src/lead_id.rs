use shared::{
    model::{LeadId, LeadIdForm},
    request::Request,
};

/// How lead ids are written: `lead_` and 16 hexadecimal digits.
pub const LEAD_ID: LeadIdForm =
    LeadIdForm { prefix: "lead_", alphabet: b"0123456789abcdef", digits: 16 };

/// The id in the path of a request; `None` if it has not this form.
pub(crate) fn read_lead_id(request: &Request) -> Option<LeadId> {
    LEAD_ID.read(&request.path_value("leadId", "leads")?)
}
