//! The list of all commands that read or change the store. A new command is one line here.

use super::record::{List, Show};
use super::{
    Entry, customer, desk, journal, location, lot, product, project, stage, tag, tax, user, worksheet_template,
};
use crate::domain::customer::Customer;
use crate::domain::journal::Journal;
use crate::domain::location::Location;
use crate::domain::product::{Lot, Product};
use crate::domain::project::Project;
use crate::domain::stage::Stage;
use crate::domain::stock::Stock;
use crate::domain::tag::Tag;
use crate::domain::tax::Tax;
use crate::domain::user::User;
use crate::domain::worksheet_template::WorksheetTemplate;

/// Every command, nouns in the order of the contract.
pub static COMMANDS: &[Entry] = &[
    Entry::read::<desk::DeskShow>("desk show"),
    Entry::change::<desk::DeskEdit>("desk edit"),
    Entry::change::<customer::CustomerCreate>("customer create"),
    Entry::read::<List<Customer>>("customer list"),
    Entry::read::<Show<Customer>>("customer show"),
    Entry::change::<customer::CustomerEdit>("customer edit"),
    Entry::change::<product::ProductCreate>("product create"),
    Entry::read::<List<Product>>("product list"),
    Entry::read::<Show<Product>>("product show"),
    Entry::change::<product::ProductEdit>("product edit"),
    Entry::change::<lot::LotCreate>("lot create"),
    Entry::read::<List<Lot>>("lot list"),
    Entry::read::<Show<Lot>>("lot show"),
    Entry::change::<lot::LotEdit>("lot edit"),
    Entry::change::<tax::TaxCreate>("tax create"),
    Entry::read::<List<Tax>>("tax list"),
    Entry::read::<Show<Tax>>("tax show"),
    Entry::change::<tax::TaxEdit>("tax edit"),
    Entry::change::<journal::JournalCreate>("journal create"),
    Entry::read::<List<Journal>>("journal list"),
    Entry::read::<Show<Journal>>("journal show"),
    Entry::change::<journal::JournalEdit>("journal edit"),
    Entry::change::<location::LocationCreate>("location create"),
    Entry::read::<List<Location>>("location list"),
    Entry::read::<Show<Location>>("location show"),
    Entry::change::<location::LocationEdit>("location edit"),
    Entry::change::<user::UserCreate>("user create"),
    Entry::read::<List<User>>("user list"),
    Entry::read::<Show<User>>("user show"),
    Entry::change::<user::UserEdit>("user edit"),
    Entry::change::<tag::TagCreate>("tag create"),
    Entry::read::<List<Tag>>("tag list"),
    Entry::read::<Show<Tag>>("tag show"),
    Entry::change::<tag::TagEdit>("tag edit"),
    Entry::change::<project::ProjectCreate>("project create"),
    Entry::read::<List<Project>>("project list"),
    Entry::read::<Show<Project>>("project show"),
    Entry::change::<project::ProjectEdit>("project edit"),
    Entry::change::<worksheet_template::WorksheetTemplateCreate>("worksheet-template create"),
    Entry::read::<List<WorksheetTemplate>>("worksheet-template list"),
    Entry::read::<Show<WorksheetTemplate>>("worksheet-template show"),
    Entry::change::<worksheet_template::WorksheetTemplateEdit>("worksheet-template edit"),
    Entry::change::<stage::StageCreate>("stage create"),
    Entry::read::<List<Stage>>("stage list"),
    Entry::read::<Show<Stage>>("stage show"),
    Entry::change::<stage::StageEdit>("stage edit"),
    Entry::read::<List<Stock>>("stock list"),
    Entry::read::<Show<Stock>>("stock show"),
];

/// The columns of a table of records of `kind`.
pub fn columns_of(kind: &str) -> &'static [&'static str] {
    use super::record::Record;
    match kind {
        "desk" => desk::COLUMNS,
        "customer" => Customer::COLUMNS,
        "product" => Product::COLUMNS,
        "lot" => Lot::COLUMNS,
        "tax" => Tax::COLUMNS,
        "journal" => Journal::COLUMNS,
        "location" => Location::COLUMNS,
        "user" => User::COLUMNS,
        "tag" => Tag::COLUMNS,
        "project" => Project::COLUMNS,
        "worksheet_template" => WorksheetTemplate::COLUMNS,
        "stage" => Stage::COLUMNS,
        "stock" => Stock::COLUMNS,
        _ => &[],
    }
}
