//! Encrypting and decrypting a key: scrypt or PBKDF2, AES-128 in counter mode, and a Keccak-256
//! code over the ciphertext.

use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use sha3::{Digest as _, Keccak256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::storage::{CipherParams, Crypto, Kdf};

const CIPHER: &str = "aes-128-ctr";
const PRF: &str = "hmac-sha256";
/// The definition knows no other length.
const DERIVED_BYTES: u32 = 32;
/// A file that asks for more would exhaust the machine, not protect the key. geth's own files
/// need 256 MiB.
const MAX_SCRYPT_BYTES: u64 = 1 << 30;
const MAX_SCRYPT_P: u32 = 64;
const MAX_PBKDF2_ROUNDS: u32 = 20_000_000;

type Derived = Zeroizing<[u8; 32]>;
type Aes128Ctr = ctr::Ctr128BE<aes::Aes128>;

/// How much work one try of a password is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KdfCost {
    /// scrypt with n = 2^18, r = 8, p = 1 as geth writes it: 256 MiB and about a second.
    #[default]
    Standard,
    /// scrypt with n = 2^12, r = 8, p = 6 (geth's `--lightkdf`): 4 MiB; for tests and small
    /// machines.
    Light,
}

/// Why a key could not be decrypted.
pub(crate) enum Refusal {
    WrongPassword,
    Unusable(String),
}

/// Encrypts 32 secret bytes under a password; `salt` and `iv` must be random.
pub(crate) fn encrypt(
    secret: &[u8; 32],
    password: &[u8],
    cost: KdfCost,
    salt: &[u8; 32],
    iv: &[u8; 16],
) -> Result<Crypto, String> {
    let (n, p) = match cost {
        KdfCost::Standard => (1 << 18, 1),
        KdfCost::Light => (1 << 12, 6),
    };
    let kdf = Kdf::Scrypt {
        dklen: DERIVED_BYTES,
        n,
        r: 8,
        p,
        salt: const_hex::encode(salt),
    };
    let derived = derive(&kdf, password)?;
    let (encryption_key, mac_key) = halves(&derived);
    let mut ciphertext = *secret;
    Aes128Ctr::new(&encryption_key.into(), iv.into()).apply_keystream(&mut ciphertext);
    Ok(Crypto {
        cipher: CIPHER.to_owned(),
        cipherparams: CipherParams {
            iv: const_hex::encode(iv),
        },
        ciphertext: const_hex::encode(ciphertext),
        mac: const_hex::encode(mac(&mac_key, &ciphertext)),
        kdf,
    })
}

/// The secret bytes, if the password is right.
pub(crate) fn decrypt(crypto: &Crypto, password: &[u8]) -> Result<Zeroizing<[u8; 32]>, Refusal> {
    let unusable = |reason: String| Refusal::Unusable(reason);
    if crypto.cipher != CIPHER {
        return Err(unusable(format!(
            "its cipher {:?} is not {CIPHER}",
            crypto.cipher
        )));
    }
    let iv: [u8; 16] = field("iv", &crypto.cipherparams.iv).map_err(unusable)?;
    let ciphertext: [u8; 32] = field("ciphertext", &crypto.ciphertext).map_err(unusable)?;
    let stated: [u8; 32] = field("mac", &crypto.mac).map_err(unusable)?;
    let derived = derive(&crypto.kdf, password).map_err(unusable)?;
    let (decryption_key, mac_key) = halves(&derived);
    if !bool::from(mac(&mac_key, &ciphertext).ct_eq(&stated)) {
        return Err(Refusal::WrongPassword);
    }
    let mut secret = Zeroizing::new(ciphertext);
    Aes128Ctr::new(&decryption_key.into(), &iv.into()).apply_keystream(secret.as_mut());
    Ok(secret)
}

fn derive(kdf: &Kdf, password: &[u8]) -> Result<Derived, String> {
    let mut derived = Zeroizing::new([0; 32]);
    match kdf {
        Kdf::Scrypt {
            dklen,
            n,
            r,
            p,
            salt,
        } => {
            check_length(*dklen)?;
            let params = scrypt_params(*n, *r, *p)?;
            let salt = const_hex::decode(salt).map_err(|_| "its salt is not hexadecimal")?;
            scrypt::scrypt(password, &salt, &params, derived.as_mut())
                .map_err(|error| error.to_string())?;
        }
        Kdf::Pbkdf2 {
            dklen,
            c,
            prf,
            salt,
        } => {
            check_length(*dklen)?;
            if prf != PRF {
                return Err(format!("its prf {prf:?} is not {PRF}"));
            }
            if !(1..=MAX_PBKDF2_ROUNDS).contains(c) {
                return Err(format!(
                    "its {c} rounds are not between 1 and {MAX_PBKDF2_ROUNDS}"
                ));
            }
            let salt = const_hex::decode(salt).map_err(|_| "its salt is not hexadecimal")?;
            pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password, &salt, *c, derived.as_mut());
        }
    }
    Ok(derived)
}

fn check_length(dklen: u32) -> Result<(), String> {
    if dklen == DERIVED_BYTES {
        return Ok(());
    }
    Err(format!("its dklen is {dklen}, not {DERIVED_BYTES}"))
}

fn scrypt_params(n: u64, r: u32, p: u32) -> Result<scrypt::Params, String> {
    let refused = || format!("its scrypt parameters n = {n}, r = {r}, p = {p} are out of range");
    let bytes = n
        .checked_mul(u64::from(r))
        .and_then(|blocks| blocks.checked_mul(128));
    if !n.is_power_of_two() || p > MAX_SCRYPT_P || bytes.is_none_or(|b| b > MAX_SCRYPT_BYTES) {
        return Err(refused());
    }
    let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| refused())?;
    scrypt::Params::new(log_n, r, p, scrypt::Params::RECOMMENDED_LEN).map_err(|_| refused())
}

fn field<const N: usize>(name: &str, text: &str) -> Result<[u8; N], String> {
    const_hex::decode_to_array(text).map_err(|_| format!("its {name} is not {N} bytes of hex"))
}

/// The cipher's key, and what the code over the ciphertext begins with.
fn halves(derived: &Derived) -> ([u8; 16], [u8; 16]) {
    let (mut first, mut second) = ([0; 16], [0; 16]);
    for (to, from) in first
        .iter_mut()
        .chain(second.iter_mut())
        .zip(derived.iter())
    {
        *to = *from;
    }
    (first, second)
}

fn mac(mac_key: &[u8; 16], ciphertext: &[u8; 32]) -> [u8; 32] {
    Keccak256::new()
        .chain_update(mac_key)
        .chain_update(ciphertext)
        .finalize()
        .into()
}
