//! A private MariaDB server: its own folder, socket and port, no password; stopped, frozen and killed by
//! the test that owns it.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// How long a server may take to answer.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
const NEEDED: &str = "tests of the mirror need mariadb-server: run `scripts/setup tools`";

/// A running server; killed when it is dropped.
pub struct Server {
    child: Child,
    dir: TempDir,
    port: u16,
    more: Vec<String>,
}

impl Server {
    /// Starts a server with nothing in it.
    pub fn start() -> Server {
        Server::start_with(&["--innodb-flush-log-at-trx-commit=2"])
    }

    /// With options of its own.
    pub fn start_with(more: &[&str]) -> Server {
        let dir = TempDir::new().unwrap();
        let data = dir.path().join("data");
        copy_all(&template(), &data);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let more: Vec<String> = more.iter().map(|option| option.to_string()).collect();
        let child = spawn(dir.path(), port, &more);
        let server = Server { child, dir, port, more };
        server.answers();
        server.must("CREATE USER souk@'127.0.0.1' IDENTIFIED BY 'secret'");
        server.must("GRANT ALL ON souk.* TO souk@'127.0.0.1'");
        server
    }

    /// What `SOUK_MYSQL_URL` is to be.
    pub fn url(&self) -> String {
        format!("mysql://souk:secret@127.0.0.1:{}/souk", self.port)
    }

    /// The arguments that make the client connect to it.
    pub fn client(&self) -> Command {
        let mut command = Command::new("mariadb");
        let socket = self.dir.path().join("socket");
        command
            .args(["--no-defaults", "--default-character-set=utf8mb4", "--user=root"])
            .arg(format!("--socket={}", socket.display()));
        command
    }

    /// Runs SQL, and gives what the client said.
    pub fn run(&self, sql: &str) -> Output {
        let mut command = self.client();
        command.args(["--batch", "--skip-column-names", "--raw", "--execute", sql]);
        command.output().expect(NEEDED)
    }

    /// Runs what must go well; gives the rows that it printed.
    #[track_caller]
    pub fn must(&self, sql: &str) -> Vec<Vec<String>> {
        let Output { status, stdout, stderr } = self.run(sql);
        assert!(status.success(), "{sql}\n{}", String::from_utf8_lossy(&stderr));
        let text = String::from_utf8(stdout).unwrap();
        text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    }

    /// The rows of a query in the mirror's database.
    #[track_caller]
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        self.must(&format!("USE souk; {sql}"))
    }

    /// What the client draws of a query in the mirror's database.
    #[track_caller]
    pub fn table(&self, sql: &str) -> String {
        let mut command = self.client();
        let output = command.args(["--table", "souk", "--execute", sql]).output().expect(NEEDED);
        assert!(output.status.success(), "{sql}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// One value.
    #[track_caller]
    pub fn value(&self, sql: &str) -> String {
        let rows = self.rows(sql);
        assert!(rows.len() == 1 && rows[0].len() == 1, "{sql}: {rows:?}");
        rows[0][0].clone()
    }

    /// Keeps everyone else from a table until what it gives is dropped.
    pub fn locks(&self, table: &str) -> Lock {
        let mut command = self.client();
        command.args(["--batch", "--skip-column-names", "--unbuffered", "souk"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect(NEEDED);
        let sql = format!("LOCK TABLES {table} WRITE;\nSELECT 'locked';\n");
        child.stdin.as_mut().unwrap().write_all(sql.as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "locked\n");
        Lock(child)
    }

    /// Waits until somebody waits for a lock.
    pub fn somebody_waits(&self) {
        let until = Instant::now() + STARTS_WITHIN;
        let sql =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting%lock'";
        while self.must(sql) == [["0"]] {
            assert!(Instant::now() < until, "nobody waits for a lock");
        }
    }

    /// Waits until it answers.
    fn answers(&self) {
        let until = Instant::now() + STARTS_WITHIN;
        while !self.run("SELECT 1").status.success() {
            let log = || fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "the server does not answer\n{}", log());
            std::thread::yield_now();
        }
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -s {name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again on the same folder and port.
    pub fn restart(&mut self) {
        self.child = spawn(self.dir.path(), self.port, &self.more);
        self.answers();
    }

    /// Stops it as its operator would, and starts it with other options.
    pub fn restart_with(&mut self, more: &[&str]) {
        self.signal("TERM");
        self.child.wait().unwrap();
        self.more = more.iter().map(|option| option.to_string()).collect();
        self.restart();
    }
}

/// A client that holds a table.
pub struct Lock(Child);

impl Drop for Lock {
    fn drop(&mut self) {
        // The end of its input ends it, and with it the lock.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

fn spawn(dir: &Path, port: u16, more: &[String]) -> Child {
    let log = fs::File::create(dir.join("log")).unwrap();
    let mut command = Command::new("/usr/sbin/mariadbd");
    command
        .args([
            "--no-defaults",
            "--bind-address=127.0.0.1",
            "--skip-log-bin",
            "--skip-name-resolve",
        ])
        .args(["--performance-schema=OFF", "--innodb-buffer-pool-size=128M"])
        .args(["--innodb-log-file-size=64M", "--innodb-fast-shutdown=2"])
        .arg(format!("--datadir={}", dir.join("data").display()))
        .arg(format!("--socket={}", dir.join("socket").display()))
        .arg(format!("--pid-file={}", dir.join("pid").display()))
        .arg(format!("--port={port}"))
        .args(more);
    if is_root() {
        command.arg("--user=root");
    }
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.spawn().expect(NEEDED)
}

/// A folder of a server that was never started; made once, and copied by each.
fn template() -> PathBuf {
    static MAKING: Mutex<()> = Mutex::new(());
    let _alone = MAKING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mariadb-template");
    if kept.exists() {
        return kept;
    }
    let made = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let data = made.path().join("data");
    let mut command = Command::new("mariadb-install-db");
    command
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .args(["--innodb-log-file-size=4M", &format!("--datadir={}", data.display())]);
    if is_root() {
        command.arg("--user=root");
    }
    let Output { status, stdout, stderr } = command.output().expect(NEEDED);
    let said = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(status.success(), "{}{}", said(&stdout), said(&stderr));
    // Another process may have been faster.
    let _ = fs::rename(&data, &kept);
    kept
}

/// A folder with all that is in it.
pub fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_all(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}
