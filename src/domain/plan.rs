//! Planning an intervention: what the form of `ticket plan` stands for, and why it is refused (spec F1).

use std::fmt;
use std::str::FromStr;

use super::Refusal;
use super::common::ValueRefused;
use super::desk::Timezone;
use super::project::Project;
use crate::domain::value::day::{Day, GivenTime, Instant};
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::{Setting, text_value};

/// When something is planned: a moment, or a whole day of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlannedTime {
    Day(Day),
    Time(GivenTime),
}

impl FromStr for PlannedTime {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let day = text.parse().map(PlannedTime::Day);
        day.or_else(|_| text.parse().map(PlannedTime::Time)).map_err(|_| {
            format!("{text:?} is neither a day such as 2026-11-23 nor a time such as 2026-11-23T10:00 or 2026-11-23T10:00:00Z")
        })
    }
}

impl fmt::Display for PlannedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlannedTime::Day(day) => day.fmt(f),
            PlannedTime::Time(time) => time.fmt(f),
        }
    }
}

text_value!(PlannedTime, "a day or a time such as \"2026-11-23T10:00\"");

/// From when to when a task is planned; either end may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    pub start: Option<Instant>,
    pub end: Option<Instant>,
}

impl Window {
    /// The window with what was given for its ends. A day begins with its first second in the desk's time zone and ends with
    /// its last, so that one day for both ends is that whole day.
    pub fn with(
        self,
        start: Option<&Setting<PlannedTime>>,
        end: Option<&Setting<PlannedTime>>,
        zone: &Timezone,
    ) -> Result<Window, ValueRefused> {
        let window = Window {
            start: time_after("start", self.start, start, zone, |day| zone.start_of(day))?,
            end: time_after("end", self.end, end, zone, |day| zone.end_of(day))?,
        };
        match (window.start, window.end) {
            (Some(from), Some(until)) if until < from => {
                // The one that was given is at fault; the end where both were.
                let (field, given) = if end.is_some() { ("end", end) } else { ("start", start) };
                let given = given.map(ToString::to_string).unwrap_or_default();
                Err(ValueRefused::invalid(field, given, format!("the end {until} is before the start {from}")))
            }
            _ => Ok(window),
        }
    }
}

fn time_after(
    field: &'static str,
    before: Option<Instant>,
    given: Option<&Setting<PlannedTime>>,
    zone: &Timezone,
    of_day: impl Fn(Day) -> Option<Instant>,
) -> Result<Option<Instant>, ValueRefused> {
    match given {
        None => Ok(before),
        Some(Setting(None)) => Ok(None),
        Some(Setting(Some(PlannedTime::Time(time)))) => zone.moment(field, *time).map(Some),
        Some(Setting(Some(PlannedTime::Day(day)))) => of_day(*day)
            .map(Some)
            .ok_or_else(|| ValueRefused::invalid(field, day, format!("{day} is beyond the days that can be planned"))),
    }
}

/// Why an intervention is not planned as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanRefused {
    #[error("no project is named with --project, and the team {team} has no field service project")]
    ProjectRequired {
        team: String,
        /// One that the team could be given; none where the desk has none.
        project: Option<String>,
    },
    #[error("the project {project} has no worksheets, so it takes no worksheet template")]
    WorksheetsNotEnabled { project: String, given: String },
}

impl Refusal for PlanRefused {
    fn code(&self) -> &'static str {
        match self {
            PlanRefused::ProjectRequired { .. } => "project_required",
            PlanRefused::WorksheetsNotEnabled { .. } => "worksheets_not_enabled",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            PlanRefused::ProjectRequired { .. } => Some("project"),
            PlanRefused::WorksheetsNotEnabled { .. } => Some("worksheet_template"),
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            PlanRefused::ProjectRequired { .. } => None,
            PlanRefused::WorksheetsNotEnabled { given, .. } => Some(given.clone()),
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            PlanRefused::ProjectRequired { team, project: Some(project) } => {
                format!("aftersales team edit {} --field-service-project {}", shell_word(team), shell_word(project))
            }
            PlanRefused::ProjectRequired { project: None, .. } => "aftersales project create --help".to_owned(),
            PlanRefused::WorksheetsNotEnabled { project, .. } => {
                format!("aftersales project edit {} --worksheets", shell_word(project))
            }
        })
    }
}

/// The title of the task: the one given, else the ticket's subject.
pub fn title(given: Option<&str>, subject: &str) -> Result<String, ValueRefused> {
    match given {
        Some("") => Err(ValueRefused::missing("title")),
        Some(title) => Ok(title.to_owned()),
        None => Ok(subject.to_owned()),
    }
}

/// Refuses to empty the project, which a task cannot be without.
pub fn check_project(given: Option<&str>) -> Result<(), ValueRefused> {
    match given {
        Some("") => Err(ValueRefused::missing("project")),
        _ => Ok(()),
    }
}

/// The project of the task: the one given, else the default of the ticket's team. Where there is neither, `other` is one that the
/// team could be given.
pub fn project(
    given: Option<Project>,
    default: Option<Project>,
    team: &str,
    other: Option<String>,
) -> Result<Project, PlanRefused> {
    given.or(default).ok_or_else(|| PlanRefused::ProjectRequired { team: team.to_owned(), project: other })
}

/// The template of the task's worksheet: the one given where the project has worksheets, else the project's default.
pub fn template(project: &Project, given: Option<Setting<Reference>>) -> Result<Option<Reference>, PlanRefused> {
    match given {
        Some(Setting(Some(template))) if !project.worksheets => {
            Err(PlanRefused::WorksheetsNotEnabled { project: project.id.clone(), given: template.id })
        }
        Some(Setting(Some(template))) => Ok(Some(template)),
        Some(Setting(None)) => Ok(None),
        None => Ok(default_template(project)),
    }
}

/// The template of a task that is edited: one that was given goes by its project; a task that moves to another project keeps
/// its template where that one has worksheets, and starts with its default where it had none.
pub fn edited_template(
    project: &Project,
    moved: bool,
    kept: Option<&Reference>,
    given: Option<Setting<Reference>>,
) -> Result<Option<Reference>, PlanRefused> {
    match given {
        Some(given) => template(project, Some(given)),
        None if !moved => Ok(kept.cloned()),
        None => Ok(kept.cloned().filter(|_| project.worksheets).or_else(|| default_template(project))),
    }
}

/// The template that the form shows at first for tasks of that project.
pub fn default_template(project: &Project) -> Option<Reference> {
    project.worksheet_template.clone().filter(|_| project.worksheets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Option<Setting<PlannedTime>> {
        (text != "-").then(|| text.parse().unwrap())
    }

    fn at(text: &str) -> Option<Instant> {
        (!text.is_empty()).then(|| text.parse().unwrap())
    }

    #[test]
    fn a_planned_time_is_a_day_or_an_instant() {
        for text in ["2026-11-24", "2026-11-24T09:00:00Z", "2026-11-24T09:00:00"] {
            assert_eq!(text.parse::<PlannedTime>().unwrap().to_string(), text);
        }
        for text in ["2026-11-31", "tomorrow", "2026-11-24T09"] {
            let fault = text.parse::<PlannedTime>().unwrap_err();
            assert!(fault.contains("neither a day such as"), "{fault}");
        }
    }

    #[test]
    fn a_window_takes_what_is_given_and_never_ends_before_it_starts() {
        let paris: Timezone = "Europe/Paris".parse().unwrap();
        let before = Window { start: at("2026-11-24T09:00:00Z"), end: at("2026-11-24T10:00:00Z") };
        // Window before, --start, --end ("-" is left out): start, end, or the field refused.
        let table = [
            (Window::default(), "-", "-", Ok(("", ""))),
            (Window::default(), "2026-11-24", "-", Ok(("2026-11-23T23:00:00Z", ""))),
            (Window::default(), "2026-11-24", "2026-11-24", Ok(("2026-11-23T23:00:00Z", "2026-11-24T22:59:59Z"))),
            (Window::default(), "-", "2026-11-24", Ok(("", "2026-11-24T22:59:59Z"))),
            (
                Window::default(),
                "2026-11-24T09:00:00Z",
                "2026-11-24T09:00:00Z",
                Ok(("2026-11-24T09:00:00Z", "2026-11-24T09:00:00Z")),
            ),
            (Window::default(), "2026-11-24T09:00:00Z", "2026-11-24T08:59:59Z", Err(("end", "2026-11-24T08:59:59Z"))),
            (Window::default(), "2026-11-25", "2026-11-24", Err(("end", "2026-11-24"))),
            (Window::default(), "9999-12-31", "9999-12-31", Err(("end", "9999-12-31"))),
            (before, "-", "-", Ok(("2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z"))),
            (before, "", "-", Ok(("", "2026-11-24T10:00:00Z"))),
            (before, "", "", Ok(("", ""))),
            (before, "2026-11-25", "-", Err(("start", "2026-11-25"))),
            (before, "-", "2026-11-23", Err(("end", "2026-11-23"))),
            (before, "2026-11-25", "", Ok(("2026-11-24T23:00:00Z", ""))),
        ];
        for (window, start, end, expected) in table {
            let settled = window.with(time(start).as_ref(), time(end).as_ref(), &paris);
            let settled = settled.map_err(|refused| (refused.field().unwrap(), refused.given().unwrap()));
            let expected = expected
                .map(|(start, end)| Window { start: at(start), end: at(end) })
                .map_err(|(field, given)| (field, given.to_owned()));
            assert_eq!(settled, expected, "{start} {end}");
        }
    }

    fn reference(id: &str) -> Reference {
        Reference { key: 1, id: id.to_owned() }
    }

    fn field_service(worksheets: bool, default: Option<&str>) -> Project {
        Project {
            key: 1,
            id: "Field Service".to_owned(),
            name: "Field Service".to_owned(),
            worksheets,
            worksheet_template: default.map(reference),
            time_product: None,
        }
    }

    #[test]
    fn the_title_is_the_subject_until_another_is_given() {
        assert_eq!(title(None, "Lamp flickers"), Ok("Lamp flickers".to_owned()));
        assert_eq!(title(Some("Visit"), "Lamp flickers"), Ok("Visit".to_owned()));
        assert_eq!(title(Some(""), "Lamp flickers").unwrap_err().code(), "missing_field");
    }

    #[test]
    fn a_project_is_named_or_the_teams() {
        let other = Project { id: "Garden".to_owned(), ..field_service(false, None) };
        assert_eq!(project(None, Some(field_service(true, None)), "Support", None).unwrap().id, "Field Service");
        assert_eq!(project(Some(other), Some(field_service(true, None)), "Support", None).unwrap().id, "Garden");
        for (other, hint) in [
            (Some("Field Service"), "aftersales team edit 'Night shift' --field-service-project 'Field Service'"),
            (None, "aftersales project create --help"),
        ] {
            let refused = project(None, None, "Night shift", other.map(str::to_owned)).unwrap_err();
            assert_eq!((refused.code(), refused.field()), ("project_required", Some("project")));
            assert_eq!(refused.hint().as_deref(), Some(hint));
        }
    }

    #[test]
    fn a_template_needs_worksheets_and_defaults_to_the_projects() {
        let visit = || Some(Setting(Some(reference("Visit"))));
        // Has worksheets, its default, what is given: the template, or refused.
        let table = [
            (true, Some("Default"), None, Ok(Some("Default"))),
            (true, Some("Default"), visit(), Ok(Some("Visit"))),
            (true, Some("Default"), Some(Setting(None)), Ok(None)),
            (true, None, None, Ok(None)),
            (true, None, visit(), Ok(Some("Visit"))),
            (false, None, None, Ok(None)),
            (false, Some("Default"), None, Ok(None)),
            (false, None, Some(Setting(None)), Ok(None)),
            (false, Some("Default"), visit(), Err("worksheets_not_enabled")),
        ];
        for (worksheets, default, given, expected) in table {
            let project = field_service(worksheets, default);
            let decided = template(&project, given.clone()).map_err(|refused| refused.code());
            assert_eq!(decided, expected.map(|id| id.map(reference)), "{worksheets} {default:?} {given:?}");
        }
    }

    #[test]
    fn an_edited_task_keeps_its_template_as_far_as_its_project_lets_it() {
        let visit = || Some(Setting(Some(reference("Visit"))));
        // Has worksheets, its default, whether the task moved there, its template, what is given: the template, or refused.
        let table = [
            (true, Some("Default"), false, None, None, Ok(None)),
            (true, Some("Default"), false, Some("Kept"), None, Ok(Some("Kept"))),
            (true, Some("Default"), false, Some("Kept"), Some(Setting(None)), Ok(None)),
            (true, Some("Default"), false, Some("Kept"), visit(), Ok(Some("Visit"))),
            (false, None, false, Some("Kept"), None, Ok(Some("Kept"))),
            (false, None, false, Some("Kept"), visit(), Err("worksheets_not_enabled")),
            (true, Some("Default"), true, None, None, Ok(Some("Default"))),
            (true, Some("Default"), true, Some("Kept"), None, Ok(Some("Kept"))),
            (false, Some("Default"), true, Some("Kept"), None, Ok(None)),
            (false, None, true, None, visit(), Err("worksheets_not_enabled")),
        ];
        for (worksheets, default, moved, kept, given, expected) in table {
            let kept = kept.map(reference);
            let decided = edited_template(&field_service(worksheets, default), moved, kept.as_ref(), given.clone());
            let decided = decided.map_err(|refused| refused.code());
            assert_eq!(
                decided,
                expected.map(|id| id.map(reference)),
                "{worksheets} {default:?} {moved} {kept:?} {given:?}"
            );
        }
    }
}
