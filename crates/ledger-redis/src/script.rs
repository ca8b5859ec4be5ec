//! The atomic moves, in Lua: one script, because Redis has to be sent it only once.

use std::sync::LazyLock;

use redis::Script;

macro_rules! operation {
    ($name:literal, $file:literal) => {
        concat!(
            "operations.",
            $name,
            " = function()\n",
            include_str!(concat!("lua/", $file)),
            "end\n"
        )
    };
}

/// The whole script.
pub(crate) const TEXT: &str = concat!(
    include_str!("lua/prelude.lua"),
    include_str!("lua/accounts.lua"),
    include_str!("lua/legs.lua"),
    operation!("hold", "hold.lua"),
    operation!("settle", "settle.lua"),
    operation!("give_back", "give_back.lua"),
    operation!("reapply", "reapply.lua"),
    operation!("look", "look.lua"),
    operation!("held", "held.lua"),
    operation!("payable", "payable.lua"),
    operation!("leftovers", "leftovers.lua"),
    operation!("resolve", "resolve.lua"),
    operation!("journal", "journal.lua"),
    operation!("lock", "lock.lua"),
    "return operations[ARGV[10]]()\n",
);

/// SHA-1 of the text, by which Redis finds it.
pub(crate) fn hash() -> &'static str {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(TEXT));
    SCRIPT.get_hash()
}
