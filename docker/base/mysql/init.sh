# shellcheck shell=bash
# How an empty data folder becomes a database. Passwords go through files and standard input, never through arguments.

say() { echo "$(date -u +%FT%TZ) entrypoint: $*" >&2; }
die() { say "$@"; exit 1; }

# Lies in the data folder from before its first byte until the database is whole, and no server has yet listened.
unfinished=.entrypoint-init-unfinished

check_configuration() {
    local facts
    "$@" --validate-config || die "mysqld refuses its configuration; the lines above say why"
    facts=$("$@" --verbose --help 2>/dev/null)
    datadir=$(setting datadir <<<"$facts")
    datadir=${datadir%/}
    socket=$(setting socket <<<"$facts")
}

# From the table at the end of mysqld's help, below its line of dashes.
setting() { awk -v name="$1" '/^-----/ { table = 1 } table && $1 == name { print $2; exit }'; }

# The value of NAME, or of the file that NAME_FILE names.
value_of() {
    local name=$1 file="${1}_FILE"
    if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
        die "both $name and $file are set; set one of them"
    fi
    if [ -z "${!file:-}" ]; then
        printf %s "${!name:-}"
        return
    fi
    [ -r "${!file}" ] || die "$file names ${!file}, which $(id -un 2>/dev/null || id -u) cannot read"
    printf %s "$(<"${!file}")"
}

read_settings() {
    local name
    for name in MYSQL_ROOT_PASSWORD MYSQL_ROOT_HOST MYSQL_DATABASE MYSQL_USER MYSQL_PASSWORD; do
        # assigned before export, since export hides a failure
        local value
        value=$(value_of "$name") || exit 1
        export "$name=$value"
    done
    if [ -z "$MYSQL_ROOT_PASSWORD$(printf %s "${MYSQL_ALLOW_EMPTY_PASSWORD:-}${MYSQL_RANDOM_ROOT_PASSWORD:-}")" ]; then
        die "the database is new and has no root password: set MYSQL_ROOT_PASSWORD_FILE, MYSQL_ROOT_PASSWORD," \
            "MYSQL_RANDOM_ROOT_PASSWORD or MYSQL_ALLOW_EMPTY_PASSWORD"
    fi
    [ "$MYSQL_USER" != root ] || die "MYSQL_USER is root; root is set up by MYSQL_ROOT_PASSWORD, leave MYSQL_USER out"
    if [ -n "$MYSQL_USER" ] && [ -z "$MYSQL_PASSWORD" ]; then
        die "MYSQL_USER is set and MYSQL_PASSWORD is not; set MYSQL_PASSWORD or MYSQL_PASSWORD_FILE"
    fi
    if [ -n "${MYSQL_RANDOM_ROOT_PASSWORD:-}" ]; then
        MYSQL_ROOT_PASSWORD=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
        say "GENERATED ROOT PASSWORD: $MYSQL_ROOT_PASSWORD"
    fi
}

take_back_unfinished_init() {
    [ -e "$datadir/$unfinished" ] || return 0
    say "an earlier initialisation of $datadir was cut off; no server has served from it, so it is made anew"
    find "$datadir" -mindepth 1 -maxdepth 1 ! -name "$unfinished" ! -name lost+found -exec rm -rf {} +
}

initialise() {
    local strangers
    read_settings
    strangers=$(find "$datadir" -mindepth 1 -maxdepth 1 ! -name "$unfinished" ! -name lost+found | head -n 3)
    [ -z "$strangers" ] || die "$datadir holds no database and is not empty ($(xargs <<<"$strangers")); give it an empty volume"

    say "makes a new database in $datadir"
    : >"$datadir/$unfinished"
    doing="making the data folder"
    trap say_unfinished EXIT
    "$@" --initialize-insecure
    start_private_server "$@"
    set_up_accounts
    run_init_files
    stop_private_server
    sync -f "$datadir"
    rm "$datadir/$unfinished"
    trap - EXIT
    say "the database is ready"
}

say_unfinished() { say "stopped while $doing; the next start makes the database anew"; }

# A server that only this container's own processes reach.
start_private_server() {
    "$@" --skip-networking --mysqlx=OFF --socket="$socket" &
    server=$!
    root_password=
    local tries
    for ((tries = 0; tries < 600; tries++)); do
        sql <<<'SELECT 1' >/dev/null 2>&1 && return
        kill -0 "$server" 2>/dev/null || die "the server that should set up the database ended; the lines above say why"
        sleep 0.2
    done
    die "the server that should set up the database gave no answer in 120 s"
}

stop_private_server() {
    kill -TERM "$server"
    wait "$server" || die "the server that set up the database ended with an error; the lines above say why"
}

# Runs SQL from standard input as root. The password is read from a descriptor, so it is in no argument list.
sql() {
    mysql --defaults-extra-file=<(printf '[client]\npassword="%s"\n' "$(option_file_text "$root_password")") \
        --protocol=socket --socket="$socket" --user=root --comments --batch "$@"
}

option_file_text() {
    local text=${1//\\/\\\\}
    printf %s "${text//\"/\\\"}"
}

# The name that init scripts written for the official image call; options after -- as there.
docker_process_sql() {
    [ "${1:-}" != --dont-use-mysql-root-password ] || shift
    if [ -n "$MYSQL_DATABASE" ]; then
        set -- --database="$MYSQL_DATABASE" "$@"
    fi
    sql "$@"
}

quoted() { printf "'%s'" "${1//\'/\'\'}"; }
identifier() { printf '`%s`' "${1//\`/\`\`}"; }

accounts_sql() {
    local root_host=${MYSQL_ROOT_HOST:-%} database
    echo "SET @@SESSION.sql_log_bin = 0;"
    # so that a quote is the only character that needs doubling
    echo "SET @@SESSION.sql_mode = CONCAT(@@SESSION.sql_mode, ',NO_BACKSLASH_ESCAPES');"
    if [ "$root_host" != localhost ]; then
        echo "CREATE USER root@$(quoted "$root_host") IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");"
        echo "GRANT ALL ON *.* TO root@$(quoted "$root_host") WITH GRANT OPTION;"
    fi
    if [ -n "$MYSQL_DATABASE" ]; then
        database=$(identifier "$MYSQL_DATABASE")
        echo "CREATE DATABASE IF NOT EXISTS $database;"
    fi
    if [ -n "$MYSQL_USER" ]; then
        echo "CREATE USER $(quoted "$MYSQL_USER")@'%' IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");"
        # in a grant _ and % stand for other characters, unless escaped
        [ -z "$MYSQL_DATABASE" ] || echo "GRANT ALL ON ${database//_/\\_}.* TO $(quoted "$MYSQL_USER")@'%';"
    fi
    echo "ALTER USER root@localhost IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");"
    if [ -n "${MYSQL_ONETIME_PASSWORD:-}" ] && [ "$root_host" != localhost ]; then
        echo "ALTER USER root@$(quoted "$root_host") PASSWORD EXPIRE;"
    fi
}

set_up_accounts() {
    doing="setting up accounts"
    if [ -z "${MYSQL_INITDB_SKIP_TZINFO:-}" ] && command -v mysql_tzinfo_to_sql >/dev/null; then
        mysql_tzinfo_to_sql /usr/share/zoneinfo 2>/dev/null | sql --database=mysql
    fi
    accounts_sql | sql
    root_password=$MYSQL_ROOT_PASSWORD
}

run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        doing="running $file"
        case $file in
            *.sh)
                say "runs $file"
                if [ -x "$file" ]; then "$file"; else . "$file"; fi
                ;;
            *.sql) say "runs $file"; docker_process_sql <"$file" ;;
            *.sql.gz) say "runs $file"; gzip -dc "$file" | docker_process_sql ;;
            *.sql.xz) say "runs $file"; xz -dc "$file" | docker_process_sql ;;
            *.sql.zst) say "runs $file"; zstd -dc "$file" | docker_process_sql ;;
            */\*) ;;
            *) say "leaves out $file, which is neither .sh nor .sql" ;;
        esac
    done
    doing="ending the private server"
}

# The server itself needs none of them, and its environment can be read in /proc.
forget_secrets() { unset MYSQL_ROOT_PASSWORD MYSQL_PASSWORD; }
