//! The real binary, in a folder of its own, on a port that the system picks: started, asked over
//! HTTP, killed for real.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use reqwest::{Client, Method};
use serde_json::{Value, json};

pub const ADMIN_PASSWORD: &str = "the admin's password";

/// A running `souk serve`; killed when it is dropped.
pub struct Process {
    child: Child,
    pub base: String,
    pub client: Client,
}

/// What the server said.
#[derive(Clone, Debug)]
pub struct Done {
    pub status: u16,
    pub body: Value,
}

impl Done {
    /// The body of what must have gone well.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.body
    }
}

/// The binary with the settings that tests share.
pub fn souk(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_souk"));
    command
        .env("SOUK_DATA_DIR", data_dir)
        .env("SOUK_LISTEN", "127.0.0.1:0")
        .env("SOUK_DEVELOPMENT", "1")
        .env("SOUK_BCRYPT_COST", "4")
        .env("SOUK_RATE_LIMITS", "off")
        .env("SOUK_ADMIN_PASSWORD", ADMIN_PASSWORD)
        .env("SOUK_LOG", "info");
    command
}

/// `souk verify` of a folder: its exit code and what it says.
pub fn verify(data_dir: &Path) -> (i32, Value) {
    let Output { status, stdout, .. } = souk(data_dir).arg("verify").output().unwrap();
    (status.code().unwrap(), serde_json::from_slice(&stdout).unwrap())
}

impl Process {
    /// Starts the exchange and waits until it says where it listens.
    pub fn start(data_dir: &Path) -> Process {
        Process::start_with(data_dir, &[])
    }

    /// As [`Process::start`], with more settings.
    pub fn start_with(data_dir: &Path, settings: &[(&str, &str)]) -> Process {
        let mut command = souk(data_dir);
        command.envs(settings.iter().copied());
        Process::spawn(command)
    }

    /// Runs a command that serves.
    pub fn spawn(mut command: Command) -> Process {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut seen = String::new();
        let base = loop {
            let Some(Ok(line)) = lines.next() else {
                panic!("the exchange did not start: {:?}\n{seen}", child.wait())
            };
            if let Some((_, address)) = line.split_once("listening on ") {
                break address.trim().to_owned();
            }
            seen += &line;
            seen.push('\n');
        };
        // What it logs from here on is read, so that the pipe never fills.
        std::thread::spawn(move || lines.for_each(drop));
        Process { child, base, client: Client::new() }
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit that follows.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.child.wait().unwrap()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        // The shell's own: the program of this name is not installed everywhere.
        let kill = format!("kill -s {name} {}", self.id());
        let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(status.success());
    }

    /// The number that the system knows it by.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the process ends by itself.
    pub fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// One request; `None` where the connection broke.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Option<Done> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.ok()?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Some(Done { status, body })
    }

    /// A GET that is answered.
    pub async fn get(&self, path: &str, token: &str) -> Done {
        self.ask(Method::GET, path, Some(token), None).await.unwrap()
    }

    /// A POST that is answered.
    pub async fn post(&self, path: &str, token: &str, body: Value) -> Done {
        self.ask(Method::POST, path, Some(token), Some(body)).await.unwrap()
    }

    /// Registers a user and logs in; gives the token.
    pub async fn register(&self, name: &str) -> String {
        let password = format!("the password of {name}");
        let body = json!({
            "username": name, "email": format!("{name}@example.org"), "password": password,
        });
        let said = self.ask(Method::POST, "/api/auth/register", None, Some(body)).await.unwrap();
        said.ok();
        self.login(name, &password).await
    }

    /// A token of a known user.
    pub async fn login(&self, name: &str, password: &str) -> String {
        let body = json!({ "username": name, "password": password });
        let said = self.ask(Method::POST, "/api/auth/login", None, Some(body)).await.unwrap();
        said.ok()["access_token"].as_str().unwrap().to_owned()
    }

    /// The admin's token.
    pub async fn admin(&self) -> String {
        self.login("admin", ADMIN_PASSWORD).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The newest file with this ending in a folder.
pub fn newest(folder: &Path, ending: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_string_lossy().ends_with(ending)).max()
}
