//! The operator's commands: keys, leads, held deliveries, the directory, and tests.

mod accounts;
mod confirm;
mod console;
mod destinations;
mod directory;
mod doctor;
mod env;
mod failure;
mod forward;
mod held;
mod keys;
mod leads;
mod listing;
mod open_table;
mod person;
mod request_options;
mod secret_text;
mod send;
mod server;
mod signing_secret;
mod table_options;

pub use failure::Failure;

use crate::serve::{options::ServeOptions, serve};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use std::io::{self, Write};

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 failed, or not confirmed; 2 invalid input; 3 nothing was found;
4 the table cannot be used. `serve` fails with 1, or with 2 for invalid options.";

/// Receives leads at the addresses of lead providers and stores them in your own DynamoDB table.
#[derive(Parser)]
#[command(
    name = "leadhook", version, args_conflicts_with_subcommands = true, after_help = EXIT_CODES,
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeOptions,
}

#[derive(Subcommand)]
enum Command {
    /// Serve every provider's address on this machine (the default command)
    Serve(ServeOptions),
    /// Make, list, revoke and rotate the API keys of senders
    Keys(keys::Keys),
    /// List, show, export, count and erase leads
    Leads(leads::Leads),
    /// List, correct and redeliver deliveries that did not become leads
    Held(held::Held),
    /// Forward the leads of an account to an address: add, list, test, pause, replay
    Destinations(destinations::Destinations),
    /// Post leads to an address while you develop its receiver, without a destination
    Forward(forward::Forward),
    /// Edit the entries that deliveries refer to: chatbots, properties, statuses, users
    Directory(directory::DirectoryCommand),
    /// Open the console over a table, in a browser on this machine
    Console(console::OpenConsole),
    /// Send a lead to a server, to try it
    Send(send::SendLead),
    /// Check the table and the connection to it, and say what to do
    Doctor(doctor::Doctor),
    /// Print the variables that point AWS tools at the local table
    Env(env::Env),
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  mkdir -p ~/.local/share/bash-completion/completions
  leadhook completions bash \\
    > ~/.local/share/bash-completion/completions/leadhook")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Runs the command.
///
/// # Errors
/// If the command fails. A closed output is not an error.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    let done = match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(options) => serve(options).await.map_err(Failure::from),
        Command::Keys(keys) => keys.run().await,
        Command::Leads(leads) => leads.run().await,
        Command::Held(held) => held.run().await,
        Command::Destinations(destinations) => destinations.run().await,
        Command::Forward(forward) => forward.run().await,
        Command::Directory(directory) => directory.run().await,
        Command::Console(console) => console.run().await,
        Command::Send(send) => send.run(),
        Command::Doctor(doctor) => doctor.run().await,
        Command::Env(env) => env.run().await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "leadhook", &mut script);
            io::stdout().write_all(&script).map_err(Failure::from)
        }
    };
    match done {
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
