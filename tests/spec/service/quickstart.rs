//! The section of README.md on the service, run as it stands: a payment moves a prediction and the forecast.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::readme::service_section;

/// A shell with all that it started; nothing of it outlives the test.
struct Shell(Child);

impl Drop for Shell {
    fn drop(&mut self) {
        let end = format!("kill -s KILL -- -{}", self.0.id());
        // A group that has ended already is what is wanted.
        let _ = Command::new("sh")
            .args(["-c", end.as_str()])
            .stderr(Stdio::null())
            .status();
        let _ = self.0.wait();
    }
}

#[test]
fn a_newcomer_sees_a_payment_move_a_prediction_and_the_forecast() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: curl is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("the temporary folder is writable");
    let said = run(&script(service_section()), folder.path());

    let summaries: Vec<Value> = lines(&said, "{\"summary\":").map(json).collect();
    assert_eq!(summaries.len(), 7, "{said}");
    for summary in &summaries {
        assert_eq!(summary["summary"]["rejected"], 0, "{said}");
        assert_ne!(summary["summary"]["added"], 0, "{said}");
    }

    let predictions: Vec<Value> = lines(&said, "{\"invoice_id\":\"I000000394\"").map(json).collect();
    let [before, after] = predictions.as_slice() else {
        panic!("two predictions were asked for: {said}");
    };
    let unpaid = |prediction: &Value| {
        prediction["unpaid_90_days_probability"]
            .as_f64()
            .expect("a probability")
    };
    assert!(unpaid(after) < 0.55 * unpaid(before), "{before} {after}");
    assert_ne!(before["reasons"], after["reasons"]);
    assert_ne!(after["reasons"][0]["text"], Value::Null, "{after}");

    let weeks: Vec<&str> = lines(&said, "2026-W14,EUR,").collect();
    let [before, after] = weeks.as_slice() else {
        panic!("two forecasts were asked for: {said}");
    };
    assert_ne!(before, after);
}

/// Runs a script in a folder with the shipped data; returns what it printed.
fn run(script: &str, folder: &Path) -> String {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for shipped in ["data", "models"] {
        symlink(package.join(shipped), folder.join(shipped)).expect("the temporary folder is writable");
    }
    let programs = Path::new(env!("CARGO_BIN_EXE_duecast"))
        .parent()
        .expect("a program is in a folder");
    let mut path = programs.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let (address, metrics_address) = free_addresses();
    let (printed, complained) = (folder.join("printed"), folder.join("complained"));
    let shell = Command::new("sh")
        .args(["-e", "-c", script])
        .current_dir(folder)
        .env("PATH", path)
        .env("DUECAST_LISTEN__ADDRESS", address)
        .env("DUECAST_LISTEN__METRICS_ADDRESS", metrics_address)
        .env("NO_PROXY", "*")
        .env("no_proxy", "*")
        // Files, not pipes: the service holds them open, and a pipe would be read until it ends.
        .stdin(Stdio::null())
        .stdout(File::create(&printed).expect("the temporary folder is writable"))
        .stderr(File::create(&complained).expect("the temporary folder is writable"))
        .process_group(0)
        .spawn()
        .expect("every system has sh");
    let mut shell = Shell(shell);
    let status = shell.0.wait().expect("the shell can be waited for");
    let read = |file: &Path| std::fs::read_to_string(file).unwrap_or_default();
    let said = read(&printed);
    assert!(
        status.success(),
        "the shell ended with {status}\n{said}\n{}\n{}",
        read(&complained),
        read(&folder.join("duecast.log"))
    );
    said
}

/// Two addresses of the loopback that nobody listens on.
fn free_addresses() -> (String, String) {
    let listen = || TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
    let (first, second) = (listen(), listen());
    let address = |listener: &TcpListener| listener.local_addr().expect("it is bound").to_string();
    (address(&first), address(&second))
}

/// The fenced `sh` blocks of a text, one after the other.
fn script(markdown: &str) -> String {
    let mut script = String::new();
    let mut is_shell = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            is_shell = line.trim_end() == "```sh";
        } else if is_shell {
            script.push_str(line);
            script.push('\n');
        }
    }
    assert!(
        script.contains("duecast serve"),
        "the service is started: {script}"
    );
    script
}

fn lines<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter(move |line| line.starts_with(start))
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).expect("a line of JSON")
}
