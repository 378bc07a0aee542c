use super::{named::Named, new_destination::WindowOptions};
use crate::commands::{
    failure::Failure, open_table::OpenTable, request_options::RequestOptions,
    secret_text::SecretText, signing_secret::SecretOptions,
};
use clap::Args;
use operator::settings::{Settings, store_settings};

#[derive(Args)]
pub(super) struct Update {
    #[command(flatten)]
    named: Named,
    /// Your name for the destination; empty for none
    #[arg(long, short)]
    label: Option<String>,
    /// The address that each lead is posted to: https://... @FILE, or - for a line of standard
    /// input
    #[arg(long, value_name = "URL")]
    url: Option<SecretText>,
    #[command(flatten)]
    request: RequestOptions,
    #[command(flatten)]
    window: WindowOptions,
    /// A header that requests have no more; repeatable
    #[arg(long, value_name = "NAME")]
    remove_header: Vec<String>,
    /// Post the body of the format again
    #[arg(long, conflicts_with_all = ["template", "content_type"])]
    remove_template: bool,
    /// Forward all leads again
    #[arg(long, conflicts_with = "only")]
    all_leads: bool,
    #[command(flatten)]
    secret: SecretOptions,
}

impl Update {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let Self { named, label, url, request, remove_header, remove_template, .. } = self;
        let Self { all_leads, secret, window, .. } = self;
        let has_headers = request.has_headers();
        let nothing = remove_template.then(String::new);
        let read = request.read()?;
        let settings = Settings {
            label,
            in_flight: window.in_flight,
            url: url.map(|url| url.read_public("--url")).transpose()?,
            removed_headers: remove_header,
            template: read.template.or_else(|| nothing.clone()),
            content_type: read.content_type.or(nothing),
            only: read.only.or_else(|| all_leads.then(Vec::new)),
            ..read
        };
        if settings == Settings::default() {
            return Err(Failure::input("write what to change, such as --header or --label"));
        }
        let mut destination = named.find(opened).await?;
        let master = if has_headers { Some(secret.read(opened).await?) } else { None };
        let allowed = opened.addresses();
        settings.apply(&mut destination, allowed, master.as_ref(), &opened.system).await?;
        store_settings(&opened.table, &destination).await?;
        eprintln!("{} is changed: the next post is sent so", destination.id);
        Ok(())
    }
}
