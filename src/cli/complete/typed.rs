//! What was typed in a shell, and how a candidate is told to it: each shell cuts lines into words in a way of its own.

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub struct Typed {
    /// The words before the one that is being typed, without the name of the program.
    pub before: Vec<String>,
    /// What stands of the word that is being typed, without its quotes.
    pub current: String,
    tells: Tells,
}

/// How candidates are told.
#[derive(Debug, PartialEq, Eq)]
enum Tells {
    /// With a few words behind a tab.
    WithAbout,
    /// As what bash puts in the place of its own idea of the word: without the bytes before the last `=` or `:`, and with what a
    /// shell would take for something else escaped, unless a quote is open.
    ForBash { without: usize, is_quoted: bool },
}

impl Typed {
    /// What a shell says was typed: bash the line up to the cursor and its own idea of the word; the others all words.
    pub fn of(shell: &str, said: &[String]) -> Option<Typed> {
        match shell {
            "bash" => {
                let [line, word] = said else { return None };
                let (mut words, quote) = split(line);
                let current = words.pop()?;
                let (tail, _) = split(word);
                let tail = tail.last().map_or("", String::as_str);
                let without = if current.ends_with(tail) { current.len() - tail.len() } else { 0 };
                let tells = Tells::ForBash { without, is_quoted: quote.is_some() };
                Some(Typed { before: words.into_iter().skip(1).collect(), current, tells })
            }
            "zsh" | "fish" => {
                let (current, before) = said.split_last()?;
                let (current, _) = split(current);
                let current = current.last().cloned().unwrap_or_default();
                Some(Typed { before: before.iter().skip(1).cloned().collect(), current, tells: Tells::WithAbout })
            }
            _ => None,
        }
    }

    /// A candidate as a line.
    pub fn line(&self, value: &str, about: &str) -> String {
        // A line cannot hold what ends it.
        if value.contains(char::is_control) {
            return String::new();
        }
        match self.tells {
            Tells::WithAbout => format!("{value}\t{about}\n"),
            Tells::ForBash { without, is_quoted } => {
                let rest = value.get(without..).unwrap_or(value);
                if is_quoted { format!("{rest}\n") } else { format!("{}\n", escaped(rest)) }
            }
        }
    }
}

/// A text as it stands in a line of a shell without quotes.
fn escaped(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=,+@%^".contains(c);
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_plain(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The words of a line without their quotes, the last of which may be empty or begun only; and the quote that is open at its end.
fn split(line: &str) -> (Vec<String>, Option<char>) {
    let mut words = vec![String::new()];
    let (mut quote, mut is_begun) = (None, false);
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        let word = match words.last_mut() {
            Some(word) => word,
            None => break,
        };
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('\''), c) => word.push(c),
            (_, '\\') => word.extend(characters.next()),
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => (quote, is_begun) = (Some(c), true),
            (None, c) if c.is_whitespace() => {
                if is_begun || !word.is_empty() {
                    words.push(String::new());
                    is_begun = false;
                }
            }
            (None, c) => word.push(c),
        }
    }
    (words, quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_line_is_cut_as_a_shell_cuts_it() {
        for (line, expected, quote) in [
            ("a ticket sh", &["a", "ticket", "sh"][..], None),
            ("a  show ", &["a", "show", ""], None),
            ("a 'Sorry 1", &["a", "Sorry 1"], Some('\'')),
            ("a \"x \\\" y\" ''", &["a", "x \" y", ""], None),
            ("a Sorry\\ 1", &["a", "Sorry 1"], None),
            ("", &[""], None),
            ("a '' ", &["a", "", ""], None),
            ("a \\", &["a", ""], None),
        ] {
            assert_eq!(split(line), (words(expected), quote), "{line}");
        }
    }

    #[test]
    fn bash_is_told_what_it_puts_in_the_place_of_its_word() {
        let typed = |line: &str, word: &str| Typed::of("bash", &words(&[line, word])).unwrap();
        let plain = typed("aftersales ticket show T", "T");
        assert_eq!((plain.before.clone(), plain.current.as_str()), (words(&["ticket", "show"]), "T"));
        assert_eq!(plain.line("T00001", "Lamp"), "T00001\n");
        assert_eq!(typed("aftersales coupon-program show So", "So").line("Sorry 10", ""), "Sorry\\ 10\n");
        assert_eq!(typed("aftersales coupon-program show 'So", "'So").line("Sorry 10", ""), "Sorry 10\n");
        // Bash takes what follows = and : for a word of its own.
        assert_eq!(typed("aftersales ticket list --customer=C", "C").line("--customer=C00001", ""), "C00001\n");
        assert_eq!(typed("aftersales ticket list --customer=", "").line("--customer=C00001", ""), "C00001\n");
        assert_eq!(Typed::of("bash", &[]), None);
        assert_eq!(Typed::of("csh", &words(&["a", "b"])), None);
    }

    #[test]
    fn the_others_are_told_the_word_and_a_few_words_on_it() {
        let typed = Typed::of("fish", &words(&["aftersales", "ticket", "show", "T"])).unwrap();
        assert_eq!((typed.before.clone(), typed.current.as_str()), (words(&["ticket", "show"]), "T"));
        assert_eq!(typed.line("T00001", "Lamp"), "T00001\tLamp\n");
        assert_eq!(typed.line("T\n1", "Lamp"), "");
    }
}
