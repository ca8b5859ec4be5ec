//! `time_zone`, `time_zone_changes`: by which clock a pool's days go.

use paydirt_schedule::{Day, Tz, ZoneHistory, parse_zone};

use crate::config::fault::Fault;
use crate::config::section::Section;

/// The zones of a pool; `general` is that of all pools that say nothing else.
pub(super) fn read(section: &Section<'_>, general: Option<Tz>) -> Option<ZoneHistory> {
    let set = section.is_set("time_zone");
    let own = section.optional("time_zone", |text| Ok(parse_zone(text)?));
    let changes = section.list("time_zone_changes", change)?;
    let first = if set { own } else { general };
    match ZoneHistory::new(first?, changes) {
        Ok(zones) => Some(zones),
        Err(error) => {
            section.fault("time_zone_changes", error.into());
            None
        }
    }
}

/// `2027-01-01 Europe/Berlin`
fn change(text: &str) -> Result<(Day, Tz), Fault> {
    let Some((from, zone)) = text.split_once(' ') else {
        let cure = "write the first day and the zone, as 2027-01-01 Europe/Berlin";
        return Err(Fault::new("is no day and a zone", cure));
    };
    Ok((from.parse()?, parse_zone(zone)?))
}
