//! The `souk` binary: serves the exchange, and brings the tools that look after it.

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};
use souk::{
    app,
    http::routes,
    memory,
    settings::{Flags, Settings},
    sim::{
        conformance::{self, Outcome},
        demo::{self, DemoArgs},
        load::{self, LoadArgs},
        replay::{self, ReplayArgs},
    },
    store, telemetry,
};

/// An exchange on your own machine: in memory, durable, over REST and WebSocket.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// A TOML file of settings; souk.example.toml shows every key
    #[arg(long, global = true, value_name = "FILE", env = "SOUK_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the exchange (the default)
    Serve(Flags),
    /// Verify a data folder offline; one line of JSON, exit code 0 clean, 3 torn tail, 4 damaged
    Verify {
        /// Folder of the journal and the snapshots
        #[arg(long, value_name = "FOLDER", env = "SOUK_DATA_DIR", default_value = "snapshots")]
        data_dir: PathBuf,
    },
    /// Look after the MySQL mirror while the exchange is stopped
    Mirror {
        work: app::MirrorWork,
        #[command(flatten)]
        flags: Flags,
    },
    /// Play a recorded market into a running exchange
    Replay(ReplayArgs),
    /// Put a few users and orders into a running exchange, to have something to look at
    Demo(DemoArgs),
    /// Drive a running exchange as a market does, and measure it
    Load(LoadArgs),
    /// Print the OpenAPI document of the REST API
    Openapi,
    /// Play a command stream into the book and print its reports
    Conformance {
        /// Print the SHA-256 of the reports instead
        #[arg(long)]
        sha256: bool,
        /// A stream (.bin, .bin.gz) or edge cases (.json)
        file: PathBuf,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    memory::prepare();
    let cli = Cli::parse();
    match cli.command {
        None => serve(cli.config, cli.flags),
        Some(Command::Serve(flags)) => serve(cli.config, flags.or(cli.flags)),
        Some(Command::Verify { data_dir }) => verify(data_dir),
        Some(Command::Mirror { work, flags }) => {
            with_settings(cli.config, flags.or(cli.flags), |settings| {
                app::look_after_mirror(&settings, work)
            })
        }
        Some(Command::Replay(args)) => tokio::runtime::Runtime::new()?.block_on(replay::play(args)),
        Some(Command::Demo(args)) => {
            tokio::runtime::Runtime::new()?.block_on(demo::run(args))?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Load(args)) => load::load(args),
        Some(Command::Openapi) => {
            println!("{}", serde_json::to_string_pretty(&routes::document())?);
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Conformance { sha256, file }) => conform(sha256, file),
    }
}

fn serve(config: Option<PathBuf>, flags: Flags) -> anyhow::Result<ExitCode> {
    with_settings(config, flags, app::serve)
}

fn with_settings(
    config: Option<PathBuf>,
    flags: Flags,
    work: impl FnOnce(Settings) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let settings = match Settings::load(config.as_deref(), flags) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("souk: {error}");
            return Ok(ExitCode::from(2));
        }
    };
    telemetry::start(&settings).context("logging cannot be started")?;
    work(settings)
}

fn verify(data_dir: PathBuf) -> anyhow::Result<ExitCode> {
    let verdict = store::verify(&data_dir);
    println!("{}", serde_json::to_string(&verdict)?);
    Ok(ExitCode::from(verdict.exit_code()))
}

fn conform(sha256: bool, file: PathBuf) -> anyhow::Result<ExitCode> {
    let outcome = conformance::run(&file)?;
    let text = match (&outcome, sha256) {
        (Outcome::Stream(reports), true) => conformance::sha256(reports) + "\n",
        _ => outcome.text(),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::from(u8::from(!outcome.passes())))
}
