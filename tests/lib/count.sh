# Sourced by tests/run: what ran, and on what.
#
# A test counts as run on Redis, SQLite, PostgreSQL, the devnet or anvil when it said so (paydirt-testkit's
# servers do, and `paydirt_testkit::uses`), or when its test binary or one of its modules has that
# word in its name: `conformance_sqlite`, `mod redis_and_anvil`. It may count on several.

has_doc_tests() { grep -rqE '^\s*//[/!] ```' crates chains --include='*.rs'; }

# Of the tests on standard input, `BINARY MODULE::...::TEST`: those whose names say that they run
# on $1. The package's name and the test's own do not count.
named_for() {
    awk -v word="$1" '{
        binary = $1; path = $2
        if (!sub(/^[^:]*::/, "", binary)) binary = ""
        if (!sub(/::[^:]*$/, "", path)) path = ""
        if (("_" binary "::" path "_") ~ "[_:]" word "[_:]") print
    }'
}

# nextest's number of tests that are $2 (`passed`, `failed`, ...) in the summary line $1.
in_summary() {
    local count
    count=$(grep -oE "[0-9]+ $2" <<<"$1" | head -n 1 | cut -d ' ' -f 1) || true
    echo "${count:-0}"
}

# $1: the directory with the log, doc and uses of this run.
report_counts() {
    local log=$1/plain summary passed failed word tests
    sed $'s/\x1b\\[[0-9;]*m//g' "$1/log" >"$log"
    summary=$(grep -E '^ +Summary \[' "$log" | tail -n 1) || true
    if [ -z "$summary" ]; then
        printf '\nThe tests did not run: the reason is above.\n'
        return
    fi
    passed=$(in_summary "$summary" passed)
    failed=$(($(in_summary "$summary" failed) + $(in_summary "$summary" 'timed out')))
    if [ -f "$1/doc" ]; then
        local doc
        doc=$(awk '/^test result:/ {p += $4; f += $6} END {print p + 0, f + 0}' "$1/doc")
        passed=$((passed + ${doc% *}))
        failed=$((failed + ${doc#* }))
    fi
    grep -E '^ +(PASS|FAIL|TIMEOUT|SIGKILL|SIGABRT|SLOW|LEAK) +\[' "$log" |
        sed -E 's/^[^]]*\] *(\( *[0-9]+\/[0-9]+\) *)?//' | sort -u >"$1/ran" || true
    printf '\nRan on'
    local comma=
    for word in redis sqlite postgres devnet anvil; do
        tests=$({ named_for "$word" <"$1/ran"; cat "$1/uses/$word" 2>/dev/null; } |
            sort -u | grep -c . || true)
        printf '%s %s: %s' "$comma" "$(display_name "$word")" "$tests"
        comma=,
    done
    printf ' (a test may run on several)\n'
    printf '%s passed, %s failed\n' "$passed" "$failed"
}

display_name() {
    case $1 in
        redis) echo Redis ;;
        sqlite) echo SQLite ;;
        postgres) echo PostgreSQL ;;
        *) echo "$1" ;;
    esac
}

say_how_to_bench() {
    local manifests manifest
    manifests=$(grep -l '^\[\[bench\]\]' crates/*/Cargo.toml chains/*/Cargo.toml || true)
    if [ -z "$manifests" ]; then
        echo "There are no benchmarks yet."
        return
    fi
    echo "Benchmarks print ratios and are never asserted. tests/run first, for its tools; then:"
    for manifest in $manifests; do
        echo "    cargo bench -p $(sed -n 's/^name = "\(.*\)"/\1/p' "$manifest" | head -n 1)"
    done
}
