//! What invoices and credit notes have in common as records: what their verbs answer.

use serde::Serialize;

use crate::domain::document::Document;
use crate::domain::payment::Payment;

/// A document under the name of its kind, as results show it.
pub struct Kinded(pub Document);

impl Serialize for Kinded {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0.kind.word(), &self.0)?;
        map.end()
    }
}

/// What paying or matching answers: the document, and the payment where one was made.
#[derive(Serialize)]
pub struct PayOutcome {
    pub payment: Option<Payment>,
    #[serde(flatten)]
    pub document: Kinded,
}
