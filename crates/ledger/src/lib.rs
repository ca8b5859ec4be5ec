//! Who is owed what, and what may have left the building?
