//! A small account chain in this process, for demos and tests.
