//! `help`: of a command, or of something that concerns all of them; `man` pages tell the topics too.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::config::keys::{KEYS, Stands};
use super::config::variable_of;
use super::report::{self, Exit};
use super::{Outside, print, tree};
use crate::command::pipeline::object::meant;
use crate::domain::Result;

/// Something that concerns all commands.
pub struct Topic {
    pub name: &'static str,
    pub about: &'static str,
    text: fn() -> String,
}

pub const TOPICS: &[Topic] = &[
    Topic { name: "exit-codes", about: "What exit codes mean, and what a script does with them", text: exit_codes },
    Topic { name: "output", about: "Tables, JSON, CSV and ids; fields, jq and what goes where", text: output },
    Topic { name: "environment", about: "Settings: files, variables, profiles and aliases", text: environment },
    Topic { name: "bulk", about: "Many changes from a file or a pipe", text: bulk },
    Topic { name: "keys", about: "Doing something once, however often it is sent", text: keys },
];

impl Topic {
    /// What there is to say, lines of at most 120 characters.
    pub fn text(&self) -> String {
        (self.text)()
    }
}

/// `help` as clap sees it.
pub fn help_command() -> Command {
    let topics: String = TOPICS.iter().map(|topic| format!("  {:<12} {}\n", topic.name, topic.about)).collect();
    Command::new("help")
        .about("Print the help of a command, or of a topic")
        .arg(Arg::new("words").value_name("COMMAND").action(ArgAction::Append).help("A command or a topic"))
        .after_help(format!(
            "Topics:\n{topics}\nExamples:\n  aftersales help\n  aftersales help ticket refund\n  aftersales help exit-codes"
        ))
}

/// Runs `help`.
pub fn help(outside: &mut Outside<'_>, matches: &ArgMatches) -> std::result::Result<(), Exit> {
    let words: Vec<String> = matches.get_many::<String>("words").into_iter().flatten().cloned().collect();
    let text = match words.as_slice() {
        [one] if TOPICS.iter().any(|topic| topic.name == one) => {
            TOPICS.iter().filter(|topic| topic.name == one).map(Topic::text).collect()
        }
        words => of_command(words)?,
    };
    print(outside, text.as_bytes())
}

/// The help of the command of these words.
fn of_command(words: &[String]) -> Result<String> {
    let tree = tree::whole();
    let mut command = &tree;
    for word in words {
        command = command.find_subcommand(word).ok_or_else(|| {
            let known = command.get_subcommands().map(Command::get_name);
            let topics = TOPICS.iter().map(|topic| topic.name).filter(|_| command.get_name() == "aftersales");
            let message =
                format!("there is no command and no topic {:?}{}", words.join(" "), meant(word, known.chain(topics)));
            report::fault("usage", message, None, None, Some("aftersales help".to_owned()))
        })?;
    }
    // As the command tells it itself.
    let typed = ["aftersales"].into_iter().chain(words.iter().map(String::as_str)).chain(["--help"]);
    match tree::whole().try_get_matches_from(typed) {
        Err(error) => Ok(error.render().to_string()),
        Ok(_) => Err(report::incomplete("there is no such help".to_owned(), "")),
    }
}

/// The end of the help of the program.
pub fn after_help() -> String {
    let topics: String = TOPICS.iter().map(|topic| format!("  help {:<12} {}\n", topic.name, topic.about)).collect();
    format!("Topics:\n{topics}\nExamples:\n  aftersales demo\n  aftersales ticket list --open\n  aftersales status")
}

fn exit_codes() -> String {
    "Exit codes: what became of a command, for scripts. The code in words stands in brackets behind
'error', and under 'code' in JSON; 'aftersales explain CODE' says what it means, and 'aftersales
explain' lists all of them.

  0              it is so: done, unchanged, replayed (a key), planned (--dry-run)
  1              a fault of the program: report it
  2              the call cannot be read: mend the call
  3              bulk: some lines failed, the others are done: look at the lines
  10, 11, 12     a bad value, something that is not there, a name that fits several: change the input
  13             a rule of the desk does not allow it: change the input, or what stands against it
  14             a yes is needed: look, then give --yes
  15             no right to it: somebody else has to
  16             settings that cannot be used: 'aftersales config validate'
  21             the key stands for something else: look, then decide
  30             the store is busy or cannot be reached: the same command again is safe
  31             nobody knows whether it was done: with a key again, without one look first
  40, 41         no store, or none of ours, or of another version
  42             the store is damaged: 'aftersales verify', then a backup
  43             it cannot be written: make room, or give the right to
  44             the trial is over: 'aftersales subscription add'
  130, 143, 141  interrupted, ended, or the reader of the output went away

A command that is refused has changed nothing, but for a mail that was tried and not sent (13). After 31
nobody knows. A code from 30 on is of the store or the machine, and the same input may succeed later;
below that it will be refused again.

  aftersales ticket close T1 || case $? in 11) echo 'no such ticket';; 30) echo 'again later';; esac
"
    .to_owned()
}

fn output() -> String {
    "Output: data to stdout and nothing else; messages, questions, progress and errors to stderr.

  -o table   for people, and into a pipe too; a terminal too narrow for all is told what was left out
  -o json    one document: an object, or an array
  -o ndjson  an object a line
  -o csv     a head of keys; texts that a spreadsheet would take for formulas have an apostrophe before
  -o ids     an id a line: what is listed, or what a change made, or else what it was done to

All keys are always there, in one order; what is not known is null. Amounts, quantities and prices are
decimal texts, days 2026-11-23, moments 2026-11-23T10:00:00Z. The same store prints the same bytes
everywhere. 'aftersales schema KIND' prints the JSON Schema of a record.

  --fields id,total   only these, in this order
  --jq EXPR           what a jq expression makes of the JSON; texts are printed raw
  --template TEXT     what a template makes of each record, such as '{{ id }}: {{ subject }}'
  -q                  no messages beside data and errors
  --progress json     how far a long run is, as lines of JSON on stderr; a terminal shows it anyway
  --color never       as NO_COLOR in the environment

The services of a ticket tell by --explain, on stderr, each check that they make.

A change prints {command, status, operation, created, result, warnings}. With json or ndjson an error is
one object on stderr: {error: {code, exit, message, field, given, allowed, hint, line, others}}.

  aftersales ticket list --open --jq '.[] | [.id, .subject] | @tsv'
  aftersales ticket list --open -o ids | xargs -n 1 aftersales ticket show
"
    .to_owned()
}

fn environment() -> String {
    let mut text =
        "Settings: a flag counts before a variable of the environment, that before aftersales.toml of this folder
(store, output and color only), and that before the user's file, ~/.config/aftersales/config.toml
('aftersales config path'). An empty variable is none.

"
        .to_owned();
    for key in KEYS {
        let twin = match key.stands {
            Stands::User => String::new(),
            _ => variable_of(&key.name.replace('.', "_")),
        };
        text.push_str(&format!("  {:<20} {:<25} {}\n", key.name.replace('*', "NAME"), twin, key.about));
    }
    text.push_str(
        "
'aftersales config list --origin' tells what counts here and why, 'config set' changes a file and keeps
its comments, 'config validate' looks at all of it, 'config example' prints a file with everything.

A profile is a store under a name, for --profile. With 'protected = true' whatever moves money or goods in
that store asks first, and without a terminal is refused unless --yes says yes. An alias is a word of your
own for a command: with '[aliases] r = \"ticket refund\"' you type 'aftersales r T1 --invoice INV/2026/1'.

Others are read as everywhere: NO_COLOR, COLUMNS, TERM, XDG_CONFIG_HOME, XDG_DATA_HOME, SSL_CERT_FILE, and on
a PostgreSQL server PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD, PGPASSFILE, PGSSLMODE, PGSSLROOTCERT.

  aftersales config set output json
  AFTERSALES_STORE=other.db aftersales status
",
    );
    text
}

fn bulk() -> String {
    "Bulk: any change as a JSON object a line. A flag's name, with _ for -, is a key; a positional is named as
in the help, in lower case. --dry-run -v prints the object that flags make.

  {\"command\":\"ticket refund\",\"ticket\":\"T1\",\"invoice\":[\"INV/2026/1\"],\"amount\":\"10.00\",\"post\":true}
  {\"command\":\"ticket note\",\"ticket\":\"T1\",\"text\":\"Refunded\",\"key\":\"recall-7\"}

  aftersales apply FILE            an answer a line, in the order of the input; - reads a pipe
  --command 'ticket close'         for lines that name no command
  --dry-run                        run all of it and undo it
  --atomic                         all lines or none
  --on-error stop                  skip the rest after a line that failed
  --key PREFIX                     lines without a key get PREFIX:LINE, so that the file can be fed again

Lines share transactions, each can fail alone, and an answer is written only when its change is durable. 3
is the exit code when some failed. Of an interrupted run the same file with keys does what is left.

Verbs of a state take several records at once, or their ids from a pipe, and answer as apply does:

  aftersales invoice post D1 D2 D3
  aftersales ticket list --user ann --open -o ids | aftersales ticket close -

Records come in by 'aftersales import', which is all or nothing unless --on-error continue.
"
    .to_owned()
}

fn keys() -> String {
    "Keys: --key K, or \"key\" in a line, names a change for ever. With the same content again it answers what was
done then, with the status 'replayed', and does nothing; with another content it is refused (21). A retry is
safe then, whatever became of the first try.

  aftersales ticket refund T1 --invoice INV/2026/1 --amount 10 --key recall-7-T1
  aftersales apply recall.ndjson --key recall-7

A key has at most 255 bytes. There is one space of keys in a store, so take a name that nobody else takes:
the id of an order in a shop, a file's name with its line. A change that was refused keeps no key. The content
is the command as it was given: T1 and T00001 are two contents. A key on what only reads is ignored.
"
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_fit_a_page_and_end_a_line() {
        for topic in TOPICS {
            let text = topic.text();
            assert!(text.ends_with('\n') && !text.contains('\t'), "{}", topic.name);
            for line in text.lines() {
                assert!(line.chars().count() <= 120 && line.trim_end() == line, "{}: {line}", topic.name);
            }
        }
    }
}
