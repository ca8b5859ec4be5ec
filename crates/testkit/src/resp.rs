//! Where a command ends in a stream of the Redis protocol.

/// The length in bytes of the first whole command in `bytes`, and its name in capitals; `None`
/// while it is incomplete. What is no command passes as one line.
pub(crate) fn first_command(bytes: &[u8]) -> Option<(usize, String)> {
    let (header, mut at) = line(bytes, 0)?;
    let Some(count) = number(header, b'*') else {
        let word = header
            .split(u8::is_ascii_whitespace)
            .next()
            .unwrap_or_default();
        return Some((at, name(word)));
    };
    let mut first = String::new();
    for index in 0..count {
        let (header, start) = line(bytes, at)?;
        let end = start.checked_add(number(header, b'$')?)?;
        let word = bytes.get(start..end)?;
        if index == 0 {
            first = name(word);
        }
        at = end.checked_add(2)?;
        if at > bytes.len() {
            return None;
        }
    }
    Some((at, first))
}

/// The line that starts at `from`, without its end, and where the next one starts.
fn line(bytes: &[u8], from: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(from..)?;
    let length = rest.windows(2).position(|pair| pair == b"\r\n")?;
    Some((
        rest.get(..length)?,
        from.checked_add(length)?.checked_add(2)?,
    ))
}

fn number(header: &[u8], sign: u8) -> Option<usize> {
    let digits = header.strip_prefix(&[sign])?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn name(word: &[u8]) -> String {
    String::from_utf8_lossy(word).to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_ends_where_its_last_word_ends() {
        let set = b"*3\r\n$3\r\nset\r\n$1\r\na\r\n$4\r\n\r\n\r\n\r\n";
        for cut in 0..set.len() {
            assert_eq!(first_command(&set[..cut]), None, "{cut}");
        }
        assert_eq!(first_command(set), Some((set.len(), "SET".into())));
        let two = [set.as_slice(), b"*1\r\n$4\r\nPING\r\n"].concat();
        assert_eq!(first_command(&two), Some((set.len(), "SET".into())));
        assert_eq!(first_command(&two[set.len()..]), Some((14, "PING".into())));
    }

    #[test]
    fn an_inline_command_is_a_line() {
        assert_eq!(first_command(b"ping x\r\n*1"), Some((8, "PING".into())));
        assert_eq!(first_command(b"ping"), None);
    }
}
