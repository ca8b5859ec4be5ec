//! Network fees, in base units (wei, attoFIL) per unit of gas.

/// How a transaction states its fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeKind {
    /// A cap and a tip (EIP-1559; Filecoin's GasFeeCap and GasPremium).
    Dynamic,
    /// One gas price.
    Legacy,
}

/// The fee that a transaction offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fee {
    /// Dynamic or legacy.
    pub kind: FeeKind,
    /// Most that is paid per gas, tip included; the gas price of a legacy transaction.
    pub cap: u128,
    /// Part of it for the block's producer; equals `cap` for a legacy transaction.
    pub tip: u128,
}

/// What the node says is being paid now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeQuote {
    /// Which kind of fee the chain takes.
    pub kind: FeeKind,
    /// Base fee of the next block per gas; 0 where there is none.
    pub base_fee: u128,
    /// Usual tip; for a legacy chain the whole gas price.
    pub tip: u128,
}
