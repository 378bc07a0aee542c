//! The `leadhook` command. Without a subcommand it serves.

use clap::{Parser, Subcommand};
use leadhook::{ServeOptions, serve};
use std::process::ExitCode;

/// Takes leads at the addresses of five lead providers and keeps them in your own
/// DynamoDB table.
#[derive(Parser)]
#[command(name = "leadhook", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeOptions,
}

#[derive(Subcommand)]
enum Command {
    /// Serve every provider's address on this machine (what happens without a command)
    Serve(ServeOptions),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command, serve: options } = Cli::parse();
    let Command::Serve(options) = command.unwrap_or(Command::Serve(options));
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
