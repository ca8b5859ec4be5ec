//! What do we ask of any chain?
